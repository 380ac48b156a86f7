import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that can be there, be away, or say nothing, on a port that stays the same. */
export interface Proxy {
  readonly port: number;
  /** Listens, and passes everything on. */
  open(): Promise<void>;
  /** Breaks every connection; nobody listens any more. */
  cut(): Promise<void>;
}

/** Closed at first. Cut when the test ends. */
export async function createProxy(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Both ends are broken on purpose.
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const port = await freePort();
  const cut = async (): Promise<void> => {
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    server = null;
  };
  onTestFinished(cut);
  return {
    port,
    cut,
    async open() {
      server = createServer((near) => {
        const far = keep(connect(target.port, target.host));
        keep(near).pipe(far).pipe(near);
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
      });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

/**
 * A port that nobody listens on right now, and which no outgoing connection is given in the meantime: the system takes
 * those from above.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}

export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port');
  return address.port;
}
