import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateAnswer } from '../../server/backends/backend.ts';
import { type ControlPlaneOptions, createControlPlane } from '../../server/backends/control-plane.ts';
import { answerBytes, type RawServer, startRawServer } from '../support/raw-server.ts';

let server: RawServer;
let answer: string;

beforeEach(async () => {
  server = await startRawServer((socket) => socket.write(answer));
});
afterEach(() => server.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const NO_SECRETS = { sharedSecret: null, adminToken: null };

function lookAt(
  target: { workspaceId: string; instanceId: string },
  options: Partial<ControlPlaneOptions> = {},
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<StateAnswer> {
  const backend = createControlPlane({ url: server.url, ...NO_SECRETS, version: '1.2.3', ...options });
  return backend.look(target, { requestId: 'look-7', signal });
}

async function lookAnswered(bytes: string): Promise<StateAnswer> {
  answer = bytes;
  const answered = await lookAt({ workspaceId: 'w', instanceId: 'i' });
  expect(server.requests.at(-1)).toMatch(/^GET /);
  return answered;
}

describe('the question for a status', () => {
  const host = () => new URL(server.url).host;
  beforeEach(() => {
    answer = answerBytes(200, '{"state":"running"}', JSON_TYPE);
  });

  it('is, byte for byte, what the control plane expects', async () => {
    await lookAt({ workspaceId: '6f1c', instanceId: 'i-0abc' });
    expect(server.requests).toEqual([
      'GET /cp/workspaces/6f1c/status?instance_id=i-0abc HTTP/1.1\r\n' +
        'X-Request-Id: look-7\r\n' +
        'User-Agent: orphan-sweeper/1.2.3\r\n' +
        `Host: ${host()}\r\n` +
        'Connection: keep-alive\r\n\r\n',
    ]);
  });

  it('carries the credentials that are set, and the path of the URL', async () => {
    const options = { url: `${server.url}/api/`, sharedSecret: 's3cret', adminToken: 'adm1n' };
    await lookAt({ workspaceId: 'a b', instanceId: 'i/0?&' }, options);
    expect(server.requests).toEqual([
      'GET /api/cp/workspaces/a%20b/status?instance_id=i%2F0%3F%26 HTTP/1.1\r\n' +
        'Authorization: Bearer s3cret\r\n' +
        'X-Molecule-Admin-Token: adm1n\r\n' +
        'X-Request-Id: look-7\r\n' +
        'User-Agent: orphan-sweeper/1.2.3\r\n' +
        `Host: ${host()}\r\n` +
        'Connection: keep-alive\r\n\r\n',
    ]);
  });

  it.each(['', '.', '..', 'a\ud83d'])('is not sent for an id that cannot be sent: %j', async (id) => {
    for (const target of [
      { workspaceId: id, instanceId: 'i' },
      { workspaceId: 'w', instanceId: id },
    ]) {
      expect(await lookAt(target)).toEqual({
        kind: 'failed',
        class: 'rejected',
        httpStatus: null,
        message: expect.stringContaining('it cannot be sent'),
        retryAfterMs: null,
      });
    }
    expect(server.connections()).toBe(0);
  });

  it('that is given up before its answer is a timeout', async () => {
    answer = '';
    const giveUp = new AbortController();
    const asking = lookAt({ workspaceId: 'w', instanceId: 'i' }, {}, giveUp.signal);
    giveUp.abort();
    expect(await asking).toMatchObject({ kind: 'failed', class: 'timeout', httpStatus: null });
  });
});

describe('what is answered to a look', () => {
  /** A state is only ever believed of a 2xx. */
  const STATE = '{"state":"terminated"}';
  const CLASSES = new Map([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [408, 'transient'],
    [409, 'in_progress'],
    [429, 'throttled'],
  ]);

  it('with any 2xx is its state; with 204 and 205 there is none', async () => {
    for (let status = 200; status <= 299; status += 1) {
      const empty = status === 204 || status === 205;
      const answered = await lookAnswered(answerBytes(status, empty ? '' : STATE, JSON_TYPE));
      expect(answered, String(status)).toEqual(
        empty
          ? { kind: 'no_route', message: `answered ${status}, but no state in it` }
          : { kind: 'state', state: 'terminated' },
      );
    }
    expect(server.requests).toHaveLength(100);
  });

  it('with 401, 403, 408, 409, 429 or 5xx is a failure; with any other 3xx or 4xx there is no such route', async () => {
    for (let status = 300; status <= 599; status += 1) {
      const answered = await lookAnswered(answerBytes(status, status === 304 ? '' : STATE, JSON_TYPE));
      const failure = CLASSES.get(status) ?? (status >= 500 ? 'transient' : null);
      const message = expect.stringMatching(new RegExp(`^answered ${status}`));
      expect(answered, String(status)).toEqual(
        failure === null
          ? { kind: 'no_route', message }
          : { kind: 'failed', class: failure, httpStatus: status, message, retryAfterMs: null },
      );
    }
    expect(server.requests).toHaveLength(300);
  });

  it('with a Retry-After says how long to stay away', async () => {
    for (const status of [429, 503]) {
      expect(await lookAnswered(answerBytes(status, '', { 'retry-after': '7' }))).toMatchObject({
        kind: 'failed',
        class: 'throttled',
        retryAfterMs: 7_000,
      });
    }
  });

  it.each(['running', 'pending', 'stopping', 'stopped', 'terminated', 'not_found', 'vaporised', 'Terminated', ''])(
    'is the word as it was spelled: %j',
    async (state) => {
      const body = JSON.stringify({ more: 1, state });
      expect(await lookAnswered(answerBytes(200, body, JSON_TYPE))).toEqual({ kind: 'state', state });
    },
  );

  const html = { 'content-type': 'text/html' };
  it.each([
    ['a state that is no word', answerBytes(200, '{"state":["terminated"]}'), 'no state in it'],
    ['no state', answerBytes(200, '{"status":"terminated"}'), 'no state in it'],
    ['a list', answerBytes(200, '[{"state":"terminated"}]'), 'no state in it'],
    ['null', answerBytes(200, 'null'), 'no state in it'],
    ['a bare word', answerBytes(200, '"terminated"'), 'no state in it'],
    ['no JSON', answerBytes(200, 'terminated'), 'no state in it'],
    ['nothing', answerBytes(200), 'no state in it'],
    ['a login page', answerBytes(200, '<html>', html), 'a page, not an answer of a control plane'],
    ['a page that does not say so', answerBytes(200, ' <!doctype html>', JSON_TYPE), 'a page, not an answer'],
    ['a state that says it is a page', answerBytes(200, STATE, html), 'a page, not an answer'],
    ['more than 64 kB', answerBytes(200, `${STATE}${' '.repeat(70_000)}`), 'no state in it'],
    ['a redirect', answerBytes(302, '', { location: '/elsewhere' }), 'with a redirect to /elsewhere'],
  ])('that is %s is no status route', async (_what, bytes, message) => {
    expect(await lookAnswered(bytes)).toEqual({ kind: 'no_route', message: expect.stringContaining(message) });
    expect(server.requests).toHaveLength(1);
  });

  it('that breaks off is no answer', async () => {
    await server.close();
    server = await startRawServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"state": "termi'),
    );
    expect(await lookAnswered('')).toMatchObject({ kind: 'failed', class: 'unreachable', httpStatus: null });
  });

  it('shows no credential', async () => {
    answer = answerBytes(500, 'you sent s3cret-9 and adm1n-77');
    const answered = await lookAt(
      { workspaceId: 'w', instanceId: 'i' },
      { sharedSecret: 's3cret-9', adminToken: 'adm1n-77' },
    );
    expect(JSON.stringify(answered)).not.toMatch(/s3cret-9|adm1n-77/);
    expect(answered).toMatchObject({ kind: 'failed', class: 'transient' });
  });
});
