export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * The call as a shell would make it: one line, to be pasted into any POSIX shell. Nothing in it is expanded there.
 *
 * @param path encoded already
 */
export function curlOf(
  origin: string,
  method: Method,
  path: string,
  body: Readonly<Record<string, unknown>> | null = null,
): string {
  const words = ['curl', '-sS', ...(method === 'GET' ? [] : ['-X', method]), quoted(`${origin}${path}`)];
  if (body !== null) {
    words.push('-H', quoted('content-type: application/json'), '--data-raw', quoted(JSON.stringify(body)));
  }
  return words.join(' ');
}

/** Between single quotes a shell takes every character as it is, but for the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
