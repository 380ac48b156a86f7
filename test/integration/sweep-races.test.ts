import { beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../server/sweep/platform.ts';
import { sweepOnly } from '../support/pasts.ts';
import { type PlatformOfRole, type PlatformWrite, platformOfRole, recordWrites } from '../support/platform-role.ts';
import { CHANGE_NAMES, CHANGES, type Change } from '../support/workspace-changes.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

/** Where, between observe and the end of its attempt, something happens to the row; in the order of a sweep. */
const POINTS = [
  'after observe',
  'after the claim',
  'after the start',
  'after the recheck',
  'during the Stop',
  'before the clear',
  'after the clear',
] as const;
type Point = (typeof POINTS)[number];

/** What a sweep is to have done: the attempt's outcome, whether it called, and what the orphan is then. */
interface Verdict {
  readonly outcome: string;
  readonly called: boolean;
  readonly orphan: { readonly resolution: string | null; readonly why: string; readonly last_outcome: string };
  /** Whether the sweeper wrote the row. */
  readonly wrote: boolean;
}

const notCalled = (resolution: string | null, why = 'removed'): Verdict => ({
  outcome: 'superseded',
  called: false,
  orphan: { resolution, why, last_outcome: 'superseded' },
  wrote: false,
});
const stopped = (wrote: boolean): Verdict => ({
  outcome: 'stopped',
  called: true,
  orphan: { resolution: 'stopped', why: 'removed', last_outcome: 'stopped' },
  wrote,
});
const STOPPED_LIVE: Verdict = {
  outcome: 'stopped_live',
  called: true,
  orphan: { resolution: null, why: 'removed', last_outcome: 'stopped_live' },
  wrote: false,
};

/** Before the recheck has read it; after that and before the clear; after the clear. */
const TABLE: Readonly<Record<Change, readonly [before: Verdict, between: Verdict, after: Verdict]>> = {
  restored: [notCalled('restored'), STOPPED_LIVE, stopped(true)],
  reprovisioned: [notCalled(null, 'replaced'), stopped(false), stopped(true)],
  'reprovisioned and removed': [notCalled(null, 'replaced'), stopped(false), stopped(true)],
  deleted: [notCalled(null, 'row_gone'), stopped(false), stopped(true)],
  're-removed': [stopped(true), stopped(true), stopped(true)],
  cleared: [notCalled('external'), stopped(false), stopped(true)],
  emptied: [notCalled('external'), stopped(false), stopped(true)],
  'restored without an id': [notCalled(null, 'replaced'), stopped(false), stopped(true)],
};

const CASES = POINTS.flatMap((point, i) =>
  CHANGE_NAMES.map((change) => ({ change, point, verdict: TABLE[change][i < 3 ? 0 : i < 6 ? 1 : 2] })),
);

describe('a row that changes while it is being swept', () => {
  let world: World;
  let ours: PlatformOfRole;
  let writesOf: Awaited<ReturnType<typeof recordWrites>>;
  beforeAll(async () => {
    world = await createWorld();
    ours = await platformOfRole(world);
    writesOf = await recordWrites(world);
    return async () => {
      await ours.close();
      await world.close();
    };
  });

  /** `happen` runs once, at that point. */
  function at(point: Point, instanceId: string, happen: () => Promise<void>): SweepOptions {
    const platform = ours.platform;
    if (point === 'during the Stop') world.controlPlane.onStop(instanceId, happen);
    const wrapPlatform = (): Platform => ({
      ...platform,
      async recheck(targets) {
        const answer = await platform.recheck(targets);
        if (point === 'after the recheck') await happen();
        return answer;
      },
      async clear(target) {
        if (point === 'before the clear') await happen();
        return platform.clear(target);
      },
    });
    return {
      wrapPlatform,
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          if (point === 'after observe') await happen();
          const claimed = await store.claim(request);
          if (point === 'after the claim') await happen();
          return claimed;
        },
        async start(orphan) {
          const attemptId = await store.start(orphan);
          if (point === 'after the start') await happen();
          return attemptId;
        },
        async finish(...ending) {
          if (point === 'after the clear') await happen();
          return store.finish(...ending);
        },
      }),
    };
  }

  const rows = CASES.map(({ change, point, verdict }) => [change, point, verdict.outcome, verdict] as const);
  it.each(rows)('%s %s: %s', async (change, point, _, verdict) => {
    const { id, instance_id } = await world.leak();
    const instanceId = instance_id ?? '';
    let happened = 0;
    let afterwards: unknown;
    const happen = async (): Promise<void> => {
      happened += 1;
      await CHANGES[change](world, id);
      afterwards = await world.row(id);
    };
    await sweepOnly(world, id, at(point, instanceId, happen));
    expect(happened).toBe(1);

    const attempts = (await world.attempts()).filter((attempt) => attempt.workspace_id === id);
    expect(attempts).toMatchObject([
      { instance_id: instanceId, outcome: verdict.outcome, finished_at: expect.any(Date) },
    ]);
    const orphan = await world.orphanOf(id, instanceId);
    expect(orphan).toMatchObject({ ...verdict.orphan, attempt_id: null, claimed_by: null });
    expect(orphan.stuck_at !== null).toBe(verdict.orphan.resolution === null);

    const calls = world.controlPlane.calls.filter((call) => call.route === 'stop' && call.instanceId === instanceId);
    expect(calls.map((call) => call.requestId)).toEqual(verdict.called ? attempts.map((attempt) => attempt.id) : []);
    expect(world.controlPlane.instance(instanceId)?.state).toBe(verdict.called ? 'terminated' : 'running');
    const other = world.controlPlane
      .instances()
      .filter((one) => one.workspaceId === id && one.instanceId !== instanceId);
    expect(other.map((one) => one.state)).toEqual(change.startsWith('reprovisioned') ? ['running'] : []);

    const writes = (await writesOf(ours.role)).filter((write) => write.workspace_id === id);
    expect(writes).toEqual(verdict.wrote ? [clearOf(id, instanceId)] : []);
    // What happened last is what stands there: the clear is never the later one except where it is said to be.
    if (!verdict.wrote || point === 'after the clear') expect(await world.row(id)).toEqual(afterwards);
    else expect((await world.row(id))?.instance_id).toBeNull();
  });

  const clearOf = (id: string, instanceId: string): PlatformWrite => ({
    workspace_id: id,
    operation: 'UPDATE',
    old_status: 'removed',
    old_instance: instanceId,
    new_status: 'removed',
    new_instance: null,
  });

  it('has been tried with every change at every point', () => {
    expect(CASES).toHaveLength(56);
  });

  it('in all of that no live row was written, and no id was cleared that no attempt knows', async () => {
    const writes = await writesOf(ours.role);
    const cleared = CASES.filter(({ verdict }) => verdict.wrote).length;
    expect(writes).toHaveLength(cleared);
    const known = new Set((await world.attempts()).map((attempt) => `${attempt.workspace_id} ${attempt.instance_id}`));
    for (const write of writes) {
      expect(write).toMatchObject({ operation: 'UPDATE', old_status: 'removed', new_status: 'removed' });
      expect(known.has(`${write.workspace_id} ${write.old_instance}`)).toBe(true);
    }
  });
});
