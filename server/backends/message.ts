import { echoesOf } from './echoes.ts';

const MESSAGE_LIMIT_BYTES = 512;
/** How much of a text is looked at. Masking makes it shorter, so this is more than 512; 64 kB would cost too much. */
const EXCERPT_LENGTH = 4096;
const MASK = '[redacted]';

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
  const echoes = echoesOf(secrets);
  // No echo is longer. One that begins so near to the end of a text that was cut may not be recognised any more.
  const longest = Math.max(0, ...secrets.map((secret) => secret.length)) * 8;

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

function shorten(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MESSAGE_LIMIT_BYTES) return text;
  const ellipsis = '…';
  let end = MESSAGE_LIMIT_BYTES - Buffer.byteLength(ellipsis);
  // 10xxxxxx continues a character.
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return bytes.subarray(0, end).toString() + ellipsis;
}
