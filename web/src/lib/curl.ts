export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Called {
  readonly origin: string;
  /** Somebody has to sign in: a shell does with an API token, which it has in TOKEN_VARIABLE. */
  readonly withToken: boolean;
}

export const TOKEN_VARIABLE = 'ORPHAN_SWEEPER_TOKEN';

/**
 * The call as a shell would make it: one line, to be pasted into any POSIX shell. Nothing in it is expanded there but
 * the token, so that no secret is copied.
 *
 * @param path encoded already
 */
export function curlOf(
  { origin, withToken }: Called,
  method: Method,
  path: string,
  body: Readonly<Record<string, unknown>> | null = null,
): string {
  const words = ['curl', '-sS', ...(method === 'GET' ? [] : ['-X', method]), quoted(`${origin}${path}`)];
  if (withToken) words.push('-H', `"Authorization: Bearer $${TOKEN_VARIABLE}"`);
  if (body !== null) {
    words.push('-H', quoted('content-type: application/json'), '--data-raw', quoted(JSON.stringify(body)));
  }
  return words.join(' ');
}

/** Between single quotes a shell takes every character as it is, but for the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
