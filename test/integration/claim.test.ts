import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClaimRequest } from '../../server/sweep/claim.ts';
import { createSchedule } from '../../server/sweep/schedule.ts';
import { createSweepStore, type SweepStore } from '../../server/sweep/store.ts';
import { createWorld, type World } from '../support/world.ts';

const REQUEST: ClaimRequest = {
  limit: 100,
  graceMs: 0,
  scope: null,
  ignoreBackoff: false,
  ttlMs: 20_000,
  probe: null,
  drainUntil: null,
};
const INTERVAL_MS = 60_000;

describe('who may attempt what', () => {
  let world: World;
  let store: SweepStore;
  let ids: string[];

  beforeAll(async () => {
    world = await createWorld();
    return () => world.close();
  });
  beforeEach(async () => {
    await world.forget();
    ids = (await world.leakMany(3)).map((row) => row.id);
    await world.observe();
    store = await begin('one');
  });

  const scheduleOf = (replica: string) =>
    createSchedule(world.homeDatabase, {
      tenant: 'default',
      replica,
      leaseMs: 20_000,
      intervalMs: INTERVAL_MS,
      dryRun: false,
    });

  /** Takes the lease for a sweep of this replica. */
  async function begin(replica: string): Promise<SweepStore> {
    const tick = await scheduleOf(replica).tick('boot');
    if (tick.kind !== 'begun') throw new Error(`${replica} did not get the lease: ${tick.kind}`);
    return createSweepStore(
      world.homeDatabase,
      { tenant: 'default', replica, sweepId: tick.sweepId },
      { secondLookMs: 300_000 },
    );
  }

  const change = (set: string) =>
    world.home.query(`update sweeper.orphans set ${set} where workspace_id = $1`, [ids[0]]);
  const claimed = async (request: Partial<ClaimRequest> = {}) =>
    (await store.claim({ ...REQUEST, ...request })).map((orphan) => orphan.workspaceId);

  it('claims all that are due, those that leaked first first', async () => {
    expect(await claimed()).toEqual(ids);
  });

  it('claims for no longer than its lease: whoever takes that over finds all that was left, and at once', async () => {
    const apart = async () => {
      const { rows } = await world.home.query<{ apart: boolean }>(`
        select claimed_until <> lease_until as apart from sweeper.orphans join sweeper.tenants using (tenant)`);
      return rows.map((row) => row.apart);
    };
    // Some time goes by between the two, as it does while a sweep looks at the platform.
    await world.home.query(`update sweeper.tenants set lease_until = lease_until - interval '3 s'`);
    expect(await claimed()).toHaveLength(3);
    expect(await apart()).toEqual([false, false, false]);
    expect(await store.renew(20_000)).toBe(true);
    expect(await apart()).toEqual([false, false, false]);
  });

  it.each([
    ['is resolved', `resolved_at = now(), resolution = 'external'`],
    ['waits for its backoff', `next_attempt_at = now() + interval '1 hour'`],
    ['is claimed by another sweep', `claimed_by = gen_random_uuid(), claimed_until = now() + interval '10 s'`],
    ['is being stopped', `attempt_id = gen_random_uuid(), claimed_until = now() - interval '1 s'`],
    ['is another tenant’s', `tenant = 'other'`],
    ['was replaced', `why = 'replaced'`],
    ['is held', `hold_until = now() + interval '1 minute'`],
    ['was stopped while restored', `last_outcome = 'stopped_live'`],
  ])('leaves alone what %s', async (_what, set) => {
    await change(set);
    expect(await store.anyDue(REQUEST)).toBe(true);
    expect(await claimed()).toEqual(ids.slice(1));
  });

  it.each([
    ['lost its row', `why = 'row_gone'`],
    ['runs on after its Stop', `why = 'reappeared'`],
    ['was held until a moment ago', `hold_until = now() - interval '1 second'`],
  ])('claims what %s', async (_what, set) => {
    await change(set);
    expect(await claimed()).toEqual(ids);
  });

  it('claims again what a dead sweep had claimed', async () => {
    await change(`claimed_by = gen_random_uuid(), claimed_until = now() - interval '1 s'`);
    expect(await claimed()).toEqual(ids);
  });

  it('leaves alone what is within its grace, counted from first seen and for a sweep by hand, too', async () => {
    await world.home.query(`update sweeper.orphans set orphaned_at = now() - interval '1 day'`);
    await change(`first_seen_at = now() - interval '2 minutes'`);
    expect(await claimed({ graceMs: 60_000, ignoreBackoff: true })).toEqual(ids.slice(0, 1));
  });

  it('ignores the backoff when a person asks', async () => {
    await change(`next_attempt_at = now() + interval '1 hour'`);
    expect(await claimed({ ignoreBackoff: true })).toEqual([...ids.slice(1), ids[0]]);
  });

  it('keeps to its scope, and an empty one claims nothing', async () => {
    expect(await claimed({ scope: [] })).toEqual([]);
    expect(await claimed({ scope: [ids[1] ?? '', 'never seen'] })).toEqual([ids[1]]);
  });

  it('claims no more than its limit, and nothing twice', async () => {
    expect(await claimed({ limit: 2 })).toEqual(ids.slice(0, 2));
    expect(await claimed()).toEqual(ids.slice(2));
  });

  it('passes by what another session has locked, without waiting', async () => {
    const other = await world.home.pool.connect();
    try {
      await other.query('begin');
      await other.query('select 1 from sweeper.orphans where workspace_id = $1 for update', [ids[0]]);
      expect(await claimed()).toEqual(ids.slice(1));
    } finally {
      await other.query('rollback');
      other.release();
    }
  });

  it('starts one attempt for an orphan at a time, and ends it once', async () => {
    const [orphan] = await store.claim(REQUEST);
    if (orphan === undefined) throw new Error('nothing was claimed');
    const attemptId = await store.start(orphan);
    expect(attemptId).not.toBeNull();
    expect(await store.start(orphan)).toBeNull();
    const failed = {
      outcome: 'failed',
      class: 'timeout',
      fault: 'orphan',
      httpStatus: null,
      message: 'late',
      called: true,
    } as const;
    const later = {
      resolution: null,
      failures: 1,
      nextAttemptMs: INTERVAL_MS,
      stuck: 'after_a_while',
      look: null,
    } as const;
    const consequence = { kind: 'settled', settlement: later } as const;
    expect(await store.finish(attemptId ?? '', orphan, failed, consequence)).toBe(true);
    const stopped = {
      outcome: 'stopped',
      class: null,
      fault: null,
      httpStatus: 200,
      message: null,
      called: true,
    } as const;
    const gone = { resolution: 'stopped', failures: 0, nextAttemptMs: null, stuck: 'as_it_was', look: 'due' } as const;
    expect(await store.finish(attemptId ?? '', orphan, stopped, { kind: 'settled', settlement: gone })).toBe(false);
    expect(await world.attempts()).toMatchObject([{ outcome: 'failed', late_answer: 'stopped' }]);
    expect((await world.orphan(ids[0] ?? '')).resolved_at).toBeNull();
  });

  it.each([
    ['the claim has run out', `update sweeper.orphans set claimed_until = now() - interval '1 s'`],
    ['the claim is another sweep’s', 'update sweeper.orphans set claimed_by = gen_random_uuid()'],
    ['the lease has run out', `update sweeper.tenants set lease_until = now() - interval '1 s'`],
    ['the lease is another sweep’s', 'update sweeper.tenants set lease_sweep_id = gen_random_uuid()'],
    ['the orphan is resolved', `update sweeper.orphans set resolved_at = now(), resolution = 'external'`],
  ])('starts nothing when %s: no attempt is written', async (_what, statement) => {
    const [orphan] = await store.claim(REQUEST);
    if (orphan === undefined) throw new Error('nothing was claimed');
    await world.home.query(statement);
    expect(await store.start(orphan)).toBeNull();
    expect(await world.attempts()).toEqual([]);
  });

  it('lets nobody else sweep while the lease is valid, and says for how long', async () => {
    const tick = await scheduleOf('two').tick('boot');
    expect(tick.kind).toBe('taken');
    if (tick.kind === 'taken') expect(tick.retryMs).toBeGreaterThan(0);
    expect((await world.sweeps()).map((sweep) => sweep.result)).toEqual(['running']);
  });

  it('lets the next one sweep when the lease has run out, and says that the first was interrupted', async () => {
    await world.home.query(`update sweeper.tenants set lease_until = now() - interval '1 s'`);
    await begin('two');
    expect((await world.sweeps()).map((sweep) => sweep.result).sort()).toEqual(['interrupted', 'running']);
    expect(await store.renew(20_000)).toBe(false);
  });

  it('lets a process take its own lease again at once', async () => {
    await begin('one');
    expect((await world.sweeps()).map((sweep) => sweep.result).sort()).toEqual(['interrupted', 'running']);
  });

  it('renews lease and claims together', async () => {
    await store.claim(REQUEST);
    await world.timePasses(15_000);
    expect(await store.renew(20_000)).toBe(true);
    const { rows } = await world.home.query<{ late: boolean }>(
      `select claimed_until < now() + interval '19 s' as late from sweeper.orphans
       union all select lease_until < now() + interval '19 s' from sweeper.tenants`,
    );
    expect(rows).toEqual([{ late: false }, { late: false }, { late: false }, { late: false }]);
  });

  it('leaves an interval tick to the replica that has just swept; a boot sweep needs only the lease', async () => {
    const quiet = {
      result: 'nothing_to_do',
      counts: {},
      deferred: 0,
      looks: 0,
      error: null,
      succeeded: false,
    } as const;
    await store.end(quiet);
    expect((await scheduleOf('two').tick('interval')).kind).toBe('recent');
    expect(await world.sweeps()).toHaveLength(1);
    await world.timePasses(INTERVAL_MS + 1_000);
    expect((await scheduleOf('two').tick('interval')).kind).toBe('begun');
    await world.timePasses(30_000);
    expect((await scheduleOf('one').tick('boot')).kind).toBe('begun');
  });
});
