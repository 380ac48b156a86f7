import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { measured, readExposition, type Sample } from '../support/exposition.ts';
import { LOOK_MS, stopMany, stopOne } from '../support/looking.ts';
import { allowClearing, refuseClearing, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world);
  return () => api.close();
});

const scrape = async () => readExposition((await api.call('/metrics')).text);
const sweepMetered = (options: SweepOptions = {}) => sweepOnce(world, { ...options, meter: api.measures.meter });

const counted = (samples: readonly Sample[]) =>
  samples
    .filter(({ name, value }) => name === 'sweeper_attempts_total' && value > 0)
    .map(({ labels, value }) => `${labels['outcome']} ${labels['class']} ${value}`)
    .sort();

/** The same of what was written down. */
async function written(): Promise<string[]> {
  const { rows } = await world.home.query<{ line: string }>(
    `select outcome || ' ' || coalesce(class::text, 'none') || ' ' || count(*) as line
     from sweeper.attempts group by outcome, class order by 1`,
  );
  return rows.map(({ line }) => line).sort();
}

describe('attempts are counted as they are written down', () => {
  it('by outcome and class; how long they took, where a Stop was sent', async () => {
    const leaked = await world.leakMany(10);
    const ids = leaked.map((row) => row.instance_id ?? '');
    const [, gone = '', forbidden = '', busy = '', rejected = '', broken = ''] = ids;
    const [shared = '', kept = '', live = '', restored = ''] = ids.slice(6);
    const answers = [
      [gone, 410],
      [forbidden, 403],
      [busy, 409],
      [rejected, 400],
      [broken, 500],
    ] as const;
    for (const [id, status] of answers) world.controlPlane.fail(id, { kind: 'status', status });
    await world.platformDatabase.query(
      `insert into workspaces (id, name, status, instance_id) values (gen_random_uuid(), 'twin', 'online', $1)`,
      [shared],
    );
    await refuseClearing(world, kept);
    await sweepMetered({
      settings: { concurrency: 1 },
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          const claimed = await store.claim(request);
          await world.platformDatabase.query(`update workspaces set status = 'online' where instance_id = $1`, [
            restored,
          ]);
          return claimed;
        },
      }),
      wrapPlatform: (platform) => ({
        ...platform,
        clear: async (target) => (target.instanceId === live ? 'live' : platform.clear(target)),
      }),
    });
    await allowClearing(world);
    await world.leak();
    await sweepMetered({
      wrapPlatform: (platform) => ({
        ...platform,
        recheck: () => Promise.reject(new PlatformFault('unreachable', 'It is away.', new Error('away'))),
      }),
    });
    const samples = await scrape();
    expect(counted(samples)).toEqual(await written());
    expect(new Set(counted(samples).map((line) => line.split(' ')[0])).size).toBeGreaterThanOrEqual(7);
    const { rows } = await world.home.query<{ sent: number }>(
      'select count(*)::int as sent from sweeper.attempts where called',
    );
    expect(measured(samples, 'sweeper_attempt_duration_seconds_count')).toBe(rows[0]?.sent);
    expect(rows[0]?.sent).toBeLessThan(11 - 2);
    expect(measured(samples, 'sweeper_attempt_duration_seconds_sum')).toBeGreaterThan(0);
  });

  it('one that was told to stop before its Stop was sent, too', async () => {
    await world.leak();
    const told = new AbortController();
    await sweepMetered({
      told: told.signal,
      wrapStore: (store) => ({
        ...store,
        async start(orphan) {
          const id = await store.start(orphan);
          told.abort();
          return id;
        },
      }),
    });
    const samples = await scrape();
    expect(counted(samples)).toEqual(['interrupted none 1']);
    expect(measured(samples, 'sweeper_attempt_duration_seconds_count')).toBe(0);
  });

  it('what a dry run would have stopped, as that', async () => {
    await world.leakMany(3);
    await sweepMetered({ trigger: 'manual', dryRun: true });
    expect(counted(await scrape())).toEqual(['would_stop none 3']);
  });

  it('leaves alone what was deferred: no attempt was made', async () => {
    await world.leakMany(2);
    await sweepMetered({ wrapStore: (store) => ({ ...store, start: async () => null }) });
    expect(counted(await scrape())).toEqual([]);
  });
});

describe('an instance that still runs after its Stop was accepted', () => {
  it('is counted by the look that finds it', async () => {
    const [first, second, third] = await stopMany(world, 3);
    for (const one of [first, second]) world.controlPlane.setState(one?.instance_id ?? '', 'running');
    expect(third).toBeDefined();
    await world.timePasses(LOOK_MS);
    expect(await sweepMetered()).toMatchObject({ looks: 3 });
    expect(measured(await scrape(), 'sweeper_reappeared_total')).toBe(2);
  });

  it('is not counted by a look that comes when another has been there', async () => {
    const one = await stopOne(world);
    world.controlPlane.setState(one.instance_id, 'running');
    await world.timePasses(LOOK_MS);
    await sweepMetered({
      wrapStore: (store) => ({
        ...store,
        async looked(look, sight) {
          await store.looked(look, sight);
          return store.looked(look, sight);
        },
      }),
    });
    expect(measured(await scrape(), 'sweeper_reappeared_total')).toBe(0);
  });
});
