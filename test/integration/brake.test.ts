import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pause } from '../../server/sweep/pause.ts';
import { releaseBrake } from '../../server/sweep/release.ts';
import { readStatus } from '../../server/sweep/status.ts';
import { ANNA, audited, minutesFromNow } from '../support/acting.ts';
import { startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, QUICK, type SweepOptions, type World } from '../support/world.ts';

const MINUTE = 60_000;
/** What latched it is no longer new by then: were it let go, it would not latch again. */
const WINDOW_OVER_MS = 11 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** More than this many new ones latch it; the default is a thousand. */
const FEW = { surgeLimit: 10 };
let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

interface BrakeRow {
  readonly latched: boolean;
  readonly orphans: number | null;
}

async function brake(): Promise<BrakeRow> {
  const { rows } = await world.home.query<BrakeRow>(
    'select brake_at is not null as latched, brake_orphans as orphans from sweeper.tenants',
  );
  if (rows[0] === undefined) throw new Error('no tenant');
  return rows[0];
}
/** What the console shows as the number behind the brake. */
const shown = async () => (await readStatus(world.homeDatabase, 'default', QUICK)).surge.orphans;
const release = (seen: number) => releaseBrake(world.homeDatabase, 'default', ANNA, seen);
const open = async () => (await world.orphans()).filter((orphan) => orphan.resolved_at === null);
const latches = async () => (await audited(world)).filter((row) => row.action === 'brake_latched').length;

/** The brake has latched for more orphans than `FEW` allows. */
async function surge(count = 11) {
  const leaked = await world.leakMany(count);
  await world.observe({ settings: FEW });
  expect((await brake()).latched).toBe(true);
  return leaked;
}

const ANYBODY: readonly (readonly [string, SweepOptions])[] = [
  ['boot', { trigger: 'boot' }],
  ['another replica at its start', { trigger: 'boot', replica: 'other' }],
  ['an interval', { trigger: 'interval' }],
];

describe('promise 5: no storms: the brake latches', () => {
  it('for 1,001 new orphans at once, and nothing is stopped; it says so, once', async () => {
    await world.leakMany(1_001);
    const end = await sweepOnce(world);
    expect(end).toMatchObject({ result: 'skipped', counts: {} });
    expect(end.error).toBe('Stopped by the safety brake: too many new orphans at once. A person has to release it.');
    expect([await brake(), stops(world), await world.attempts()]).toEqual([{ latched: true, orphans: 1_001 }, [], []]);
    await sweepOnce(world);
    expect(await audited(world)).toMatchObject([
      { action: 'brake_latched', actor: null, reason: '1001 new orphans within ten minutes' },
    ]);
    expect(await world.sweeps()).toHaveLength(1);
  });

  it('not for 1,000: they are stopped', async () => {
    await world.leakMany(1_000);
    expect(await sweepOnce(world, { settings: { limit: 30 } })).toMatchObject({ counts: { stopped: 30 } });
    expect([(await brake()).latched, (await open()).length]).toEqual([false, 970]);
  });

  it('for those that came one look after another within ten minutes, though the first are stopped by now', async () => {
    for (const [count, latched] of [
      [6, false],
      [4, false],
      [1, true],
    ] as const) {
      await world.leakMany(count);
      await sweepOnce(world, { settings: FEW });
      expect((await brake()).latched).toBe(latched);
      await world.timePasses(MINUTE);
    }
    expect(stops(world)).toHaveLength(10);
  });

  it('not for those that came over a longer time', async () => {
    for (let i = 0; i < 4; i += 1) {
      await world.leakMany(6);
      await sweepOnce(world, { settings: FEW });
      await world.timePasses(10 * MINUTE);
    }
    expect([(await brake()).latched, stops(world).length]).toEqual([false, 24]);
  });

  it('while paused too: the surge is not slept through', async () => {
    await pause(world.homeDatabase, 'default', ANNA, minutesFromNow(60));
    await world.leakMany(11);
    await sweepOnce(world, { settings: FEW });
    expect((await brake()).latched).toBe(true);
    await world.timePasses(2 * 60 * MINUTE);
    expect(await sweepOnce(world, { settings: FEW }), 'the pause is over').toMatchObject({ result: 'skipped' });
    expect(stops(world)).toEqual([]);
  });

  it('while every sweep is dry, and while there is no backend', async () => {
    await world.leakMany(11);
    const settings = { ...FEW, disabledReason: 'There is no backend.' };
    await sweepOnce(world, { settings, backend: null });
    expect((await brake()).latched).toBe(true);
    await world.forget();
    await world.leakMany(11);
    expect(await sweepOnce(world, { settings: FEW, dryRun: true })).toMatchObject({ result: 'skipped', counts: {} });
    expect((await brake()).latched).toBe(true);
  });

  it('at a first installation on a backlog of 5,000; one release, and all of it is swept', async () => {
    await world.leakMany(5_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'skipped', counts: {} });
    expect([await brake(), await shown(), stops(world)]).toEqual([{ latched: true, orphans: 5_000 }, 5_000, []]);
    expect(await release(5_000)).toMatchObject({ kind: 'released', orphans: 5_000 });
    expect(await sweepOnce(world, { settings: { limit: 50 } })).toMatchObject({ counts: { stopped: 50 } });
    expect((await brake()).latched).toBe(false);
  });

  it('for the first one with a limit of 0, and never with "unlimited"', async () => {
    await world.leakMany(1);
    await sweepOnce(world, { settings: { surgeLimit: 0 } });
    expect(await brake()).toEqual({ latched: true, orphans: 1 });
    await world.forget();
    await world.leakMany(1_200);
    await sweepOnce(world, { settings: { surgeLimit: 'unlimited', limit: 5 } });
    expect([(await brake()).latched, stops(world).length]).toEqual([false, 5]);
  });

  it('with a limit of 0 not while there is nothing new', async () => {
    await sweepOnce(world, { settings: { surgeLimit: 0 } });
    expect((await brake()).latched).toBe(false);
  });

  it('not for those that are seen again: reopened, or running still after their Stop', async () => {
    const leaked = await world.leakMany(20);
    await world.observe();
    for (const row of leaked) await world.platform.restore(row.id);
    await world.observe();
    await world.timePasses(11 * MINUTE);
    await world.platformDatabase.query("update workspaces set status = 'removed'");
    await world.observe({ settings: FEW });
    expect([(await open()).length, (await brake()).latched]).toEqual([20, false]);
    for (const row of leaked) world.controlPlane.fail(row.instance_id ?? '', { kind: 'still-running' });
    const settings = { ...FEW, secondLookMs: 1_000, limit: 200 };
    await sweepOnce(world, { settings });
    await world.timePasses(MINUTE);
    await sweepOnce(world, { settings });
    await world.observe({ settings: FEW });
    expect((await open()).map((orphan) => orphan.why)).toEqual(Array(20).fill('reappeared'));
    expect((await brake()).latched).toBe(false);
  });
});

describe('while it is latched', () => {
  it.each(ANYBODY)('nothing is stopped by %s', async (_who, how) => {
    await surge();
    await world.timePasses(WINDOW_OVER_MS);
    expect(await sweepOnce(world, { ...how, settings: FEW })).toMatchObject({ result: 'skipped', counts: {} });
    expect([stops(world), (await open()).length]).toEqual([[], 11]);
  });

  it.each([
    ['a sweep', { drain: false, one: false }],
    ['a sweep of one', { drain: false, one: true }],
    ['a drain', { drain: true, one: false }],
  ])('nothing is stopped by %s that a person asks for, before or after', async (_what, { drain, one }) => {
    const [first] = await world.leakMany(1);
    const workspaceIds = one ? [first?.id ?? ''] : null;
    const asked = { workspaceIds, expected: null, dryRun: false, drain };
    expect(await world.schedule.enqueue(asked, ANNA)).toMatchObject({ kind: 'queued' });
    await surge();
    const queued = await world.schedule.beginQueued();
    if (queued === null) throw new Error('the queued sweep did not begin');
    expect(await world.run(queued, { settings: FEW })).toMatchObject({ result: 'skipped', counts: {} });
    expect(await world.schedule.enqueue(asked, ANNA)).toEqual({ kind: 'brake_latched' });
    expect([stops(world), (await open()).length]).toEqual([[], 12]);
  });

  it('a dry run by hand shows what a release would let go', async () => {
    await surge();
    const end = await sweepOnce(world, { trigger: 'manual', dryRun: true, settings: FEW });
    expect([end.result, end.counts, stops(world)]).toEqual(['dry_run', { would_stop: 11 }, []]);
  });

  it.each([
    ['an interval', {}],
    ['a drain', { trigger: 'manual', drain: true }],
  ] as const)('it takes effect before the next Stop of a sweep that is running: %s', async (_what, how) => {
    const leaked = await world.leakMany(8);
    const third = leaked[2]?.instance_id ?? '';
    world.controlPlane.onStop(third, async () => {
      await world.leakMany(5);
      await world.observe({ settings: FEW });
    });
    const end = await sweepOnce(world, { ...how, settings: { ...FEW, concurrency: 1, limit: 4 } });
    world.controlPlane.onStop(third, null);
    expect(end.counts).toEqual({ stopped: 3 });
    expect(end.error).toMatch(/safety brake/);
    expect(stops(world)).toEqual(leaked.slice(0, 3).map((row) => row.instance_id));
    for (const orphan of await open()) expect(orphan).toMatchObject({ attempts: 0, claimed_by: null });
  });

  it.each([
    ['ten minutes', WINDOW_OVER_MS],
    ['a day', DAY],
    ['a month', 30 * DAY],
  ])('it never lets go by itself, not after %s', async (_what, ms) => {
    await surge();
    await world.timePasses(ms);
    expect(await sweepOnce(world, { settings: FEW })).toMatchObject({ result: 'skipped' });
    expect(await sweepOnce(world, { settings: { surgeLimit: 'unlimited' } })).toMatchObject({ result: 'skipped' });
    expect([(await brake()).latched, stops(world)]).toEqual([true, []]);
  });

  it('nor when its orphans have gone', async () => {
    await surge();
    await world.platformDatabase.query('update workspaces set instance_id = null');
    await world.observe({ settings: FEW });
    await world.timePasses(WINDOW_OVER_MS);
    await world.leakMany(1);
    expect(await sweepOnce(world, { settings: FEW })).toMatchObject({ result: 'skipped' });
    expect([(await brake()).latched, stops(world)]).toEqual([true, []]);
  });

  it('nor by a restart', async () => {
    await surge();
    await world.timePasses(WINDOW_OVER_MS);
    await world.schedule.open();
    expect(await sweepOnce(world, { settings: FEW, replica: 'started again' })).toMatchObject({ result: 'skipped' });
    expect([await brake(), stops(world)]).toEqual([{ latched: true, orphans: 11 }, []]);
  });

  it('more that come do not latch it again: the audit has one, the screen has all', async () => {
    await surge();
    await world.leakMany(20);
    await world.observe({ settings: FEW });
    expect([await latches(), await shown(), (await brake()).orphans]).toEqual([1, 31, 11]);
  });

  it('that an orphan waits for it makes none stuck, however long', async () => {
    await world.leakMany(1);
    world.controlPlane.failAll({ kind: 'status', status: 403 });
    await sweepOnce(world, { settings: FEW });
    await surge();
    await world.timePasses(DAY);
    expect((await readStatus(world.homeDatabase, 'default', QUICK)).counts).toMatchObject({ stuck: 0, retrying: 1 });
  });
});

describe('the release', () => {
  it.each([
    [10, 'released'],
    [9, 'moved'],
    [0, 'moved'],
    [12, 'released'],
  ])('by a person who saw %i of 11 is %s', async (seen, kind) => {
    await surge();
    expect(await release(seen)).toMatchObject({ kind, orphans: 11 });
    expect((await brake()).latched).toBe(kind === 'moved');
  });

  it('with an old number changes nothing and says the new one', async () => {
    await surge(20);
    await world.leakMany(3);
    await world.observe({ settings: FEW });
    const before = await audited(world);
    expect(await release(20)).toEqual({ kind: 'moved', orphans: 23 });
    expect([await brake(), await audited(world)]).toEqual([{ latched: true, orphans: 20 }, before]);
    expect(await sweepOnce(world, { settings: FEW })).toMatchObject({ result: 'skipped' });
    expect(await release(23)).toMatchObject({ kind: 'released', orphans: 23 });
    expect(await sweepOnce(world, { settings: FEW })).toMatchObject({ counts: { stopped: 23 } });
  });

  it('covers exactly those first seen up to then: a second surge latches again', async () => {
    await surge();
    await release(11);
    const later = await world.leakMany(10);
    await world.observe({ settings: FEW });
    expect((await brake()).latched, 'as many as the limit are none').toBe(false);
    later.push(...(await world.leakMany(1)));
    expect(await sweepOnce(world, { settings: FEW })).toMatchObject({ result: 'skipped' });
    expect([await brake(), await shown(), await latches()]).toEqual([{ latched: true, orphans: 11 }, 11, 2]);
    expect(stops(world), 'nor is anything that had been released').toEqual([]);
    expect(await release(11)).toMatchObject({ kind: 'released', orphans: 11 });
    expect(await sweepOnce(world, { settings: FEW })).toMatchObject({ counts: { stopped: 22 } });
    expect(stops(world)).toEqual(expect.arrayContaining(later.map((row) => row.instance_id)));
  });

  it('holds although its orphans are seen again within ten minutes, and after a restart', async () => {
    await surge(15);
    await release(15);
    await world.schedule.open();
    for (let i = 0; i < 3; i += 1) await world.observe({ settings: FEW });
    expect((await brake()).latched).toBe(false);
    expect(await sweepOnce(world, { settings: FEW, replica: 'other' })).toMatchObject({ counts: { stopped: 15 } });
  });

  it('of nothing is nothing', async () => {
    await world.leakMany(3);
    await world.observe({ settings: FEW });
    expect(await release(3)).toEqual({ kind: 'not_latched' });
    expect(await audited(world)).toEqual([]);
  });

  it('lets them go at the next sweep, the oldest first', async () => {
    const leaked = await surge();
    await world.timePasses(DAY);
    await release(11);
    expect(await sweepOnce(world, { settings: { ...FEW, limit: 4 } })).toMatchObject({ counts: { stopped: 4 } });
    expect([...stops(world)].sort()).toEqual(
      leaked
        .slice(0, 4)
        .map((row) => row.instance_id)
        .sort(),
    );
  });
});
