import type { Backend } from '../../../server/backends/backend.ts';
import { ANNA } from '../acting.ts';
import { hanging } from '../outages.ts';
import { startAfresh } from '../sweeping.ts';
import type { SweepOptions, World } from '../world.ts';
import { createModel, type Model, type ModelRow } from './model.ts';
import { Died, type Life } from './mortal.ts';
import { complaintsAboutSweep, readAfterSweep, type SweepWatch, watchSweep } from './sweep-watch.ts';

/** One sequence of events: the real thing, the model beside it, and what has been found to differ. */
export interface Run {
  readonly world: World;
  readonly model: Model;
  readonly hangs: Set<string>;
  /** Promises that were seen broken, each as a sentence. */
  readonly complaints: string[];
  /** What of the tenant's state was in force when the event began. */
  before: TenantState;
  /** The table that the sequence's own workspaces are in holds at least this one, which lives. */
  readonly anchor: string;
  /** Sweeps that hold the lease now. */
  sweeping: number;
  /** This event makes sweeps overlap by force: then only the lease is no argument. */
  overlaps: boolean;
  /** A look of this event has been applied: what was there when the event began has been seen. */
  looked: boolean;
  /** How each orphan was when the last event was over: its resolution by its id; null: open. */
  readonly known: Map<string, string | null>;
}

export interface TenantState {
  readonly braked: boolean;
  readonly breakerOpen: boolean;
  readonly resting: boolean;
  readonly leaseHolder: string | null;
}

/** So few that several batches are the rule. */
export const SETTINGS = {
  limit: 4,
  concurrency: 3,
  surgeLimit: 8,
  // How much a sweep does must not depend on how quick the machine is.
  deadlineMs: 600_000,
  stopTimeoutMs: 30_000,
} as const;

/** Long enough for every lease and claim to have expired, and never a divisor of a hold: see `HOLD_MS`. */
export const A_MINUTE = 61_000;
export const ELEVEN_MINUTES = 11 * 60_000;
export const HALF_AN_HOUR = 31 * 60_000;
/** No sum of the times that pass lies within a few seconds below it, so that the model need not count those. */
export const HOLD_MS = 30 * 60_000;

export async function startRun(world: World): Promise<Run> {
  // Truncated: rows that are only deleted make everything after them slower.
  await startAfresh(world);
  await world.controlPlane.endOutage();
  const run: Run = {
    world,
    model: createModel(),
    hangs: new Set(),
    complaints: [],
    before: await readTenant(world),
    anchor: '',
    sweeping: 0,
    overlaps: false,
    looked: false,
    known: new Map(),
  };
  return { ...run, anchor: await createWorkspace(run, { removed: false }) };
}

export async function readTenant(world: World): Promise<TenantState> {
  const { rows } = await world.home.query<TenantState>(
    `select brake_at is not null as braked, breaker_opened_at is not null as "breakerOpen",
       coalesce(breaker_retry_at > now(), false) as resting,
       case when lease_until > now() then lease_holder end as "leaseHolder"
     from sweeper.tenants`,
  );
  if (rows[0] === undefined) throw new Error('no tenant');
  return rows[0];
}

const ROW = `id::text as "workspaceId", status = 'removed' as removed, instance_id as "instanceId", xmin::text as version`;

export async function readRows(world: World): Promise<ModelRow[]> {
  return (await world.platformDatabase.query<ModelRow>(`select ${ROW} from workspaces`)).rows;
}

let invented = 0;

/** A workspace with an instance, which runs unless told; or with one that somebody else has. */
export async function createWorkspace(
  run: Run,
  { removed, instanceId, launched = true }: { removed: boolean; instanceId?: string; launched?: boolean },
): Promise<string> {
  const { world, model } = run;
  invented += 1;
  const instance = instanceId ?? `i-prop-${invented}`;
  const { rows } = await world.platformDatabase.query<ModelRow>(
    `insert into workspaces (id, name, status, instance_id) values (gen_random_uuid(), $1, $2, $3) returning ${ROW}`,
    [`ws-${invented}`, removed ? 'removed' : 'online', instance],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returns its row');
  if (instanceId === undefined && launched)
    world.controlPlane.launch({ workspaceId: row.workspaceId, instanceId: instance });
  model.write(row.workspaceId, row);
  return row.workspaceId;
}

/** What the platform does to one of its rows. */
export type Change = 'remove' | 'restore' | 'reprovision' | 'delete' | 'finish';

/**
 * Lets the platform change a row, and the model with it.
 *
 * @param beforeAll nothing of this event has read the row yet
 */
export async function changeRow(run: Run, workspaceId: string, change: Change, beforeAll = false): Promise<void> {
  const { world, model } = run;
  const known = model.rows.get(workspaceId);
  if (known === undefined) throw new Error(`the model has no row ${workspaceId}`);
  const row = await write(run, workspaceId, change);
  const isShared = [...model.rows.values()].some((other) => !other.removed && other.instanceId === known.instanceId);
  if (
    change === 'finish' &&
    !isShared &&
    known.instanceId !== null &&
    world.controlPlane.instance(known.instanceId) !== null
  ) {
    world.controlPlane.setState(known.instanceId, 'terminated');
  }
  // Cleared in this very event, before the platform came: that is judged when the event is over.
  if (row !== null && (change === 'restore' || change === 'remove') && row.instanceId !== known.instanceId) {
    model.write(workspaceId, { ...known, instanceId: null });
  }
  if (beforeAll) model.writeBeforeAll(workspaceId, row);
  else model.write(workspaceId, row);
}

async function write({ world }: Run, workspaceId: string, change: Change): Promise<ModelRow | null> {
  if (change === 'delete') {
    await world.platformDatabase.query('delete from workspaces where id = $1', [workspaceId]);
    return null;
  }
  invented += 1;
  const instanceId = `i-prop-${invented}`;
  if (change === 'reprovision') world.controlPlane.launch({ workspaceId, instanceId });
  const set = {
    remove: `status = 'removed'`,
    restore: `status = 'online'`,
    reprovision: `status = 'online', instance_id = '${instanceId}'`,
    finish: 'instance_id = null',
  }[change];
  const { rows } = await world.platformDatabase.query<ModelRow>(
    `update workspaces set ${set}, updated_at = now() where id = $1 returning ${ROW}`,
    [workspaceId],
  );
  return rows[0] ?? null;
}

export type SweepBy = SweepOptions & {
  /** Of a process that dies in it. */
  readonly life?: Life;
};

/** One sweep of a replica, watched; null: it did not begin. */
export async function sweepBy(run: Run, options: SweepBy = {}): Promise<SweepWatch | null> {
  const { world } = run;
  const watch = watchSweep(run, options);
  const { life, ...asTold } = options;
  // What is answered is known to the model even where the process dies of it.
  const answering = recorded(
    run,
    hanging(world.backend, (instanceId) => run.hangs.has(instanceId)),
  );
  const backend = watch.backend(life?.wrap(answering) ?? answering);
  try {
    const swept = await world.sweep({ ...asTold, backend, wrapStore: watch.store, wrapInventory: watch.inventory });
    if (swept === null) {
      await forgetQueued(run);
      return null;
    }
    watch.ended(swept);
  } catch (error) {
    if (life === undefined || !(error instanceof Died)) throw error;
  } finally {
    watch.left();
  }
  run.complaints.push(...complaintsAboutSweep(run, watch, await readAfterSweep(run, watch)));
  return watch;
}

/** Else the next sweep that is asked for by hand would be this one. */
async function forgetQueued({ world }: Run): Promise<void> {
  const { rows } = await world.home.query<{ id: string }>(`select id from sweeper.sweeps where result = 'queued'`);
  for (const { id } of rows) await world.schedule.cancel(id, ANNA);
}

function recorded({ model }: Run, backend: Backend): Backend {
  return {
    ...backend,
    async stop(target, request) {
      const answer = await backend.stop(target, request);
      if (answer.kind === 'accepted') model.accepted.add(target.instanceId);
      if (answer.kind === 'gone') model.gone.add(target.instanceId);
      return answer;
    },
  };
}
