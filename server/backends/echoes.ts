/** Named references that HTML may use for a printable ASCII character. */
const HTML_NAMES = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

/**
 * Finds secrets in each form in which they could be echoed, the longest first; null: there are none to find. `secrets` are
 * not empty.
 */
export function echoesOf(secrets: readonly string[]): RegExp | null {
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  const forms = longestFirst.flatMap((secret) => [literalForms(secret), ...base64Forms(secret)]);
  return forms.length === 0 ? null : new RegExp(forms.join('|'), 'gi');
}

/**
 * A pattern for a secret as it is, percent-encoded, escaped for JSON or HTML, each possibly more than once. No
 * quantifier is without an end: a text of nothing but backslashes must not take a second.
 */
function literalForms(secret: string): string {
  return Array.from(secret, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16).padStart(2, '0');
    const name = HTML_NAMES.get(character);
    const spellings = [
      `%(?:25){0,3}${hex}`,
      ...(code < 128
        ? []
        : [Array.from(Buffer.from(character), (byte) => `%(?:25){0,3}${byte.toString(16)}`).join('')]),
      unitsOf(character, 'u'),
      `&(?:amp;){0,3}#(?:0{0,4}${code}|x0{0,4}${hex});`,
      ...(name === undefined ? [] : [`&(?:amp;){0,3}${name};`]),
      // Last: a percent sign is also the beginning of its own longer spelling.
      unitsOf(character, '\\u'),
      ...(character === ' ' ? ['\\+'] : []),
    ];
    return `\\\\{0,8}(?:${spellings.join('|')})`;
  }).join('');
}

/** Each UTF-16 unit as four digits: behind `u` as JSON spells it, behind `\\u` as a pattern means the character itself. */
function unitsOf(character: string, escaped: 'u' | '\\u'): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const between = escaped === 'u' ? '\\\\{0,8}' : '';
  return units.map((unit) => `${escaped}${unit.toString(16).padStart(4, '0')}`).join(between);
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
