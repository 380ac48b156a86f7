import { unescape as unescaped } from 'node:querystring';

/** Anything shorter occurs in ordinary words: to mask it would show where it is. */
const SHORTEST = 4;
/** A path that nobody could guess is longer; a shorter one, as /hook, stands in ordinary lines. */
const SHORTEST_PATH = 12;
const CARRIES_CREDENTIAL = /pass|secret|token|key/i;

/** What must be in no line of the log, of the values of all secret settings: of a URL only what is secret in it. */
export function textsToMask(secrets: readonly string[]): string[] {
  const texts = secrets.flatMap((secret) => secretParts(secret));
  return [...new Set(texts.flatMap((text) => [text, unescaped(text)]))].filter((text) => text.length >= SHORTEST);
}

function secretParts(secret: string): string[] {
  // `new URL` refuses a user without a host, which pg allows for a socket.
  const text = secret.replace('@/', '@socket/');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return [secret];
  const url = new URL(text);
  const given = [...url.searchParams].flatMap(([name, value]) => (CARRIES_CREDENTIAL.test(name) ? [value] : []));
  // Whoever knows the path of such an address may use it.
  const path = url.pathname + url.search;
  const isSecret = /^https?:$/.test(url.protocol) && path.length >= SHORTEST_PATH;
  return [url.password, ...given, ...(isSecret ? [path] : [])];
}
