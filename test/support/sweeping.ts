import type { Call } from '../../server/demo/calls.ts';
import type { SweepEnd } from '../../server/sweep/store.ts';
import type { SweepOptions, World } from './world.ts';

/** One sweep that must get the lease. */
export async function sweepOnce(world: World, options?: SweepOptions): Promise<SweepEnd> {
  const swept = await world.sweep(options);
  if (swept === null) throw new Error('the sweep did not begin');
  return swept.end;
}

/** How many calls there were when a world was made afresh. */
const callsBefore = new WeakMap<World, number>();

/** Every call that the control plane got, since the world began or was made afresh. */
export function calls(world: World): readonly Call[] {
  return world.controlPlane.calls.slice(callsBefore.get(world) ?? 0);
}

/** The instances that the control plane was asked to stop, in the order in which the calls came. */
export function stops(world: World): (string | null)[] {
  return calls(world)
    .filter((call) => call.route === 'stop')
    .map((call) => call.instanceId);
}

/** From now on the platform's database will not clear this id, and says so in these words. */
export async function refuseClearing(world: World, instanceId: string, words = 'not on a Sunday'): Promise<void> {
  await world.platformDatabase.query(`
    create or replace function refuse() returns trigger language plpgsql as $$
      begin raise exception '${words}'; end $$;
    create trigger refuse before update on workspaces for each row
      when (old.instance_id = '${instanceId}' and new.instance_id is null) execute function refuse()`);
}

export async function allowClearing(world: World): Promise<void> {
  await world.platformDatabase.query('drop trigger refuse on workspaces');
}

/** Writes down every id that leaves the platform's table, as often as it does. Answers with them, in order. */
export async function recordClearing({ platformDatabase }: World): Promise<() => Promise<string[]>> {
  await platformDatabase.query(`
    create table cleared (instance_id text not null);
    create function record_clearing() returns trigger language plpgsql as $$
      begin insert into cleared values (old.instance_id); return null; end $$;
    create trigger record_clearing after update on workspaces for each row
      when (old.instance_id is distinct from new.instance_id) execute function record_clearing()`);
  return async () => {
    const { rows } = await platformDatabase.query<{ instance_id: string }>('select instance_id from cleared');
    return rows.map((row) => row.instance_id).sort();
  };
}

/** How far the newest sweep has moved the next attempt: milliseconds from its start. */
export async function movedMs(world: World, workspaceId: string): Promise<number> {
  const { rows } = await world.home.query<{ ms: number }>(
    `select (extract(epoch from next_attempt_at - (select max(started_at) from sweeper.sweeps)) * 1000)::float8 as ms
     from sweeper.orphans where workspace_id = $1 and resolved_at is null`,
    [workspaceId],
  );
  if (rows[0] === undefined) throw new Error(`no open orphan of ${workspaceId}`);
  return rows[0].ms;
}

/** Every column of every row of a table of ours, for a comparison of before and after. */
export async function snapshot(world: World, table: 'orphans' | 'attempts' | 'sweeps'): Promise<unknown[]> {
  return (await world.home.query(`select to_jsonb(t) as row from sweeper.${table} as t order by id`)).rows;
}

/** A promise, and the way to keep it: holds back whatever awaits it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Nothing has ever happened: for tests that need no world each. The instances of earlier tests go on running. */
export async function startAfresh(world: World): Promise<void> {
  world.controlPlane.heal();
  callsBefore.set(world, world.controlPlane.calls.length);
  await world.platformDatabase.query('truncate workspaces; drop trigger if exists refuse on workspaces');
  await world.home.query(
    'truncate sweeper.steps, sweeper.orphans, sweeper.attempts, sweeper.sweeps, sweeper.samples, sweeper.tenants, sweeper.audit, sweeper.notifications, sweeper.deliveries',
  );
  await world.schedule.open();
}
