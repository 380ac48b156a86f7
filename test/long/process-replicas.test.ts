import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Call } from '../../server/demo/calls.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { createTestDatabase } from '../support/database.ts';
import { findPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { settingsFor, startProgram } from '../support/process.ts';
import {
  change,
  openStops,
  overlaps,
  type Replica,
  type Struck,
  slowStops,
  startReplicas,
  strike,
  sweepNow,
} from '../support/replicas.ts';
import { recordClearing } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { type AttemptRow, createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});

describe('several processes on one home database', () => {
  it('never send two Stops for one orphan, however eager they are', async () => {
    const leaked = await world.leakMany(60);
    // Long enough that a second Stop would overlap the first, and that a sweep is still running at the next tick.
    world.controlPlane.failAll({ kind: 'delay', ms: 150, on: 'stop' });
    const eager = { ...settingsFor(world), SWEEP_INTERVAL_SECONDS: '1', SWEEP_LIMIT: '20' };
    const programs = await Promise.all([startProgram(eager), startProgram(eager)]);
    await Promise.all(programs.map((program) => program.ready()));
    const allCleared = async () => {
      // Each gets its own sweeps asked for by hand, too.
      await Promise.all(
        programs.map((program, i) =>
          program.call('/api/sweeps', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ workspaceIds: leaked.filter((_, n) => n % 2 === i).map((row) => row.id) }),
          }),
        ),
      );
      return (await world.platform.rows()).every((row) => row.instance_id === null);
    };
    await until(allCleared, { what: 'all orphans to be cleared', timeoutMs: 40_000 });

    expect(world.controlPlane.mostStopsAtOnceForOneInstance()).toBe(1);
    const stops = world.controlPlane.calls.filter((call) => call.route === 'stop').map((call) => call.instanceId);
    expect(stops.sort()).toEqual(leaked.map((row) => row.instance_id).sort());
    await until(async () => (await world.attempts()).every((attempt) => attempt.outcome === 'stopped'), {
      what: 'the last attempts to be written',
    });
    expect(await world.attempts()).toHaveLength(60);
    const replicas = programs.map(async (program) => (await program.call<Status>('/api/status')).body.replica);
    expect(new Set(await Promise.all(replicas)).size).toBe(2);
    // One sweep at a time: a lease that was taken from its holder would have left that one's sweep interrupted.
    expect((await world.sweeps()).filter((sweep) => sweep.result === 'interrupted')).toEqual([]);
  });

  it('may start at once on an empty one: none fails, and the schema is made once', async () => {
    const empty = await createTestDatabase();
    const leaked = await world.leak();
    const programs = await Promise.all(
      [1, 2, 3].map(() => startProgram({ ...settingsFor(world), DATABASE_URL: empty.url })),
    );
    await Promise.all(programs.map((program) => program.ready()));
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the orphan to be cleared' });

    const { rows } = await empty.query<{ name: string }>('select name from sweeper.migrations');
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    expect(programs.filter((program) => program.output().includes('The home database was migrated'))).toHaveLength(1);
    expect(programs.filter((program) => program.output().includes('not ready'))).toEqual([]);
    expect(world.controlPlane.calls.filter((call) => call.route === 'stop')).toHaveLength(1);
    for (const program of programs) program.signal('SIGTERM');
    for (const program of programs) expect(await program.exited).toEqual({ code: 0, signal: null });
    await empty.drop();
  });
});

describe('three replicas behind PgBouncer in transaction mode', () => {
  it('lose nothing when one is killed and one frozen in mid-sweep; the frozen one adds what it heard, and goes on', async ({
    skip,
  }) => {
    const bouncer = await startPgBouncer(findPgBouncer(skip));
    const cleared = await recordClearing(world);
    const replicas = await startReplicas(3, settingsBehind(bouncer));

    await pause(replicas);
    const leaked = await world.leakMany(300);
    const stops = slowStops(world, leaked);
    await pressTogether(replicas);
    await expectShared(bouncer);
    const queued = await sweepNow(await idleOf(replicas), leaked.slice(100));
    expect(queued).toMatchObject({ joined: false, result: 'queued' });
    await resume(replicas);

    const midSweep = { ended: 20, inFlight: 5 };
    const killed = await strike(world, replicas, midSweep, (program) => program.signal('SIGKILL'));
    const left = replicas.filter((replica) => replica !== killed.replica);
    await expectToGoOn(killed, left);
    let answer = (): void => undefined;
    const frozen = await strike(world, left, midSweep, (program) => {
      program.signal('SIGSTOP');
      answer = stops.hold();
    });
    const [third, ...nobody] = left.filter((replica) => replica !== frozen.replica);
    if (third === undefined || nobody.length > 0) throw new TypeError('one of three was killed and one frozen');
    await expectToGoOn(frozen, [third]);
    await settled(300);
    expect(await cleared()).toEqual(instanceIds(leaked));

    // It wakes when everything is done, and finds the answers that came meanwhile.
    const before = await world.attempts();
    answer();
    await until(() => openStops(world).length === 0, { what: 'its Stops to be answered' });
    const wokenMs = performance.now();
    frozen.replica.program.signal('SIGCONT');
    const late = async () => lateAnswers(await world.attempts(), frozen);
    await until(async () => !(await late()).includes(null), { ...PATIENCE, what: 'its late answers' });
    expect(await late()).toEqual(frozen.calls.map(() => 'stopped'));
    expect(endings(await world.attempts())).toEqual(endings(before));

    // Two normal replicas: what one is asked for runs after what the other does.
    await pause(left);
    const more = await world.leakMany(200);
    slowStops(world, more);
    const first = await sweepNow(frozen.replica, more.slice(0, 150));
    await until(() => openStops(world).length > 0, { ...PATIENCE, what: 'it to run' });
    const second = await sweepNow(await idleOf(left));
    expect(second).toMatchObject({ joined: false, result: 'queued' });
    await settled(500);
    await resume(left);
    for (const { id } of [first, second]) expect(['cleared', 'partial']).toContain((await sweepOf(id))?.result);

    // And alone, without being asked.
    third.program.signal('SIGTERM');
    expect(await third.program.exited).toEqual({ code: 0, signal: null });
    const last = await world.leakMany(10);
    await settled(510);
    frozen.replica.program.signal('SIGTERM');
    expect(await frozen.replica.program.exited).toEqual({ code: 0, signal: null });

    const attempts = await world.attempts();
    const byFrozen = new Set(requestIds(attempts.filter((one) => one.replica === frozen.replica.name)));
    const itsOldSweep = new Set(requestIds(attempts.filter((one) => one.sweep_id === frozen.sweepId)));
    const { calls } = world.controlPlane;
    // Only with what the frozen one had in flight could another Stop collide, and it did.
    const collisions = overlaps(calls);
    expect(instancesOf(collisions.map(([one]) => one))).toEqual(instancesOf(frozen.calls));
    for (const [one, other] of collisions) {
      expect([byFrozen.has(one.requestId ?? ''), byFrozen.has(other.requestId ?? '')]).toEqual([true, false]);
    }
    expect(calls.filter((call) => call.startedAt > wokenMs && itsOldSweep.has(call.requestId ?? ''))).toEqual([]);

    const all = [...leaked, ...more, ...last];
    expect(await cleared()).toEqual(instanceIds(all));
    expect((await world.orphans()).map((orphan) => orphan.resolution)).toEqual(all.map(() => 'stopped'));
    expect(instanceIds(await world.orphans())).toEqual(instanceIds(all));
    expectAccepted(all, attempts);
    // Every Stop that was sent has its attempt, and only what was struck was interrupted.
    const stopped = calls.filter((call) => call.route === 'stop').map((call) => call.requestId ?? '');
    expect(requestIds(attempts)).toEqual(expect.arrayContaining(stopped));
    const interrupted = (await world.sweeps()).filter((sweep) => sweep.result === 'interrupted');
    expect(interrupted.map((sweep) => sweep.id)).toEqual([killed.sweepId, frozen.sweepId]);
    expect(new Set(attempts.filter((one) => one.outcome === 'interrupted').map((one) => one.sweep_id))).toEqual(
      new Set([killed.sweepId, frozen.sweepId]),
    );
    expect(left.map((replica) => replica.name)).toContain((await sweepOf(queued.id))?.replica);
  }, 600_000);
});

const INTERVAL_MS = 15_000;
/** For what waits for a lease to run out, and then for an interval. */
const PATIENCE = { timeoutMs: 120_000 };

const settingsBehind = (bouncer: PgBouncer) => ({
  ...settingsFor(world),
  DATABASE_URL: bouncer.url(world.home.url),
  PLATFORM_DATABASE_URL: bouncer.url(world.platformDatabase.url),
  SWEEP_INTERVAL_SECONDS: String(INTERVAL_MS / 1_000),
  SWEEP_LIMIT: '300',
  // Lease and claims last ten seconds longer: less than two intervals altogether.
  STOP_TIMEOUT_SECONDS: '3',
});

const instanceIds = (rows: readonly { readonly instance_id: string | null }[]) =>
  rows.map((row) => row.instance_id ?? '').sort();
const instancesOf = (calls: readonly Call[]) => new Set(calls.map((call) => call.instanceId));
const requestIds = (attempts: readonly AttemptRow[]) => attempts.map((attempt) => attempt.request_id);
const endings = (attempts: readonly AttemptRow[]) =>
  attempts.map(({ id, outcome, message, finished_at }) => ({ id, outcome, message, finished_at }));
const sweepOf = async (id: string) => (await world.sweeps()).find((sweep) => sweep.id === id);

/** Until a person resumes it, there is no sweep but what is asked for. */
async function pause([replica]: readonly Replica[]): Promise<void> {
  if (replica === undefined) throw new TypeError('nobody is there');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const { status } = await change(replica, 'PUT', '/api/pause', { reason: 'one by hand first', until });
  expect(status).toBe(200);
}

async function resume([replica]: readonly Replica[]): Promise<void> {
  if (replica === undefined) throw new TypeError('nobody is there');
  expect((await change(replica, 'DELETE', '/api/pause')).status).toBe(200);
}

/** "Sweep now" on all of them at once, and once more on each while it runs: it is one and the same sweep. */
async function pressTogether(replicas: readonly Replica[]): Promise<void> {
  const pressed = await Promise.all(replicas.map((replica) => sweepNow(replica)));
  expect(pressed.filter((sweep) => !sweep.joined)).toHaveLength(1);
  await until(() => openStops(world).length > 0, { ...PATIENCE, what: 'it to run' });
  for (const replica of replicas) {
    const again = await sweepNow(replica);
    expect(again).toMatchObject({ joined: true, result: 'running' });
    pressed.push(again);
  }
  expect(new Set(pressed.map((sweep) => sweep.id)).size).toBe(1);
}

/** One that does not hold the lease, while another does. */
async function idleOf(replicas: readonly Replica[]): Promise<Replica> {
  const holder = (await world.sweeps()).find((sweep) => sweep.result === 'running')?.replica;
  const idle = replicas.find((replica) => replica.name !== holder);
  if (idle === undefined || !replicas.some((replica) => replica.name === holder)) throw new Error('nobody sweeps');
  return idle;
}

/** What transaction mode is for: to both databases there are more connections than sessions. */
async function expectShared(bouncer: PgBouncer): Promise<void> {
  const shared = async () => {
    const pools = (await bouncer.pools()).filter((pool) => pool.clients > pool.sessions);
    return pools.length === 2 ? pools : null;
  };
  const pools = await until(shared, { ...PATIENCE, what: 'sessions to be shared' });
  expect(pools.map((pool) => pool.poolMode)).toEqual(['transaction', 'transaction']);
}

/** One of the others sends a Stop within two intervals of the blow. */
async function expectToGoOn({ atMs }: Struck, others: readonly Replica[]): Promise<void> {
  const names = new Set(others.map((replica) => replica.name));
  const first = async () => {
    const theirs = new Set(requestIds((await world.attempts()).filter((attempt) => names.has(attempt.replica))));
    return world.controlPlane.calls.find((call) => call.startedAt > atMs && theirs.has(call.requestId ?? ''));
  };
  const { startedAt } = await until(first, { ...PATIENCE, what: 'somebody else to go on' });
  expect(startedAt - atMs).toBeLessThan(2 * INTERVAL_MS);
}

/** So many orphans have come, and all of them are done with, in the platform's table and in ours. */
async function settled(count: number): Promise<void> {
  const done = async () => {
    const orphans = await world.orphans();
    const rows = await world.platform.rows();
    const attempts = await world.attempts();
    return (
      rows.every((row) => row.instance_id === null) &&
      orphans.filter((orphan) => orphan.resolved_at !== null).length === count &&
      attempts.every((attempt) => attempt.outcome !== null) &&
      (await world.sweeps()).every((sweep) => sweep.result !== 'running' && sweep.result !== 'queued')
    );
  };
  await until(done, { ...PATIENCE, what: `all ${count} to be done with` });
}

/** Once each; or, where the blow fell between the clearing of the id and its being written down, not known. */
function expectAccepted(rows: readonly WorkspaceRow[], attempts: readonly AttemptRow[]): void {
  for (const { instance_id: id } of rows) {
    const outcomes = attempts.filter((one) => one.instance_id === id).map((one) => one.outcome);
    if (outcomes.includes('stopped')) expect(outcomes.filter((outcome) => outcome === 'stopped')).toHaveLength(1);
    else expect(outcomes).toEqual(['interrupted']);
  }
}

/** What stands beside the outcomes of the Stops that it had in flight. */
function lateAnswers(attempts: readonly AttemptRow[], { calls }: Struck): (string | null)[] {
  const struck = new Set(calls.map((call) => call.requestId));
  return attempts.filter((attempt) => struck.has(attempt.request_id)).map((attempt) => attempt.late_answer);
}
