import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Backend, StopRequest } from '../../server/backends/backend.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { answerBytes, type RawServer, startRawServer } from '../support/raw-server.ts';
import { until } from '../support/until.ts';

let server: RawServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(reply: (socket: Socket, nth: number) => void): Promise<Backend<StopRequest>> {
  server = await startRawServer(reply);
  return controlPlane(server.url);
}

function controlPlane(url: string): Backend<StopRequest> {
  return createControlPlane({ url, sharedSecret: 's3cret-token', adminToken: null, version: '1' });
}

const TARGET = { workspaceId: 'w', instanceId: 'i' };
/** Long: these tests end by what the server does. */
const patient = () => ({ requestId: 'r', signal: AbortSignal.timeout(30_000) });
/** Short: these tests end by the signal. */
const hasty = () => ({ requestId: 'r', signal: AbortSignal.timeout(300) });

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const unreachable = (message: string | RegExp) => ({
  kind: 'failed',
  class: 'unreachable',
  httpStatus: null,
  message: expect.stringMatching(message),
  retryAfterMs: null,
});
const timeout = (message: string) => ({
  kind: 'failed',
  class: 'timeout',
  httpStatus: null,
  message,
  retryAfterMs: null,
});

describe('when its time is up the Stop ends as a timeout', () => {
  it('while nothing was answered', async () => {
    const backend = await serve(() => undefined);
    expect(await backend.stop(TARGET, hasty())).toEqual(timeout('no whole answer before the time was up'));
  });

  it.each([200, 404, 500])('while the body of a %i stalls', async (status) => {
    const half = `HTTP/1.1 ${status} Said\r\ncontent-length: 10\r\n\r\nhal`;
    const backend = await serve((socket) => socket.write(half));
    const request = { requestId: 'r', signal: AbortSignal.timeout(1_000) };
    const message = `answered ${status}, but no whole answer before the time was up`;
    expect(await backend.stop(TARGET, request)).toEqual(timeout(message));
  });

  it('while the body dribbles', async () => {
    const backend = await serve((socket) => {
      socket.write(`${HEAD}\r\n`);
      const drip = setInterval(() => socket.write(' '), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await backend.stop(TARGET, hasty())).toMatchObject({ kind: 'failed', class: 'timeout' });
  });

  it('while the headers dribble', async () => {
    const backend = await serve((socket) => {
      socket.write(HEAD);
      const drip = setInterval(() => socket.write('x: y\r\n'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await backend.stop(TARGET, hasty())).toMatchObject({ kind: 'failed', class: 'timeout' });
  });

  it('and hangs up, so that no dead connection is kept', async () => {
    let closed = false;
    const backend = await serve((socket) => socket.on('close', () => (closed = true)));
    await backend.stop(TARGET, hasty());
    await until(() => closed, { what: 'the connection to be closed' });
  });

  it('but a 404 that was answered stays an unconfirmed 404 when only its confirmation hangs', async () => {
    const timeUp = new AbortController();
    const backend = await serve((socket, nth) => {
      if (nth === 1) socket.write(answerBytes(404, 'page missing'));
      else timeUp.abort();
    });
    expect(await backend.stop(TARGET, { requestId: 'r', signal: timeUp.signal })).toEqual({
      kind: 'failed',
      class: 'rejected',
      httpStatus: 404,
      message:
        'answered 404, which alone proves nothing; asked for its status: ' +
        'no whole answer before the time was up; first: answered 404: page missing',
      retryAfterMs: null,
    });
  });
});

describe('what breaks is unreachable, in words and with its code', () => {
  it('connection refused', async () => {
    const gone = await startRawServer(() => undefined);
    await gone.close();
    expect(await controlPlane(gone.url).stop(TARGET, patient())).toEqual(
      unreachable(/^connection refused \(ECONNREFUSED\)$/),
    );
  });

  it('a host name that does not exist', async () => {
    expect(await controlPlane('http://control-plane.invalid').stop(TARGET, patient())).toEqual(
      unreachable(/^host name (not found \(ENOTFOUND\)|lookup failed \(EAI_AGAIN\))$/),
    );
  });

  it('no TLS where TLS was expected', async () => {
    const plain = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const address = plain.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const answer = await controlPlane(`https://127.0.0.1:${port}`).stop(TARGET, patient());
    plain.close();
    expect(answer).toEqual(unreachable(/^TLS failed \((EPROTO|ERR_SSL_\w+)\)$/));
  });

  it('a reset instead of an answer', async () => {
    const backend = await serve((socket) => socket.resetAndDestroy());
    expect(await backend.stop(TARGET, patient())).toEqual(unreachable(/^connection reset \(ECONNRESET\)$/));
  });

  it('a connection closed instead of an answer', async () => {
    const backend = await serve((socket) => socket.end());
    expect(await backend.stop(TARGET, patient())).toEqual(unreachable(/ECONNRESET/));
  });

  it.each([
    ['with a length', 'content-length: 10\r\n\r\nhal'],
    ['in pieces', 'transfer-encoding: chunked\r\n\r\n3\r\nhal\r\n'],
    ['in the middle of a header', 'x-cut: of'],
  ])('half an answer %s', async (_what, half) => {
    for (const cut of ['end', 'resetAndDestroy'] as const) {
      const backend = await serve((socket) => socket.write(HEAD + half, () => socket[cut]()));
      expect(await backend.stop(TARGET, patient())).toEqual(unreachable(/\(ECONNRESET\)$/));
      await server?.close();
    }
  });

  it.each([401, 404, 410, 500])('half of a %i: half an answer is no answer', async (status) => {
    const half = `HTTP/1.1 ${status} Said\r\ncontent-length: 10\r\n\r\nhal`;
    const backend = await serve((socket) => socket.write(half, () => socket.end()));
    const answer = await backend.stop(TARGET, patient());
    expect(answer).toEqual(unreachable(`^answered ${status}, but connection reset \\(ECONNRESET\\)$`));
    expect(server?.requests).toHaveLength(1);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a chunk of no size', `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`],
    ['endless headers', `${HEAD}x: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a protocol that was not asked for', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ])('%s', async (_what, bytes) => {
    const backend = await serve((socket) => socket.write(bytes));
    expect(await backend.stop(TARGET, patient())).toEqual(unreachable(/./));
  });
});

describe('an answer without end', () => {
  function pour(socket: Socket, head: string): void {
    const drop = Buffer.alloc(16 * 1024, ' ');
    socket.write(head);
    const more = () => {
      while (!socket.destroyed && socket.write(drop));
    };
    socket.on('drain', more);
    more();
  }

  it.each([
    [200, { kind: 'accepted', httpStatus: 200 }],
    [500, { kind: 'failed', class: 'transient', httpStatus: 500 }],
    [401, { kind: 'failed', class: 'unauthorized', httpStatus: 401 }],
  ])('is read for 64 kB, then its status %i decides', async (status, expected) => {
    let closed = false;
    const backend = await serve((socket) => {
      socket.on('close', () => (closed = true));
      pour(socket, `HTTP/1.1 ${status} Said\r\n\r\n`);
    });
    expect(await backend.stop(TARGET, patient())).toMatchObject(expected);
    await until(() => closed, { what: 'the connection to be closed' });
    // 64 kB are read; the rest is what the kernel takes from the server before anybody asks for it.
    expect(server?.bytesSent()).toBeLessThan(16 * 1024 * 1024);
  });

  it('that is HTML is rejected all the same', async () => {
    const backend = await serve((socket) => pour(socket, `${HEAD}\r\n <html>`));
    expect(await backend.stop(TARGET, patient())).toMatchObject({ kind: 'failed', class: 'rejected' });
  });
});

describe('a redirect', () => {
  it('is not followed: the credentials go nowhere else', async () => {
    const elsewhere = await startRawServer((socket) => socket.write(answerBytes(200)));
    for (const status of [301, 302, 303, 307, 308]) {
      const backend = await serve((socket) => socket.write(answerBytes(status, '', { location: elsewhere.url })));
      expect(await backend.stop(TARGET, patient())).toMatchObject({
        kind: 'failed',
        class: 'rejected',
        httpStatus: status,
        message: `answered ${status} with a redirect to ${elsewhere.url}, which is not followed`,
      });
      await server?.close();
    }
    expect(elsewhere.connections()).toBe(0);
    await elsewhere.close();
  });
});

describe('connections', () => {
  it('are kept: a hundred Stops one after another, confirmations too, need one', async () => {
    const backend = await serve((socket, nth) => socket.write(answerBytes(nth % 4 === 0 ? 404 : 200, '{}')));
    for (let count = 0; count < 100; count += 1) await backend.stop(TARGET, patient());
    expect(server?.requests.length).toBeGreaterThan(100);
    expect(server?.connections()).toBe(1);
  });

  it('are let go by close, except those in use', async () => {
    const idle: Socket[] = [];
    let answerLast = () => {};
    const backend = await serve((socket, nth) => {
      if (nth === 1) {
        idle.push(socket);
        socket.write(answerBytes(200));
        return;
      }
      answerLast = () => socket.write(answerBytes(200));
    });
    await backend.stop(TARGET, patient());
    await backend.close();
    // Sooner than it would have gone by itself.
    await until(() => idle[0]?.destroyed, { timeoutMs: 2_000, what: 'the idle connection to be closed' });
    const inUse = backend.stop(TARGET, patient());
    await until(() => server?.requests.length === 2, { what: 'the second Stop to arrive' });
    await backend.close();
    answerLast();
    expect(await inUse).toEqual({ kind: 'accepted', httpStatus: 200 });
  });

  it('that the server closes instead of answering again are unreachable, and the Stop is not sent twice', async () => {
    const backend = await serve((socket, nth) => (nth === 1 ? socket.write(answerBytes(200)) : socket.destroy()));
    expect(await backend.stop(TARGET, patient())).toMatchObject({ kind: 'accepted' });
    expect(await backend.stop(TARGET, patient())).toEqual(unreachable(/ECONNRESET/));
    expect(server?.requests).toHaveLength(2);
    expect(server?.connections()).toBe(1);
  });

  it('that the server closes just after it answered make a Stop fail at most, never throw', async () => {
    const backend = await serve((socket) => socket.write(answerBytes(200), () => setImmediate(() => socket.end())));
    const kinds = new Set<string>();
    for (let count = 0; count < 300; count += 1) {
      const answer = await backend.stop(TARGET, patient());
      kinds.add(answer.kind === 'failed' ? answer.class : answer.kind);
    }
    expect([...kinds].filter((kind) => kind !== 'unreachable')).toEqual(['accepted']);
    expect(server?.requests.length).toBeLessThanOrEqual(300);
  });
});
