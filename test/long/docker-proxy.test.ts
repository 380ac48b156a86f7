import { request } from 'node:http';
import { expect, it } from 'vitest';
import { type DockerProxy, startDockerProxy } from '../support/docker-proxy.ts';
import { findNginx } from '../support/nginx.ts';

const ID = 'a1'.repeat(32);
const VOLUME = 'ws-0b9c7c1e-2f4d-4a6b-8c3d-5e6f7a8b9c0d-configs';
const SHORT = 'ws-0b9c7c1e-2f4-claude-sessions';
const LISTING = `/containers/json?all=true&filters=${encodeURIComponent('{"name":["ws-"]}')}`;

/** What our own client asks, and as what it comes to the Engine. */
const LET_THROUGH: readonly (readonly [method: string, path: string, arrives?: string])[] = [
  ['GET', '/_ping'],
  ['GET', '/version'],
  ['GET', '/v1.51/version'],
  ['GET', `/v1.51${LISTING}`],
  ['GET', LISTING],
  ['GET', `/v1.51/containers/${ID}/json`],
  ['DELETE', `/v1.51/containers/${ID}?force=true`],
  ['GET', `/v1.51/volumes/${VOLUME}`],
  ['DELETE', `/v1.51/volumes/${VOLUME}`],
  ['DELETE', `/v1.51/volumes/${SHORT}`],
  // What is left out could only do more.
  ['DELETE', `/v1.51/volumes/${VOLUME}?force=true`, `/v1.51/volumes/${VOLUME}`],
  ['DELETE', `/v1.51/containers/${ID}?force=true&v=true&link=true`, `/v1.51/containers/${ID}?force=true`],
  ['GET', `/v1.51/containers/${ID}/json?size=true`, `/v1.51/containers/${ID}/json`],
];

const REFUSED: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/v1.51/containers/create'],
  ['POST', `/v1.51/containers/${ID}/exec`],
  ['POST', `/v1.51/containers/${ID}/start`],
  ['POST', `/v1.51/containers/${ID}/kill`],
  ['POST', `/v1.51/containers/${ID}/attach`],
  ['POST', `/v1.51/containers/${ID}`],
  ['PUT', `/v1.51/containers/${ID}/archive?path=/`],
  ['GET', `/v1.51/containers/${ID}/archive?path=/`],
  ['GET', `/v1.51/containers/${ID}/logs?stdout=1`],
  ['GET', `/v1.51/containers/${ID}/export`],
  ['GET', `/v1.51/containers/${ID}`],
  ['POST', '/v1.51/containers/prune'],
  ['POST', '/v1.51/containers/json'],
  ['DELETE', '/v1.51/containers/json'],
  ['DELETE', '/v1.51/containers/ws-0b9c7c1e-2f4'],
  ['DELETE', `/v1.51/containers/${ID.slice(1)}`],
  ['DELETE', `/v1.51/containers/${ID}0`],
  ['DELETE', `/v1.51/containers/${ID}/json`],
  ['POST', `/v1.51/volumes/${VOLUME}`],
  ['DELETE', '/v1.51/volumes/postgres-data'],
  ['DELETE', '/v1.51/volumes/ws-0b9c7c1e-2f4-other'],
  ['GET', '/v1.51/volumes/postgres-data'],
  ['GET', '/v1.51/volumes'],
  ['POST', '/v1.51/volumes/create'],
  ['POST', '/v1.51/volumes/prune'],
  ['GET', '/v1.51/images/json'],
  ['POST', '/v1.51/images/create?fromImage=alpine'],
  ['DELETE', '/v1.51/images/alpine'],
  ['GET', '/v1.51/info'],
  ['GET', '/v1.51/events'],
  ['GET', '/v1.51/secrets'],
  ['POST', '/v1.51/build'],
  ['POST', '/session'],
  ['POST', '/_ping'],
  ['GET', '/v2.0/containers/json'],
  ['GET', '/x/v1.51/containers/json'],
  // Other ways to write the same.
  ['POST', `/v1.51/containers/json/../${ID}/exec`],
  ['POST', `/v1.51/containers/${ID}/%65xec`],
  ['GET', '/v1.51//images/json'],
  ['DELETE', `/v1.51/volumes/${VOLUME}/../postgres-data`],
  ['DELETE', `/v1.51/volumes/${VOLUME}%2f..%2fpostgres-data`],
  ['DELETE', `/v1.51/containers/${ID}%0a`],
  ['GET', '/_ping%0a'],
  ['GET', '/containers/json%0a'],
  ['GET', `/v1.51/volumes/${VOLUME}%0a`],
  ['GET', `/v1.51/containers/${ID}/json%0a`],
];

/** As it is written: `fetch` would tidy the path up. @returns the status */
function ask({ port }: DockerProxy, method: string, path: string, body: string | null = null): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = body === null ? {} : { 'content-length': Buffer.byteLength(body) };
    const asking = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    asking.on('error', reject);
    asking.end(body ?? undefined);
  });
}

it('the proxy before the Docker socket lets through what a sweep asks, and nothing else', async ({ skip }) => {
  const proxy = await startDockerProxy(findNginx(skip));
  for (const [method, path, arrives = path] of LET_THROUGH) {
    expect(await ask(proxy, method, path), `${method} ${path}`).toBe(200);
    expect(proxy.heard.splice(0), `${method} ${path}`).toEqual([{ method, path: arrives, body: '' }]);
  }
  for (const [method, path] of REFUSED) {
    expect(await ask(proxy, method, path), `${method} ${path}`).toBe(403);
    expect(proxy.heard.splice(0), `${method} ${path}`).toEqual([]);
  }
});

it('a path that is written otherwise arrives as what it was let through for', async ({ skip }) => {
  const proxy = await startDockerProxy(findNginx(skip));
  const written = `/v1.51/images/x/../../containers/${ID}/json`;
  expect(await ask(proxy, 'GET', written)).toBe(200);
  expect(await ask(proxy, 'DELETE', `/v1.51/containers/%61${ID.slice(1)}`)).toBe(200);
  expect(proxy.heard).toEqual([
    { method: 'GET', path: `/v1.51/containers/${ID}/json`, body: '' },
    { method: 'DELETE', path: `/v1.51/containers/${ID}?force=true`, body: '' },
  ]);
});

it('nobody can hand the Engine a body', async ({ skip }) => {
  const proxy = await startDockerProxy(findNginx(skip));
  expect(await ask(proxy, 'DELETE', `/v1.51/containers/${ID}`, '{"Image":"alpine"}')).toBe(413);
  expect(proxy.heard).toEqual([]);
});
