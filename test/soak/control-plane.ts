import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Closing } from '../../server/demo/closing.ts';

export interface MoodyControlPlane {
  readonly url: string;
  /** Stops that it answered, in whatever way. */
  stops(): number;
  /** Connections that are open now. */
  connections(): Promise<number>;
}

/** In turn, so that every run meets the same: most are accepted, and each kind of failure that costs no time is there. */
const ANSWERS: readonly (number | 'reset')[] = [...Array.from({ length: 20 }, () => 204), 403, 409, 500, 'reset'];

/** Unlike the simulated one it keeps nothing of what it was asked: that would be a leak of the test's own. */
export async function startMoodyControlPlane(closing: Closing): Promise<MoodyControlPlane> {
  let stops = 0;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json').end('{"state":"terminated"}');
      return;
    }
    const answer = ANSWERS[stops % ANSWERS.length] ?? 500;
    stops += 1;
    if (answer === 'reset') response.destroy();
    else response.writeHead(answer).end();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.add(
    () => new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  );
  const { port } = addressOf(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    stops: () => stops,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('a server on a port has an address');
  return address;
}
