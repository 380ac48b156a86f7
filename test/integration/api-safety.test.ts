import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import { type Api, createApi } from '../support/api.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world, { ALLOWED_HOSTS: 'sweeper.example,Other.Example' });
  return async () => {
    await api.close();
    await world.close();
  };
});
/** Nothing that is refused here may have left anything behind. */
afterAll(async () => {
  expect((await world.sweeps()).filter((sweep) => sweep.trigger === 'manual')).toHaveLength(accepted);
});
let accepted = 0;

const post = (headers: Record<string, string>) => api.call<Sweep>({ method: 'POST', url: '/api/sweeps', headers });

describe('the Host of a request', () => {
  it.each([
    'localhost',
    'localhost:8080',
    '127.0.0.1:8080',
    '[::1]:8080',
    'sweeper.example',
    'SWEEPER.example:443',
    'other.example',
  ])('%s is one of ours', async (host) => {
    for (const url of ['/healthz', '/api/status']) {
      expect((await api.call({ url, headers: { host } })).status).toBe(200);
    }
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
  ])('%j is refused for everything, reading included', async (host) => {
    for (const url of [
      '/healthz',
      '/readyz',
      '/api/status',
      '/api/orphans',
      '/api/openapi.json',
      '/',
      '/api/nothing',
    ]) {
      expect(await api.call({ url, headers: { host } })).toMatchObject({ status: 403, body: { code: 'unknown_host' } });
    }
    expect((await post({ host })).status).toBe(403);
  });
});

describe('a server that other machines reach', () => {
  it('leaves names to the proxy before it, unless they are listed; it says on every status that anybody may change things', async () => {
    const open = { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' };
    const [any, listed] = [
      await createApi(world, open),
      await createApi(world, { ...open, ALLOWED_HOSTS: 'a.example' }),
    ];
    const ask = (of: Api, host: string) => of.call<Status>({ url: '/api/status', headers: { host } });
    expect(await ask(any, 'whatever.example')).toMatchObject({ status: 200, body: { anonymous: true } });
    expect(await ask(listed, 'a.example')).toMatchObject({ status: 200, body: { anonymous: true } });
    expect((await ask(listed, 'whatever.example')).status).toBe(403);
    // A probe comes by an address that nobody can list.
    for (const url of ['/healthz', '/readyz']) {
      expect((await listed.call({ url, headers: { host: '10.1.2.3:8080' } })).status).toBe(200);
    }
    await any.close();
    await listed.close();
  });
});

describe('a change', () => {
  it.each([
    ['Origin', 'http://evil.example'],
    ['Origin', 'null'],
    ['Origin', 'http://localhost:9999'],
    ['Origin', 'http://localhost.evil.example'],
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', 'same-site'],
    ['Sec-Fetch-Site', 'nonsense'],
  ])('with %s: %s is refused', async (name, value) => {
    const answer = await api.call({
      method: 'POST',
      url: '/api/sweeps',
      headers: { host: 'localhost:8080', [name]: value },
    });
    expect(answer).toMatchObject({ status: 403, body: { code: 'foreign_origin' } });
    expect(answer.body.detail).toContain(JSON.stringify(value));
  });

  it.each([
    { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
    { origin: 'https://localhost:8080' },
    { 'sec-fetch-site': 'none' },
    {},
  ])('with %j is ours', async (headers) => {
    const answer = await post({ host: 'localhost:8080', ...headers });
    expect(answer.status).toBe(202);
    if (!answer.body.joined) accepted += 1;
  });

  it('is not made by reading, so reading from another site is let through', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' };
    const answer = await api.call({ url: '/api/orphans', headers });
    expect(answer.status).toBe(200);
    expect(answer.header('access-control-allow-origin')).toBeUndefined();
  });
});

describe('every answer', () => {
  it.each(['/healthz', '/api/status', '/api/nothing', '/nothing', '/api/orphans?limit=0'])(
    '%s carries the strict policy, may not be guessed at, and may not be framed',
    async (url) => {
      const answer = await api.call(url);
      expect(answer.header('content-security-policy')).toBe(
        "default-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';object-src 'none'",
      );
      expect(answer.header('x-content-type-options')).toBe('nosniff');
      expect(answer.header('x-frame-options')).toBe('DENY');
      expect(answer.header('access-control-allow-origin')).toBeUndefined();
    },
  );

  it('that refuses a foreign Host or Origin is protected in the same way', async () => {
    for (const request of [
      { url: '/api/status', headers: { host: 'evil.example' } },
      { method: 'POST' as const, url: '/api/sweeps', headers: { origin: 'http://evil.example' } },
    ]) {
      const answer = await api.call(request);
      expect(answer.status).toBe(403);
      expect(answer.header('x-content-type-options')).toBe('nosniff');
      expect(answer.header('content-security-policy')).toContain("default-src 'self'");
    }
  });

  it('has a request id of our own making, whatever id the caller sends', async () => {
    const answer = await api.call({ url: '/healthz', headers: { 'x-request-id': 'mine', 'request-id': 'mine' } });
    expect(answer.header('x-request-id')).not.toBe('mine');
  });
});

describe('a path that leads nowhere', () => {
  it.each([
    ['GET', '/api/nothing'],
    ['GET', '/api'],
    ['GET', '/nothing'],
    ['PUT', '/api/sweeps'],
    ['DELETE', '/api/orphans'],
    ['POST', '/api/orphans'],
    ['OPTIONS', '/api/sweeps'],
  ] as const)('%s %s is a 404 that names it', async (method, url) => {
    const answer = await api.call({ method, url });
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(answer.body.detail).toContain(`${method} ${url}`);
  });

  it.each(['/api/orphans/%zz', '/%', '/api/%ff%fe', '/api/sweeps/%E0%A4%A'])(
    '%s, which is no proper path, is refused like everything else',
    async (url) => {
      expect(await api.call({ url })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    },
  );
});
