import { expect, inject } from 'vitest';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { DatabaseFailure } from '../../server/db/connect.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { SweepEnd } from '../../server/sweep/store.ts';
import { createFaultyWay, type FaultyWay } from './faulty-way.ts';
import { calls, startAfresh } from './sweeping.ts';
import { createWorld, type SweepOptions, type World } from './world.ts';

/** What a sweep talks to. */
export type Side = 'home' | 'platform' | 'control plane';

/** A world in which each way of the sweeper can be faulty, and one process that lives through it all. */
export interface FaultyWorld {
  readonly world: World;
  readonly ways: Readonly<Record<Side, FaultyWay>>;
  /** Leaked workspaces and a live one; all connections are there already. */
  stage(): Promise<Stage>;
  /** One sweep. Its end; or null when the home database failed it, as it may. */
  sweep(options?: SweepOptions): Promise<SweepEnd | null>;
  close(): Promise<void>;
}

export interface Stage {
  readonly leaked: readonly WorkspaceRow[];
  readonly live: WorkspaceRow;
}

/** So short that what hangs is soon over, and long enough for a machine that is busy. */
const STOP_TIMEOUT_MS = 2_000;
const LEAKED = 3;

export async function createFaultyWorld(): Promise<FaultyWorld> {
  const server = inject('postgresUrl');
  const [home, platform] = [await createFaultyWay(server), await createFaultyWay(server)];
  const world = await createWorld({
    ways: { home: home.over, platform: platform.over },
    // One after another, so that the nth packet is the same in every run.
    settings: { concurrency: 1, stopTimeoutMs: STOP_TIMEOUT_MS },
  });
  const controlPlane = await createFaultyWay(world.controlPlane.url);
  const url = controlPlane.over(world.controlPlane.url);
  const backend = createControlPlane({ url, ...world.credentials, version: '0.0.0' });
  return {
    world,
    ways: { home, platform, 'control plane': controlPlane },
    async stage() {
      await startAfresh(world);
      const live = await world.platform.create('live');
      await world.leak('before');
      await world.sweep({ backend });
      const leaked: WorkspaceRow[] = [];
      for (let n = 0; n < LEAKED; n += 1) leaked.push(await world.leak());
      return { leaked, live };
    },
    async sweep(options) {
      try {
        const swept = await world.sweep({ backend, ...options });
        if (swept === null) throw new Error('the sweep did not begin');
        return swept.end;
      } catch (error) {
        if (error instanceof DatabaseFailure) return null;
        throw error;
      }
    },
    async close() {
      await backend.close();
      await world.close();
      await Promise.all([home.close(), platform.close(), controlPlane.close()]);
    },
  };
}

/** Holds at any moment: every id is in the platform's row, or an attempt knows it and its instance is gone. */
export async function expectNothingLost({ world }: FaultyWorld, { leaked, live }: Stage): Promise<void> {
  const attempts = await world.attempts();
  const rows = new Map((await world.platform.rows()).map((row) => [row.id, row]));
  for (const stop of calls(world).filter((call) => call.route === 'stop')) {
    expect(
      attempts.map(({ id, instance_id }) => [id, instance_id]),
      'every Stop has an attempt',
    ).toContainEqual([stop.requestId, stop.instanceId]);
  }
  for (const { id, instance_id: instanceId } of leaked) {
    const left = rows.get(id)?.instance_id;
    if (left !== null) expect(left).toBe(instanceId);
    else {
      expect(attempts.map((attempt) => attempt.instance_id)).toContain(instanceId);
      expect(world.controlPlane.instance(instanceId ?? '')?.state, 'cleared, so stopped').toBe('terminated');
    }
  }
  expect(rows.get(live.id)).toEqual(live);
  expect(world.controlPlane.instance(live.instance_id ?? '')?.state).toBe('running');
}

const A_MINUTE = 60_000;
/** The backoff of what failed, once more. */
const RECOVERED_WITHIN = 4;

/** The same process sweeps on, an interval later each time; nothing is restarted. */
export async function expectRecovery(faulty: FaultyWorld, stage: Stage): Promise<void> {
  const { world } = faulty;
  const isOpen = async () => (await world.orphans()).some((orphan) => orphan.resolved_at === null);
  for (let sweeps = 0; sweeps === 0 || (sweeps < RECOVERED_WITHIN && (await isOpen())); sweeps += 1) {
    await world.timePasses(A_MINUTE);
    expect(await faulty.sweep(), 'it sweeps again').toMatchObject({ error: null });
  }
  await expectNothingLost(faulty, stage);
  const ids = stage.leaked.map(({ id }) => id);
  const orphans = (await world.orphans()).filter((orphan) => ids.includes(orphan.workspace_id));
  expect(orphans.map((orphan) => orphan.resolution)).toEqual(ids.map(() => 'stopped'));
  expect((await world.platform.rows()).filter((row) => row.instance_id !== null)).toEqual([stage.live]);
  expect((await world.attempts()).filter((attempt) => attempt.finished_at === null)).toEqual([]);
  expect((await world.sweeps()).filter((sweep) => sweep.result === 'running')).toEqual([]);
}
