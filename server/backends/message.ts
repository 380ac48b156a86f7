const MESSAGE_LIMIT_BYTES = 512;
/** How much of a text is looked at. Masking makes it shorter, so this is more than 512; 64 kB would cost too much. */
const EXCERPT_LENGTH = 4096;
const MASK = '[redacted]';

/** Named references that HTML may use for a printable ASCII character. */
const HTML_NAMES = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

/** Control characters, lone surrogates, and what turns or breaks a line on a screen. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Turns what the other side said into one safe line. `cut`: there was more of it, which was not read. */
export type WriteMessage = (text: string, cut?: boolean) => string;

/**
 * Every message of a backend goes through here: credentials masked first, in each form in which they could be echoed,
 * then what cannot be printed replaced, then cut to 512 bytes of UTF-8 between two characters. Cutting first would
 * leave the beginning of a credential that no pattern knows any more.
 *
 * `secrets` are printable ASCII and not empty.
 */
export function createMessageWriter(secrets: readonly string[]): WriteMessage {
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  const forms = longestFirst.flatMap((secret) => [literalForms(secret), ...base64Forms(secret)]);
  const echoes = forms.length === 0 ? null : new RegExp(forms.join('|'), 'gi');
  // No echo is longer. One that begins so near to the end of a text that was cut may not be recognised any more.
  const longest = (longestFirst[0]?.length ?? 0) * 8;

  return (text, cut = false) => {
    // Without the NULs of a UTF-16 answer a secret in it is found like any other.
    const plain = text.replaceAll('\0', '').slice(0, EXCERPT_LENGTH + longest);
    const end = Math.max(0, Math.min(EXCERPT_LENGTH, plain.length - (cut ? longest : 0)));
    const masked = echoes === null ? plain.slice(0, end) : mask(plain, echoes, end);
    return shorten(masked.replace(/\s+/g, ' ').trim().replace(UNPRINTABLE, '\uFFFD'));
  };
}

/** The text up to `end`, an echo that begins before it masked as a whole. */
function mask(text: string, echoes: RegExp, end: number): string {
  let masked = '';
  let done = 0;
  for (const echo of text.matchAll(echoes)) {
    if (echo.index >= end) break;
    masked += text.slice(done, echo.index) + MASK;
    done = echo.index + echo[0].length;
  }
  return masked + text.slice(done, Math.max(done, end));
}

/**
 * A pattern for a secret as it is, percent-encoded, escaped for JSON or HTML, each possibly more than once. No
 * quantifier is without an end: a text of nothing but backslashes must not take a second.
 */
function literalForms(secret: string): string {
  return Array.from(secret, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16).padStart(2, '0');
    const name = HTML_NAMES.get(character);
    const spellings = [
      `%(?:25){0,3}${hex}`,
      `u00${hex}`,
      `&(?:amp;){0,3}#(?:0{0,4}${code}|x0{0,4}${hex});`,
      ...(name === undefined ? [] : [`&(?:amp;){0,3}${name};`]),
      // Last: a percent sign is also the beginning of its own longer spelling.
      `\\x${hex}`,
      ...(character === ' ' ? ['\\+'] : []),
    ];
    return `\\\\{0,8}(?:${spellings.join('|')})`;
  }).join('');
}

/**
 * Patterns for a secret inside base64 text, either alphabet, wrapped or not. Where it begins in the encoded text is not
 * known ("Bearer …" may stand before it), so there are three: one for each position within a group of three bytes.
 */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const encoded = bytes.toString('base64').replaceAll('=', '');
    // The characters at either end depend on the neighbours too; they are taken along below.
    const core = encoded.slice([0, 2, 3][before], bytes.length % 3 === 0 ? undefined : -1);
    // Anything shorter occurs in ordinary words.
    if (core.length < 4) return [];
    const spelled = Array.from(core, (character) => {
      if (character === '+') return '(?:[+-]|%(?:25){0,3}2b)';
      return character === '/' ? '(?:\\\\{0,8}/|_|%(?:25){0,3}2f)' : character;
    });
    return [`[\\w+/-]{0,2}${spelled.join('\\s{0,4}')}(?:[\\w+/-]{0,2}(?:=|%(?:25){0,3}3d){0,2})`];
  });
}

function shorten(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MESSAGE_LIMIT_BYTES) return text;
  const ellipsis = '…';
  let end = MESSAGE_LIMIT_BYTES - Buffer.byteLength(ellipsis);
  // 10xxxxxx continues a character.
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return bytes.subarray(0, end).toString() + ellipsis;
}
