import { isIP } from 'node:net';

/** The forms of URL and address which settings take, and how a URL is shown to a person. Pure text: nothing is looked up. */

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/**
 * `postgres://user:password@host:port/database`, also with a Unix socket as `?host=/path` and no host, as pg takes it.
 * It must say where it leads: without a host pg would silently use this machine's own.
 */
export function isPostgresUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\/[^\s\p{Cc}]+$/u.test(text)) return false;
  // `new URL` refuses a user without a host, which pg allows for a socket.
  const url = parse(text.replace('@/', '@socket/'));
  if (url === null || url.hash !== '') return false;
  // An @ behind the host is the tail of a password that was not percent-encoded: the host would be a wrong one.
  if (url.pathname.includes('@') || url.search.includes('@')) return false;
  const named = url.hostname !== '' && !text.includes('@/');
  return named || (url.searchParams.get('host') ?? '') !== '';
}

function webUrl(text: string): URL | null {
  if (!/^https?:\/\/[^\s\p{Cc}\\]+$/u.test(text)) return null;
  const url = parse(text);
  return url === null || url.username !== '' || url.password !== '' ? null : url;
}

/** http(s), to which a path is appended: so neither credentials, nor a query, nor a fragment. */
export function isBaseUrl(text: string): boolean {
  return webUrl(text) !== null && !/[?#]/.test(text);
}

/** http(s) with a host and nothing behind it but a slash. */
export function isOrigin(text: string): boolean {
  return webUrl(text) !== null && /^https?:\/\/[^/?#]+\/?$/.test(text);
}

/** Whose tokens are believed must prove who it is: without TLS only on this machine. */
export function isIssuer(text: string): boolean {
  const url = webUrl(text);
  return url !== null && !/[?#]/.test(text) && (url.protocol === 'https:' || isLoopbackName(url.hostname));
}

/** Whether only this machine can be meant. */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** An IP address, or a range as 10.0.0.0/8. */
export function isAddressRange(text: string): boolean {
  const [, address = '', , bits] = /^([^/]*)(\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}

/** http(s) to which something is sent as it stands, query included. */
export function isTargetUrl(text: string): boolean {
  return webUrl(text) !== null && !text.includes('#');
}

/** An http(s) link that may hold the given placeholders, behind its host: data must not choose the host of a link. */
export function isUrlTemplate(text: string, placeholders: readonly string[]): boolean {
  const fill = (value: string) => placeholders.reduce((filled, name) => filled.replaceAll(`{${name}}`, value), text);
  const one = webUrl(fill('1'));
  const other = webUrl(fill('2'));
  if (one === null || other === null || /[{}]/.test(fill(''))) return false;
  return one.origin === other.origin;
}

export const NOT_SHOWN = '(not shown)';

/**
 * A URL without what could be a credential in it: all before the last @ and all in the query. Works on text that is
 * not a URL too, because a password with a raw `/`, `#` or `@` in it makes a parser show half of that password.
 */
export function maskUrl(text: string): string {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return NOT_SHOWN;
  const at = rest.lastIndexOf('@');
  if (at === -1) return `${scheme}${rest.replace(/[/:?#].*$/s, '/…')}`;
  return `${scheme}***@${rest.slice(at + 1).replace(/[?#].*$/s, '?…')}`;
}

/** For links, whose placeholders and query a person needs to see. */
export function maskUserInfo(text: string): string {
  return text.replace(/\/\/.*@/s, '//***@');
}
