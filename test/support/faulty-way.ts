import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './proxy.ts';

/**
 * What befalls a packet on its way to a server. `lost`: it does not arrive. `unheard`: it arrives, and is answered, and
 * nobody hears the answer. `garbled`: what is heard is no answer. After each of these the connection is broken.
 * `silent`: it arrives, but from then on no connection brings an answer, until all is well again.
 */
export type WayFault = 'lost' | 'unheard' | 'garbled' | 'silent';

/** A way to a server on which a fault strikes at an exact moment: at the nth packet that is sent over it. */
export interface FaultyWay {
  /** The same address, but over this way. */
  over(url: string): string;
  /** Counts packets from 1 again, over all connections. */
  strike(fault: WayFault, nth: number): void;
  struck(): boolean;
  /** Sockets that are open, on both sides. */
  open(): number;
  /** Breaks every connection that there is now, whatever is under way; new ones are taken. */
  cut(): void;
  /** From now on it leads elsewhere: a server that was started again has another port. */
  redirect(target: string): void;
  /** Nothing strikes any more; what was held back arrives. */
  heal(): void;
  close(): Promise<void>;
}

const NO_ANSWER = Buffer.from('\0\x01\x02 this is not an answer of anything \xff\xfe\r\n\r\n', 'latin1');

export async function createFaultyWay(target: string): Promise<FaultyWay> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let next: { readonly fault: WayFault; readonly nth: number } | null = null;
  let packets = 0;
  let struck = false;
  let silent = false;

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Both ends are broken on purpose.
    return socket
      .setNoDelay(true)
      .on('error', () => undefined)
      .on('close', () => sockets.delete(socket));
  };
  const strikesNow = (): WayFault | null => {
    packets += 1;
    if (next === null || packets !== next.nth) return null;
    struck = true;
    return next.fault;
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((nearSocket) => {
    const near = keep(nearSocket);
    const far = keep(connect(Number(port), hostname));
    let fate: WayFault | null = null;
    const breakOff = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('data', (packet) => {
      fate ??= strikesNow();
      if (fate === 'silent') silent = true;
      if (fate === 'lost') breakOff();
      else far.write(packet);
    });
    far.on('data', (packet) => {
      if (fate === 'unheard') breakOff();
      else if (fate === 'garbled') near.end(NO_ANSWER, breakOff);
      else if (silent) held.push(() => near.write(packet));
      else near.write(packet);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    over(url) {
      const over = new URL(url);
      over.hostname = '127.0.0.1';
      over.port = String(portOf(server.address()));
      return over.href;
    },
    strike(fault, nth) {
      next = { fault, nth };
      packets = 0;
      struck = false;
    },
    struck: () => struck,
    open: () => sockets.size,
    cut: breakAll,
    redirect(to) {
      ({ hostname, port } = new URL(to));
    },
    heal() {
      next = null;
      silent = false;
      for (const arrive of held.splice(0)) arrive();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      breakAll();
      await closed;
    },
  };
}
