import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { Platform } from '../../server/sweep/platform.ts';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import type { SweepStore } from '../../server/sweep/store.ts';
import type { SweepOptions, World } from './world.ts';

/** Long enough for every lease and claim to have expired. */
export const LEASE_OVER_MS = 60_000;

export function platformFailure(message = 'The platform is away.'): PlatformFault {
  return new PlatformFault('failed', message, new Error(message));
}

/** A sweep of this one workspace, whatever its backoff says. */
export function sweepOnly(world: World, workspaceId: string, options: SweepOptions = {}) {
  return world.sweep({ ...options, trigger: 'manual', workspaceIds: [workspaceId] });
}

/** A process that renews nothing, because it is frozen, and does not know it. */
export function frozen(store: SweepStore): SweepStore {
  return { ...store, renew: async () => true };
}

/** What has been tried so far, by a real sweep; the row is as it was. */
const pasts = {
  'never tried': (world) => world.observe(),
  failed: async (world, { id, instance_id }) => {
    world.controlPlane.fail(instance_id ?? '', { kind: 'status', status: 400, times: 1 });
    await sweepOnly(world, id);
  },
  /** The process died after its Stop. */
  interrupted: async (world, { id }) => {
    const died = new Error('the process has died');
    const wrapPlatform = (platform: Platform): Platform => ({ ...platform, clear: () => Promise.reject(died) });
    await sweepOnly(world, id, { wrapStore: frozen, wrapPlatform }).catch((error: unknown) => {
      if (error !== died) throw error;
    });
    await world.timePasses(LEASE_OVER_MS);
    await world.observe();
  },
  clear_failed: async (world, { id }) => {
    const refused = () => Promise.reject(platformFailure());
    const wrapPlatform = (platform: Platform): Platform => ({ ...platform, clear: refused });
    await sweepOnly(world, id, { wrapPlatform });
  },
  /** A Stop was accepted, the id could not be cleared, and the next attempt did not even get that far. */
  'clear_failed, then failed': async (world, row) => {
    await pasts.clear_failed(world, row);
    await pasts.failed(world, row);
  },
  /** The process died after its Stop, and what was tried since tells nothing of it. */
  'interrupted, then failed': async (world, row) => {
    await pasts.interrupted(world, row);
    await pasts.failed(world, row);
  },
  'interrupted, then shared': async (world, row) => {
    await pasts.interrupted(world, row);
    const live = await world.platform.create('dev-8');
    const name = (instanceId: string | null) =>
      world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [live.id, instanceId]);
    await name(row.instance_id);
    await sweepOnly(world, row.id);
    await name(live.instance_id);
  },
} satisfies Record<string, Happen>;

type Happen = (world: World, row: WorkspaceRow) => Promise<void>;
export type Past = keyof typeof pasts;
export const PASTS: Readonly<Record<Past, Happen>> = pasts;
