import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../server/db/connect.ts';
import { createPlatform } from '../../server/sweep/platform.ts';
import { createRole } from '../support/database.ts';
import { calls, movedMs, snapshot, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

const MINUTE = 60_000;
const BY_HAND: SweepOptions = { trigger: 'manual', dryRun: true };
/** Every sweep of this replica is dry. */
const UNDER_DRY_RUN: SweepOptions = { dryRun: true };

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

describe('a dry run that a person asked for', () => {
  it('shows every one that would be stopped, calls nobody, and moves nothing', async () => {
    const leaked = await world.leakMany(5);
    await world.observe();
    const before = await snapshot(world, 'orphans');
    const rows = await world.platform.rows();
    const end = await sweepOnce(world, BY_HAND);
    expect(end).toMatchObject({ result: 'dry_run', counts: { would_stop: 5 }, deferred: 0, error: null });
    expect(await snapshot(world, 'orphans')).toEqual(before);
    expect(await world.platform.rows()).toEqual(rows);
    expect(calls(world)).toEqual([]);
    expect(await world.sweeps()).toMatchObject([{ result: 'dry_run', dry_run: true, open: 5 }]);
    const shown = (await world.attempts()).map(({ instance_id: id, outcome, finished_at: at }) => [id, outcome, !!at]);
    expect(shown.sort()).toEqual(leaked.map((row) => [row.instance_id, 'would_stop', true]).sort());
  });

  it('asked for twice it shows the same ones twice', async () => {
    const leaked = await world.leakMany(4);
    const settings = { limit: 2 };
    await sweepOnce(world, { ...BY_HAND, settings });
    await sweepOnce(world, { ...BY_HAND, settings });
    const shown = (await world.attempts()).map((attempt) => attempt.instance_id);
    expect(new Set(shown)).toEqual(new Set(leaked.slice(0, 2).map((row) => row.instance_id)));
    expect(shown).toHaveLength(4);
  });

  it('leaves the failures, the backoff and the last error of an orphan alone', async () => {
    const leaked = await world.leak();
    world.controlPlane.fail(leaked.instance_id ?? '', { kind: 'status', status: 403 });
    await sweepOnce(world);
    const before = await snapshot(world, 'orphans');
    expect(await sweepOnce(world, BY_HAND)).toMatchObject({ counts: { would_stop: 1 } });
    expect(await snapshot(world, 'orphans')).toEqual(before);
    expect(stops(world)).toHaveLength(1);
  });

  it('goes as far as the recheck: shared and restored ones are not shown as would_stop', async () => {
    const [shared, restored, plain] = await world.leakMany(3);
    const live = await world.platform.create('dev-7');
    await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [
      live.id,
      shared?.instance_id,
    ]);
    const end = await sweepOnce(world, {
      ...BY_HAND,
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          const claimed = await store.claim(request);
          await world.platform.restore(restored?.id ?? '');
          return claimed;
        },
      }),
    });
    expect(end.counts).toEqual({ shared: 1, superseded: 1, would_stop: 1 });
    expect((await world.attempts()).find((one) => one.outcome === 'would_stop')?.workspace_id).toBe(plain?.id);
    expect(stops(world)).toEqual([]);
  });

  it('is no success and no failure of the control plane, which was not asked', async () => {
    await world.leakMany(5);
    world.controlPlane.failAll({ kind: 'status', status: 500 });
    expect(await sweepOnce(world, BY_HAND)).toMatchObject({ counts: { would_stop: 5 }, deferred: 0, succeeded: false });
  });
});

describe('under SWEEP_DRY_RUN', () => {
  it('every orphan is shown in turn: those shown go behind the others, by one interval', async () => {
    const leaked = await world.leakMany(5);
    const settings = { limit: 2 };
    for (const shown of [2, 2, 1]) {
      expect(await sweepOnce(world, { ...UNDER_DRY_RUN, settings })).toMatchObject({ counts: { would_stop: shown } });
    }
    expect(await sweepOnce(world, { ...UNDER_DRY_RUN, settings })).toMatchObject({ result: 'nothing_to_do' });
    const shown = (await world.attempts()).map((attempt) => attempt.instance_id);
    expect(shown.sort()).toEqual(leaked.map((row) => row.instance_id).sort());
    expect(calls(world)).toEqual([]);
    await world.timePasses(MINUTE);
    expect(await sweepOnce(world, { ...UNDER_DRY_RUN, settings })).toMatchObject({ counts: { would_stop: 2 } });
  });

  it('next_attempt_at moves one interval from the start of the sweep, and nothing else of the orphan changes', async () => {
    const leaked = await world.leak();
    await world.observe();
    const before = await world.orphan(leaked.id);
    await sweepOnce(world, UNDER_DRY_RUN);
    expect(await movedMs(world, leaked.id)).toBeCloseTo(MINUTE, 0);
    const { next_attempt_at: _moved, ...after } = await world.orphan(leaked.id);
    expect(before).toMatchObject(after);
  });

  it('a real sweep that somebody queued is run as a dry one, and says so', async () => {
    await world.leakMany(2);
    await world.observe();
    const before = await snapshot(world, 'orphans');
    const end = await sweepOnce(world, { trigger: 'manual', dryRun: false, dryReplica: true });
    expect(end).toMatchObject({ result: 'dry_run', counts: { would_stop: 2 } });
    expect(await world.sweeps()).toMatchObject([{ trigger: 'manual', result: 'dry_run', dry_run: true }]);
    expect([calls(world), await snapshot(world, 'orphans')]).toEqual([[], before]);
  });

  it('a dry run that somebody queued stays dry on a replica that stops', async () => {
    await world.leakMany(2);
    expect(await sweepOnce(world, { ...BY_HAND, dryReplica: false })).toMatchObject({ counts: { would_stop: 2 } });
    expect(calls(world)).toEqual([]);
  });

  it('what was shown is stopped as soon as sweeps are real again and its turn comes', async () => {
    await world.leakMany(2);
    await sweepOnce(world, UNDER_DRY_RUN);
    await world.timePasses(MINUTE);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 2 } });
  });
});

describe('a role that may read and not clear', () => {
  /** The platform as a role sees it that has only been granted `select`. */
  async function readOnly<T>(run: (options: SweepOptions) => Promise<T>): Promise<T> {
    const role = await createRole();
    await world.platformDatabase.query(`grant select on workspaces to ${role.name}`);
    const onError = (): void => undefined;
    const database = connect(role.url(world.platformDatabase.url), { max: 5, rowSecurityOff: true, onError });
    const platform = createPlatform(database, { schema: 'public', name: 'workspaces' });
    try {
      return await run({ wrapPlatform: () => platform });
    } finally {
      await database.close();
      await role.drop(world.platformDatabase.url);
    }
  }
  const writeError = async () =>
    (await world.home.query<{ e: string | null }>('select platform_write_error as e from sweeper.tenants')).rows[0]?.e;

  it('a dry run still lists all, and says the refusal', async () => {
    await world.leakMany(3);
    const end = await readOnly((options) => sweepOnce(world, { ...BY_HAND, ...options }));
    expect(end).toMatchObject({ result: 'dry_run', counts: { would_stop: 3 } });
    expect(end.error).toContain('grant select, update (instance_id, updated_at) on public.workspaces to');
    expect(await writeError()).toBe(end.error);
  });

  it('a real sweep stops nothing, writes no attempt, and names the grant; with it the next one works', async () => {
    await world.leakMany(3);
    const end = await readOnly((options) => sweepOnce(world, options));
    expect(end).toMatchObject({ result: 'skipped', counts: {}, deferred: 3 });
    expect(end.error).toContain('grant select, update (instance_id, updated_at) on public.workspaces to');
    expect([calls(world), await world.attempts()]).toEqual([[], []]);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 3 } });
    expect(await writeError()).toBeNull();
  });
});
