import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { retain } from '../../server/sweep/retention.ts';
import { startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

/** How many rows of a table may go at once. */
const BATCH = 1_000;

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const retainOnce = () => retain(world.homeDatabase, 'default');

async function count(table: string): Promise<number> {
  const { rows } = await world.home.query<{ count: number }>(`select count(*)::int as count from sweeper.${table}`);
  return rows[0]?.count ?? Number.NaN;
}

/** Sweeps of so many days ago, a second apart, each with so many attempts of the one orphan that there is. */
async function past(options: { sweeps: number; attempts: number; days: number }): Promise<void> {
  await world.home.query(
    `with swept as (
       insert into sweeper.sweeps (tenant, trigger, requested_at, started_at, finished_at, result)
       select 'default', 'interval', at, at, at, 'failed'
       from (select now() - make_interval(days => $3) + make_interval(secs => n) as at
         from generate_series(1, $1::int) as n) as moments
       returning id, started_at)
     insert into sweeper.attempts
       (tenant, sweep_id, orphan_id, workspace_id, instance_id, started_at, finished_at, outcome, request_id, replica)
     select 'default', swept.id, orphans.id, orphans.workspace_id, orphans.instance_id, swept.started_at,
       swept.started_at, 'failed', 'past', 'past'
     from swept, sweeper.orphans, generate_series(1, $2::int)`,
    [options.sweeps, options.attempts, options.days],
  );
}

/** Sweeps that found nothing, one in each minute that ended so many days ago. */
async function quiet(options: { minutes: number; days: number; trigger?: string }): Promise<void> {
  await world.home.query(
    `insert into sweeper.sweeps (tenant, trigger, requested_at, started_at, finished_at, result)
     select 'default', $3::sweeper.trigger, at, at, at, 'nothing_to_do'
     from (select date_trunc('hour', now()) - make_interval(days => $2, mins => n) as at
       from generate_series(1, $1::int) as n) as moments`,
    [options.minutes, options.days, options.trigger ?? 'interval'],
  );
}

describe('what is older than 90 days', () => {
  it('goes, and what is younger stays; orphans stay whatever their age', async () => {
    await world.leak();
    await sweepOnce(world);
    await world.home.query("update sweeper.orphans set first_seen_at = now() - interval '400 days'");
    await past({ sweeps: 2, attempts: 3, days: 91 });
    await past({ sweeps: 2, attempts: 3, days: 89 });
    await world.home.query(
      `insert into sweeper.audit (tenant, at, action) values
         ('default', now() - interval '91 days', 'pause'), ('default', now() - interval '89 days', 'pause');
       insert into sweeper.samples (tenant, at, open, stuck) values
         ('default', now() - interval '91 days', 1, 0), ('default', now() - interval '89 days', 1, 0)`,
    );
    const samples = await count('samples');
    await retainOnce();
    expect({
      sweeps: await count('sweeps'),
      attempts: await count('attempts'),
      audit: await count('audit'),
      samples: samples - (await count('samples')),
      orphans: await count('orphans'),
    }).toEqual({ sweeps: 3, attempts: 7, audit: 1, samples: 1, orphans: 1 });
  });

  it('goes in small batches: a sweep waits until all its attempts have gone', async () => {
    await world.leak();
    await sweepOnce(world);
    await past({ sweeps: 25, attempts: 100, days: 91 });
    const left: [number, number][] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await retainOnce();
      left.push([await count('attempts'), await count('sweeps')]);
    }
    expect(left).toEqual([
      [1_501, 16],
      [501, 6],
      [1, 1],
      [1, 1],
    ]);
  });

  it('goes in small batches: at most a thousand sweeps', async () => {
    await quiet({ minutes: BATCH + 500, days: 91, trigger: 'manual' });
    await retainOnce();
    expect(await count('sweeps')).toBe(500);
    await retainOnce();
    expect(await count('sweeps')).toBe(0);
  });
});

describe('of sweeps that found nothing', () => {
  it('one in ten minutes is kept after three days', async () => {
    await quiet({ minutes: 60, days: 4 });
    await retainOnce();
    expect(await count('sweeps')).toBe(6);
    await retainOnce();
    expect(await count('sweeps')).toBe(6);
  });

  it('all are kept for three days', async () => {
    await quiet({ minutes: 60, days: 2 });
    await retainOnce();
    expect(await count('sweeps')).toBe(60);
  });

  it('those that somebody asked for are kept', async () => {
    await quiet({ minutes: 60, days: 4, trigger: 'manual' });
    await retainOnce();
    expect(await count('sweeps')).toBe(60);
  });
});
