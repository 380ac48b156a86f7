import { describe, expect, it } from 'vitest';
import { createServedWorld } from './support/served-world.ts';

async function serve() {
  const served = await createServedWorld();
  await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${served.origin}${path}`, { headers, method });
  const html = await (await get('/')).text();
  const built = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  const entry = built.find((path) => path.endsWith('.js')) ?? '';
  return { get, html, built, entry };
}

describe('what the server serves of the console', () => {
  it('is kept for ever only where the name changes with the content', async () => {
    const { get, built } = await serve();
    expect(built.length).toBeGreaterThanOrEqual(2);
    for (const path of built) {
      expect((await get(path)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
    for (const path of ['/', '/index.html', '/orphans/some-workspace?a=b', '/early.js', '/favicon-ok.svg']) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
    expect((await get('/api/status')).headers.get('cache-control') ?? '').not.toContain('immutable');
  });

  it.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['identity', null],
  ])('comes to whoever accepts %s as %s, and is the same', async (accepts, comes) => {
    const { get, entry } = await serve();
    const plain = await get(entry, { 'accept-encoding': 'identity' });
    const answer = await get(entry, { 'accept-encoding': accepts });
    expect(answer.headers.get('content-encoding')).toBe(comes);
    expect(answer.headers.get('content-type')).toMatch(/javascript/);
    expect(answer.headers.get('vary')?.toLowerCase() ?? '').toContain('accept-encoding');
    expect((await answer.text()) === (await plain.text())).toBe(true);
  });

  it('is the page for every address of a page, and nothing else for what is missing', async () => {
    const { get, html } = await serve();
    for (const path of ['/orphans', '/orphans/some-workspace', '/sweeps/x', '/nothing/of/that/name']) {
      const answer = await get(path);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await answer.text()).toBe(html);
      expect((await get(path, {}, 'HEAD')).status).toBe(200);
    }
    for (const path of ['/api', '/api/nothing', '/api/orphans/a/b/c', '/assets/index-of-yesterday.js']) {
      const answer = await get(path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(await answer.json()).toMatchObject({ status: 404, code: 'not_found' });
    }
  });
});
