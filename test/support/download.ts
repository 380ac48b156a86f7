import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** An answer whose body has not been taken yet: nothing of it is read before somebody asks for it. */
export interface Download {
  readonly response: IncomingMessage;
  /** All that comes from now on. Throws when the connection ends before the body does. */
  rest(): Promise<string>;
  /** As much as there is, at least one piece. */
  some(): Promise<string>;
  /** Hangs up. */
  leave(): void;
}

/** Over a socket of its own. */
export async function download(port: number, path: string, method: 'GET' | 'HEAD' = 'GET'): Promise<Download> {
  const asking = request({ port, host: '127.0.0.1', path, method, agent: false });
  // What breaks later is told by the answer.
  asking.on('error', () => undefined).end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject);
  });
  response.setEncoding('utf8');
  return {
    response,
    async rest() {
      let text = '';
      for await (const chunk of response) text += chunk;
      return text;
    },
    async some() {
      for (;;) {
        const chunk: string | null = response.read();
        if (chunk !== null) return chunk;
        await once(response, 'readable');
      }
    },
    leave: () => response.destroy(),
  };
}
