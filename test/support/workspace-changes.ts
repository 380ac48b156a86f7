import type { World } from './world.ts';

/** What can become of a row that was removed with its id left in it. */
export const CHANGE_NAMES = [
  'restored',
  'reprovisioned',
  'reprovisioned and removed',
  'deleted',
  're-removed',
  'cleared',
  'emptied',
  'restored without an id',
] as const;
export type Change = (typeof CHANGE_NAMES)[number];

/** Behind the sweeper's back, as everybody else does it. */
export const CHANGES: Readonly<Record<Change, (world: World, workspaceId: string) => Promise<void>>> = {
  /** A person takes the removal back. */
  restored: async (world, id) => void (await world.platform.restore(id)),
  /** Online again, with a new instance. */
  reprovisioned: async (world, id) => void (await world.platform.reprovision(id)),
  /** That, and then removed once more: the new instance leaks as well. */
  'reprovisioned and removed': async (world, id) => {
    await world.platform.reprovision(id);
    await set(world, id, `status = 'removed'`);
  },
  deleted: (world, id) => world.platform.destroy(id),
  /** Restored, and removed once more: as if nothing had been. */
  're-removed': async (world, id) => {
    await world.platform.restore(id);
    await set(world, id, `status = 'removed'`);
  },
  /** Somebody else has cleared the id. */
  cleared: (world, id) => set(world, id, 'instance_id = null'),
  emptied: (world, id) => set(world, id, `instance_id = ''`),
  /** Live, but it names no instance. */
  'restored without an id': (world, id) => set(world, id, `status = 'online', instance_id = null`),
};

async function set(world: World, workspaceId: string, what: string): Promise<void> {
  await world.platformDatabase.query(`update ${world.tableName} set ${what}, updated_at = now() where id = $1`, [
    workspaceId,
  ]);
}
