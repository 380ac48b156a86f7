import { request } from 'node:http';

export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
}

export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object | Buffer;
}

/** One call to an Engine on its socket, whatever it answers. */
export function callEngine(socketPath: string, { method, path, body }: EngineCall): Promise<EngineAnswer> {
  const content = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const headers = { host: 'docker', ...(content && { 'content-type': type, 'content-length': content.length }) };
    // No connection is kept: the daemon may be ended before the next call.
    const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end(content);
  });
}
