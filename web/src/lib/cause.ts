/**
 * What a failure says, without the wrapping it came in: `answered …: {"error":"malformed id"}` is `malformed id`.
 *
 * @param pattern a message without what differs from orphan to orphan
 */
export function causeWords(pattern: string): string {
  const said = pattern.replace(/^answered (…|\d+):? ?/, '');
  const [, inner] = /^\{"(?:error|message|detail)":"((?:[^"\\]|\\.)*)"\}$/.exec(said) ?? [];
  return inner?.replaceAll('\\"', '"') ?? said;
}
