import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The network side of a server: who is connected, how much was sent, and whether anybody listens. */
export interface Traffic {
  connections(): number;
  bytesSent(): number;
  /** On loopback only. Does nothing when it listens already. */
  listen(port: number): Promise<void>;
  /** Destroys every connection too, so that it ends at once. */
  stopListening(): Promise<void>;
}

export function countTraffic(server: Server): Traffic {
  const open = new Set<Socket>();
  let connections = 0;
  let bytesOfClosed = 0;
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      bytesOfClosed += socket.bytesWritten;
    });
  });

  return {
    connections: () => connections,
    bytesSent: () => [...open].reduce((sum, socket) => sum + socket.bytesWritten, bytesOfClosed),
    async listen(port) {
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async stopListening() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
