import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { portOf } from './proxy.ts';

/** One message as it came. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What it does with a message. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Takes it, and says nothing. */
  | 'hang';

/** A server that takes messages, over a socket as any other. */
export interface Receiver {
  readonly url: string;
  /** All that came, whatever was answered. */
  readonly received: readonly Received[];
  /** From now on; 200 at first. */
  reply(reply: Reply | ((received: Received) => Reply)): void;
}

/** Closed when the test ends. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let replyTo: (one: Received) => Reply = () => ({ status: 200 });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const text = Buffer.concat(pieces).toString();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const one = { path: request.url ?? '', headers, text, body: text === '' ? {} : JSON.parse(text) };
    received.push(one);
    const reply = replyTo(one);
    if (reply !== 'hang') response.writeHead(reply.status, reply.headers ?? {}).end(reply.body ?? '');
  };
  const server = createServer((request, response) => {
    // A sender that is told to stop hangs up in the middle: then there is nobody to answer.
    take(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    received,
    reply: (reply) => {
      replyTo = typeof reply === 'function' ? reply : () => reply;
    },
  };
}
