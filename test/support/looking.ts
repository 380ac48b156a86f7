import { randomUUID } from 'node:crypto';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { calls, sweepOnce } from './sweeping.ts';
import type { OrphanRow, SweepOptions, World } from './world.ts';

/** SECOND_LOOK_SECONDS as it is unless told. */
export const LOOK_MS = 300_000;

/** The instances whose status was asked for, in the order in which the calls came. */
export function asked(world: World): (string | null)[] {
  return calls(world)
    .filter((call) => call.route === 'status')
    .map((call) => call.instanceId);
}

export interface Stopped extends WorkspaceRow {
  readonly instance_id: string;
  /** Its orphan. */
  readonly orphanId: string;
}

/** Workspaces that leaked, and whose Stop a sweep has just had accepted: their second look is to come. */
export async function stopMany(world: World, count: number, options?: SweepOptions): Promise<Stopped[]> {
  const rows = await world.leakMany(count);
  await sweepOnce(world, options);
  return Promise.all(
    rows.map(async (row) => ({
      ...row,
      instance_id: row.instance_id ?? '',
      orphanId: (await world.orphan(row.id)).id,
    })),
  );
}

export async function stopOne(world: World): Promise<Stopped> {
  const [one] = await stopMany(world, 1);
  if (one === undefined) throw new Error('nothing was stopped');
  return one;
}

/** Stopped, and still running at the second look: open again. */
export async function reappear(world: World): Promise<Stopped> {
  const one = await stopOne(world);
  world.controlPlane.setState(one.instance_id, 'running');
  await world.timePasses(LOOK_MS);
  await sweepOnce(world);
  return one;
}

/** That, and stopped again: open, and its look is to come. */
export async function reappearAndStop(world: World): Promise<Stopped> {
  const one = await reappear(world);
  await world.timePasses(60_000);
  await sweepOnce(world);
  return one;
}

/** An orphan with what its second look is made from. */
export interface LookedRow extends OrphanRow {
  readonly second_looks: number;
  readonly second_look_due_at: Date | null;
  readonly stopped_at: Date | null;
}

export async function looked(world: World, orphanId: string): Promise<LookedRow> {
  const { rows } = await world.home.query<LookedRow>('select * from sweeper.orphans where id = $1', [orphanId]);
  if (rows[0] === undefined) throw new Error(`no orphan ${orphanId}`);
  return rows[0];
}

/** In how many milliseconds the next look is due, by the database's clock; null: none is. */
export async function lookInMs(world: World, orphanId: string): Promise<number | null> {
  const { rows } = await world.home.query<{ ms: number | null }>(
    `select (extract(epoch from second_look_due_at - now()) * 1000)::float8 as ms from sweeper.orphans where id = $1`,
    [orphanId],
  );
  return rows[0]?.ms ?? null;
}

/** Live workspaces whose instances this control plane has never heard of, the most recently updated first. */
export async function strangers(world: World, count: number): Promise<{ id: string; instanceId: string }[]> {
  const made = [];
  for (let n = 0; n < count; n++) {
    const [id, instanceId] = [randomUUID(), `i-stranger-${randomUUID()}`];
    await world.platformDatabase.query(
      `insert into workspaces (id, name, status, instance_id, updated_at)
       values ($1, 'stranger', 'online', $2, now() - make_interval(mins => $3))`,
      [id, instanceId, n],
    );
    made.push({ id, instanceId });
  }
  return made;
}
