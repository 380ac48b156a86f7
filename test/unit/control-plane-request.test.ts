import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { answerBytes, type RawServer, startRawServer } from '../support/raw-server.ts';

let server: RawServer;
let statuses: number[];

beforeEach(async () => {
  statuses = [];
  server = await startRawServer((socket) => socket.write(answerBytes(statuses.shift() ?? 200, '{"state":"running"}')));
});
afterEach(() => server.close());

const request = () => ({ requestId: 'attempt-7', signal: AbortSignal.timeout(30_000) });
const host = () => server.url.slice('http://'.length);

function controlPlane(options: { path?: string; sharedSecret?: string; adminToken?: string } = {}) {
  return createControlPlane({
    url: server.url + (options.path ?? ''),
    sharedSecret: options.sharedSecret ?? null,
    adminToken: options.adminToken ?? null,
    version: '1.2.3',
  });
}

async function stop(workspaceId: string, instanceId: string, path = '') {
  return controlPlane({ path }).stop({ workspaceId, instanceId }, request());
}

const firstLine = () => server.requests[0]?.split('\r\n', 1)[0];

describe('the request on the wire', () => {
  it('is the contract byte for byte, with both credentials', async () => {
    const backend = controlPlane({ sharedSecret: 's3cret', adminToken: 'adm1n' });
    await backend.stop({ workspaceId: '6f1c', instanceId: 'i-0abc' }, request());
    expect(server.requests).toEqual([
      'DELETE /cp/workspaces/6f1c?instance_id=i-0abc HTTP/1.1\r\n' +
        'Authorization: Bearer s3cret\r\n' +
        'X-Molecule-Admin-Token: adm1n\r\n' +
        'X-Request-Id: attempt-7\r\n' +
        'User-Agent: orphan-sweeper/1.2.3\r\n' +
        `Host: ${host()}\r\n` +
        'Connection: keep-alive\r\n\r\n',
    ]);
  });

  it('has no header for a credential that is not set', async () => {
    await stop('6f1c', 'i-0abc');
    await controlPlane({ adminToken: 'adm1n' }).stop({ workspaceId: '6f1c', instanceId: 'i-0abc' }, request());
    const ours = 'X-Request-Id: attempt-7\r\nUser-Agent: orphan-sweeper/1.2.3\r\n';
    const rest = `${ours}Host: ${host()}\r\nConnection: keep-alive\r\n\r\n`;
    expect(server.requests).toEqual([
      `DELETE /cp/workspaces/6f1c?instance_id=i-0abc HTTP/1.1\r\n${rest}`,
      `DELETE /cp/workspaces/6f1c?instance_id=i-0abc HTTP/1.1\r\nX-Molecule-Admin-Token: adm1n\r\n${rest}`,
    ]);
  });

  it('asks for the status after a 404, byte for byte, with the same credentials and the same request id', async () => {
    statuses = [404, 200];
    const backend = controlPlane({ sharedSecret: 's3cret', adminToken: 'adm1n' });
    await backend.stop({ workspaceId: 'a b', instanceId: 'i/0' }, request());
    expect(server.requests[1]).toBe(
      'GET /cp/workspaces/a%20b/status?instance_id=i%2F0 HTTP/1.1\r\n' +
        'Authorization: Bearer s3cret\r\n' +
        'X-Molecule-Admin-Token: adm1n\r\n' +
        'X-Request-Id: attempt-7\r\n' +
        'User-Agent: orphan-sweeper/1.2.3\r\n' +
        `Host: ${host()}\r\n` +
        'Connection: keep-alive\r\n\r\n',
    );
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['a space', 'a b', 'a%20b'],
    ['a slash', 'a/b', 'a%2Fb'],
    ['a way up', '../x', '..%2Fx'],
    ['an encoded way up', '%2e%2e', '%252e%252e'],
    ['a question mark', 'a?b', 'a%3Fb'],
    ['a hash', 'a#b', 'a%23b'],
    ['a percent sign', 'a%b', 'a%25b'],
    ['a plus', 'a+b', 'a%2Bb'],
    ['an ampersand and an equals sign', 'a&b=c', 'a%26b%3Dc'],
    ['a backslash', 'a\\b', 'a%5Cb'],
    ['a line break', 'a\r\nb', 'a%0D%0Ab'],
    ['unicode', 'é😀', '%C3%A9%F0%9F%98%80'],
    ['three dots', '...', '...'],
  ])('encodes %s in both ids', async (_what, id, encoded) => {
    expect(await stop(id, id)).toEqual({ kind: 'accepted', httpStatus: 200 });
    expect(firstLine()).toBe(`DELETE /cp/workspaces/${encoded}?instance_id=${encoded} HTTP/1.1`);
  });

  it.each(['/', '/api', '/api/', '/api/v2//'])(
    'keeps the path of the base URL, ending as it may (%s)',
    async (path) => {
      await stop('w', 'i', path);
      expect(firstLine()).toBe(`DELETE ${path.replace(/\/+$/, '')}/cp/workspaces/w?instance_id=i HTTP/1.1`);
    },
  );

  it.each([
    ['nothing', ''],
    ['one dot', '.'],
    ['two dots', '..'],
    ['half a surrogate pair', 'a\ud83d'],
    ['the other half', '\ude00a'],
  ])('makes no call for an id that cannot be sent: %s', async (_what, id) => {
    for (const [target, name] of [
      [{ workspaceId: id, instanceId: 'i-0abc' }, 'workspace id'],
      [{ workspaceId: '6f1c', instanceId: id }, 'instance id'],
    ] as const) {
      expect(await controlPlane().stop(target, request())).toEqual({
        kind: 'failed',
        class: 'rejected',
        httpStatus: null,
        message: expect.stringMatching(new RegExp(`^the ${name} is .*: it cannot be sent$`)),
        retryAfterMs: null,
      });
    }
    expect(server.connections()).toBe(0);
  });

  it('makes no call when its time was up before it began', async () => {
    const answer = await controlPlane().stop(
      { workspaceId: 'w', instanceId: 'i' },
      { requestId: 'r', signal: AbortSignal.abort() },
    );
    expect(answer).toMatchObject({ kind: 'failed', class: 'timeout' });
    // Connections are accepted in turn: one that the first Stop had made would be here before this one.
    await stop('w', 'i');
    expect(server.connections()).toBe(1);
  });
});

describe('options that cannot make a request', () => {
  const options = { url: 'http://127.0.0.1', sharedSecret: null, adminToken: null, version: '1' };

  it.each([
    ['ftp://cp.example', 'must begin with http'],
    ['http://anna:pw@cp.example', 'must not hold a user name'],
    ['http://cp.example/?a=b', 'must not hold a "?"'],
    ['http://cp.example/#a', 'must not hold a "?"'],
  ])('refuses the URL %s', (url, sentence) => {
    expect(() => createControlPlane({ ...options, url })).toThrow(sentence);
  });

  it.each(['', 'two\nlines', ' before', 'after ', 'sécret'])(
    'refuses the secret %j, and shows it to nobody',
    (secret) => {
      for (const name of ['sharedSecret', 'adminToken']) {
        let thrown: unknown;
        try {
          createControlPlane({ ...options, [name]: secret });
        } catch (error) {
          thrown = error;
        }
        const setting = name === 'adminToken' ? 'CONTROL_PLANE_ADMIN_TOKEN' : 'CONTROL_PLANE_SHARED_SECRET';
        expect(String(thrown)).toBe(
          `Error: ${setting} must be printable ASCII, not empty, without a space at either end`,
        );
      }
    },
  );
});
