const WORDS = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection closed'],
  ['ENOENT', 'there is no such socket'],
  ['EACCES', 'this user may not use the socket'],
  ['UND_ERR_SOCKET', 'connection closed'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connecting took too long'],
  ['ETIMEDOUT', 'connecting took too long'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['ENOTFOUND', 'host name not found'],
  ['EAI_AGAIN', 'host name lookup failed'],
  ['EPROTO', 'TLS failed'],
  ['CERT_HAS_EXPIRED', 'the TLS certificate has expired'],
  ['CERT_NOT_YET_VALID', 'the TLS certificate is not valid yet'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the TLS certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'a TLS certificate in the chain is self-signed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the TLS certificate cannot be verified'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the TLS certificate cannot be verified'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the TLS certificate is for another host name'],
  ['HPE_HEADER_OVERFLOW', 'the headers of the answer were too large'],
]);

/** Families of codes, for those that are not listed above. */
const FAMILIES = new Map([
  ['HPE_', 'the answer was not HTTP'],
  ['ERR_SSL_', 'TLS failed'],
  ['ERR_TLS_', 'TLS failed'],
]);

/** A network error as a person would say it, with the code that search engines know. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error) || typeof error.code !== 'string') return error.message;
  const { code } = error;
  const family = [...FAMILIES].find(([prefix]) => code.startsWith(prefix))?.[1];
  return `${WORDS.get(code) ?? family ?? error.message} (${code})`;
}
