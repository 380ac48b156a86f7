import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { CrashOrder, CrashPoint } from '../support/crash-order.ts';
import { LEASE_OVER_MS } from '../support/pasts.ts';
import type { Exit } from '../support/process.ts';
import { calls, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, FINGERPRINT, QUICK, type World } from '../support/world.ts';

const CHILD = fileURLToPath(new URL('../support/killed-sweep.ts', import.meta.url));
const MINUTE = 60_000;
/** Longer than any backoff. */
const ALL_DUE_MS = 120 * MINUTE;

/** What one sweep of `stage` calls, and how often. */
const CALLS: Readonly<Record<string, number>> = {
  'schedule.tick': 1,
  'inventory.begin': 1,
  'platform.look': 1,
  'inventory.compare': 1,
  'inventory.apply': 1,
  'store.gate': 1,
  'store.claim': 1,
  'platform.mayClear': 1,
  'platform.liveRows': 1,
  'store.start': 4,
  'platform.recheck': 4,
  'backend.stop': 3,
  'store.renew': 1,
  'platform.clear': 2,
  'store.finish': 4,
  'store.dueLooks': 1,
  // Whether it knows this platform, and whether the one that was stopped earlier is gone.
  'backend.look': 2,
  'store.looked': 1,
  'store.end': 1,
};

const POINTS: readonly CrashPoint[] = Object.entries(CALLS).flatMap(([call, times]) =>
  Array.from({ length: times }, (_, i) => i + 1).flatMap((nth) => [
    { moment: 'before' as const, call, nth },
    { moment: 'after' as const, call, nth },
  ]),
);

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

interface Stage {
  /** Removed, and their instances are still there. */
  readonly leaked: readonly WorkspaceRow[];
  /** Stopped earlier; whether it is gone has to be asked. */
  readonly earlier: WorkspaceRow;
  /** Names the instance of a live workspace, too. */
  readonly shared: WorkspaceRow;
  /** The live one. */
  readonly sharer: WorkspaceRow;
  /** Has nothing to do with all this. */
  readonly neighbour: WorkspaceRow;
}

/** One of each that a sweep treats in its own way. */
async function stage(): Promise<Stage> {
  const earlier = await world.leak('earlier');
  await sweepOnce(world);
  await world.timePasses(QUICK.secondLookMs + MINUTE);
  const neighbour = await world.platform.create('neighbour');
  const sharer = await world.platform.create('sharer');
  const [first, shared, refused, last] = [
    await world.leak('first'),
    await world.leak('shared'),
    await world.leak('refused'),
    await world.leak('last'),
  ];
  world.controlPlane.setState(shared.instance_id ?? '', 'terminated');
  await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [
    shared.id,
    sharer.instance_id,
  ]);
  world.controlPlane.fail(refused.instance_id ?? '', { kind: 'status', status: 500, times: 1 });
  return {
    leaked: [first, refused, last],
    earlier,
    shared: { ...shared, instance_id: sharer.instance_id },
    sharer,
    neighbour,
  };
}

const SESSIONS = 'killed-sweep';

function named(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set('application_name', SESSIONS);
  return parsed.href;
}

/** What a process had sent is carried out although it is dead. */
async function nothingUnderWay(): Promise<void> {
  const sessions = `select 1 from pg_stat_activity where application_name = '${SESSIONS}'`;
  const over = async () =>
    world.controlPlane.stopsInFlight() === 0 && (await world.home.query(sessions, [])).rowCount === 0;
  await until(over, { what: 'what the dead process had sent to be over' });
}

/** One sweep in a process of its own. */
function spawnSweep(crash: CrashPoint | null) {
  const order: CrashOrder = {
    homeUrl: named(world.home.url),
    platformUrl: named(world.platformDatabase.url),
    controlPlane: { url: world.controlPlane.url, ...world.credentials },
    table: world.tableNames,
    fingerprint: FINGERPRINT,
    secondLookMs: QUICK.secondLookMs,
    crash,
  };
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close').then((): Exit => ({ code: child.exitCode, signal: child.signalCode }));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  return {
    kill: () => child.kill('SIGKILL'),
    async ended() {
      const exit = await exited;
      await nothingUnderWay();
      const [lines, errors] = await said;
      return { exit, errors, calls: lines.split('\n').filter((line) => line !== '') };
    },
  };
}

/** Every column of the live rows. */
async function liveRows(): Promise<unknown[]> {
  const live = "select to_jsonb(w) as row from workspaces as w where status <> 'removed' order by id";
  return (await world.platformDatabase.query(live)).rows;
}

/** Holds at any moment, also between a crash and the next sweep. */
async function expectKept({ leaked, shared, sharer, neighbour }: Stage, liveBefore: readonly unknown[]) {
  const attempts = await world.attempts();
  for (const stop of calls(world).filter((call) => call.route === 'stop')) {
    expect(
      attempts.map(({ id, instance_id }) => [id, instance_id]),
      'every Stop has an attempt',
    ).toContainEqual([stop.requestId, stop.instanceId]);
  }
  for (const row of await world.platform.rows()) {
    const before = [...leaked, shared].find((one) => one.id === row.id);
    if (before === undefined) continue;
    if (row.instance_id !== null) expect(row.instance_id, 'no other id is written').toBe(before.instance_id);
    else {
      expect(attempts.map((attempt) => attempt.instance_id)).toContain(before.instance_id);
      expect(world.controlPlane.instance(before.instance_id ?? '')?.state, 'cleared, so stopped').toBe('terminated');
    }
  }
  expect(await liveRows(), 'no live row is written').toEqual(liveBefore);
  for (const { instance_id: instanceId } of [neighbour, sharer]) {
    expect(stops(world), 'nothing live is stopped').not.toContain(instanceId);
    expect(world.controlPlane.instance(instanceId ?? '')?.state).toBe('running');
  }
}

const openOnes = async () => (await world.orphans()).filter((orphan) => orphan.resolved_at === null);

/** Somebody else sweeps, as often as it takes. */
async function recover(staged: Stage): Promise<void> {
  const liveBefore = await liveRows();
  await world.timePasses(LEASE_OVER_MS);
  await sweepOnce(world, { replica: 'survivor' });
  const known = (await world.orphans()).map((orphan) => orphan.workspace_id);
  for (const { id } of [...staged.leaked, staged.shared, staged.earlier]) expect(known, 'forgotten').toContain(id);
  await expectKept(staged, liveBefore);
  // What was cut, and what was refused.
  for (let sweeps = 0; sweeps < 2; sweeps += 1) {
    await world.timePasses(ALL_DUE_MS);
    await sweepOnce(world, { replica: 'survivor' });
  }
  await expectKept(staged, liveBefore);
  expect((await openOnes()).map((orphan) => [orphan.workspace_id, orphan.last_outcome])).toEqual([
    [staged.shared.id, 'shared'],
  ]);
  // Its instance is nobody's any more.
  await world.platform.reprovision(staged.sharer.id);
  await world.timePasses(ALL_DUE_MS);
  await sweepOnce(world, { replica: 'survivor' });
  // The last second looks.
  await world.timePasses(ALL_DUE_MS);
  await sweepOnce(world, { replica: 'survivor' });
}

async function expectHealed({ leaked, shared, sharer, earlier, neighbour }: Stage): Promise<void> {
  const gone = [...leaked, shared, earlier];
  const rows = await world.platform.rows();
  expect(rows.filter((row) => row.instance_id !== null).map((row) => row.id)).toEqual([neighbour.id, sharer.id]);
  const states = gone.map((row) => world.controlPlane.instance(row.instance_id ?? '')?.state);
  expect(states).toEqual(Array(gone.length).fill('terminated'));
  const orphans = await world.orphans();
  expect(orphans.map((orphan) => orphan.workspace_id).sort()).toEqual(gone.map((row) => row.id).sort());
  expect(orphans.map((orphan) => orphan.resolution)).toEqual(Array(gone.length).fill('stopped'));
  expect(orphans.filter((orphan) => orphan.claimed_by !== null || orphan.attempt_id !== null)).toEqual([]);
  expect(orphans.filter((orphan) => orphan.second_look === 'due')).toEqual([]);
  expect(await world.orphan(earlier.id)).toMatchObject({ second_look: 'confirmed' });
  expect((await world.attempts()).filter((attempt) => attempt.finished_at === null)).toEqual([]);
  expect((await world.sweeps()).filter((sweep) => sweep.result === 'running')).toEqual([]);
}

describe('a sweep', () => {
  it('makes these calls, and comes to its end when nothing kills it', async () => {
    const staged = await stage();
    const { exit, errors, calls: made } = await spawnSweep(null).ended();
    expect([exit, errors]).toEqual([{ code: 0, signal: null }, '']);
    const times: Record<string, number> = {};
    for (const call of made) times[call] = (times[call] ?? 0) + 1;
    expect(times).toEqual(CALLS);
    expect(POINTS.length).toBe(2 * made.length);
    expect(made.length).toBeGreaterThanOrEqual(10);
    await recover(staged);
    await expectHealed(staged);
  });
});

describe('a process that is killed', () => {
  it.each(POINTS)('$moment call $nth of $call loses nothing', async (point) => {
    const staged = await stage();
    const liveBefore = await liveRows();
    const { exit, errors, calls: made } = await spawnSweep(point).ended();
    expect([exit, errors]).toEqual([{ code: null, signal: 'SIGKILL' }, '']);
    expect(made.filter((call) => call === point.call)).toHaveLength(point.nth);
    await expectKept(staged, liveBefore);
    await recover(staged);
    await expectHealed(staged);
  });

  it.each([1, 2, 3])('during Stop %i, which takes effect, loses nothing', async (nth) => {
    const staged = await stage();
    const liveBefore = await liveRows();
    const sweeping = spawnSweep(null);
    const { instance_id: instanceId } = staged.leaked[nth - 1] ?? {};
    world.controlPlane.onStop(instanceId ?? '', async () => void sweeping.kill());
    expect((await sweeping.ended()).exit).toEqual({ code: null, signal: 'SIGKILL' });
    expect(stops(world)).toContain(instanceId);
    world.controlPlane.onStop(instanceId ?? '', null);
    await expectKept(staged, liveBefore);
    await recover(staged);
    await expectHealed(staged);
  });
});
