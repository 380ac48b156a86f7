import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world);
  return async () => {
    await letPlatformAnswer(true);
    await api.close();
  };
});

const list = async () => (await api.call<OrphanListAnswer>('/api/orphans')).body;
const status = async () => (await api.call<Status>('/api/status')).body;
const idsOf = ({ items }: OrphanListAnswer) => items.map((item) => item.workspaceId);

/** Makes the inventory so much older. */
/** The look that it comes from was a quick one, however busy this machine is: else it might grow older still. */
async function age(seconds: number, lookMs = 1): Promise<void> {
  await world.home.query(
    `update sweeper.tenants set observed_at = observed_at - make_interval(secs => $1), observe_ms = $2,
       observe_error_at = observe_error_at - make_interval(secs => $1)`,
    [seconds, lookMs],
  );
}

async function letPlatformAnswer(answers: boolean): Promise<void> {
  const name = new URL(world.platformDatabase.url).pathname.slice(1);
  await world.home.query(`alter database ${name} allow_connections ${answers}`);
  if (answers) return;
  await world.home.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
}

describe('an inventory that is older than 2 s', () => {
  it.each([
    ['/api/orphans', async () => (await list()).total],
    ['/api/status', async () => (await status()).counts?.open],
  ])('is observed again before %s answers', async (_url, open) => {
    await world.observe();
    await world.leak();
    await age(2.1);
    expect(await open()).toBe(1);
  });

  it('is observed again before one workspace is shown', async () => {
    await world.observe();
    const leaked = await world.leak();
    await age(2.1);
    expect((await api.call(`/api/orphans/${leaked.id}`)).status).toBe(200);
  });

  it('is observed once for all who wait', async () => {
    await world.observe();
    const leaked = await world.leak();
    await age(60);
    const before = api.looks();
    const release = api.holdPlatform();
    const answers = Promise.all(Array.from({ length: 20 }, list));
    await until(() => api.looks() > before, { what: 'somebody to look' });
    release();
    for (const answer of await answers) expect(idsOf(answer)).toEqual([leaked.id]);
    expect(api.looks() - before).toBe(1);
  });

  it('is observed although nobody has ever looked', async () => {
    const leaked = await world.leak();
    const answer = await list();
    expect(idsOf(answer)).toEqual([leaked.id]);
    expect(answer).toMatchObject({ stale: false, observedAt: expect.any(String) });
  });
});

describe('an inventory that is young enough', () => {
  it('is not observed again', async () => {
    await world.observe();
    await world.home.query(`update sweeper.tenants set observed_at = clock_timestamp() + interval '1 min'`);
    const before = api.looks();
    await Promise.all([list(), status(), list()]);
    expect(api.looks()).toBe(before);
  });

  it('may be 20 times as old as the last look took, where looking is slow', async () => {
    await world.observe();
    const leaked = await world.leak();
    await age(150, 10_000);
    const before = api.looks();
    expect(await list()).toMatchObject({ items: [], stale: false });
    expect(api.looks()).toBe(before);
    await age(60, 10_000);
    expect(idsOf(await list())).toEqual([leaked.id]);
  });
});

describe('promise 9: the console tells the truth: while the platform is away', () => {
  it('the last inventory is kept and called stale, not forgotten; it heals when the platform is back', async () => {
    const leaked = await world.leak();
    await world.observe();
    const { observedAt } = await list();
    await letPlatformAnswer(false);
    await age(5);
    const away = await list();
    expect(idsOf(away)).toEqual([leaked.id]);
    expect(away).toMatchObject({ total: 1, stale: true });
    const told = await status();
    expect(told.platform).toEqual({
      state: 'failing',
      fault: { kind: 'refused', role: 'orphan_sweeper' },
      error: expect.stringMatching(/^The platform's database at .* PLATFORM_DATABASE_URL/),
      since: told.observedAt,
    });
    expect(told).toMatchObject({ counts: { open: 1 }, lastObserve: { error: told.platform.error } });
    expect(Date.parse(told.observedAt ?? '')).toBe(Date.parse(observedAt ?? '') - 5_000);

    await letPlatformAnswer(true);
    await age(5);
    expect(await list()).toMatchObject({ total: 1, stale: false });
    expect((await status()).platform).toEqual({ state: 'answering', error: null, since: null });
  });

  it('it is not asked again by every reader, but once in 2 s', async () => {
    await world.observe();
    await letPlatformAnswer(false);
    await age(5);
    await list();
    const before = api.looks();
    await world.home.query(`update sweeper.tenants set observe_error_at = clock_timestamp() + interval '1 min'`);
    for (let i = 0; i < 5; i++) expect((await list()).stale).toBe(true);
    expect(api.looks()).toBe(before);
    await age(63);
    await list();
    expect(api.looks()).toBe(before + 1);
  });

  it('nothing is claimed that was never seen: no list, no count, no 0', async () => {
    await world.leak();
    await letPlatformAnswer(false);
    expect(await list()).toMatchObject({ items: [], observedAt: null, stale: true });
    expect(await status()).toMatchObject({
      counts: null,
      newInTenMinutes: null,
      causes: null,
      oldest: null,
      observedAt: null,
      platform: { state: 'failing' },
    });
  });

  it('a reader waits less than 4 s for one that says nothing at all, and is told that the answer is stale', async () => {
    const leaked = await world.leak();
    await world.observe();
    await age(2.1);
    const release = api.holdPlatform();
    const askedMs = performance.now();
    const answer = await list();
    expect(performance.now() - askedMs).toBeLessThan(4_000);
    expect(idsOf(answer)).toEqual([leaked.id]);
    expect(answer.stale).toBe(true);
    release();
    await until(async () => (await list()).stale === false, { what: 'the late look to be used' });
  });
});
