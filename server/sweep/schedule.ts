import { and, asc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { orphans, sweeps, tenants } from '../db/schema.ts';
import { type Act, record } from './audit.ts';
import { countAttempts } from './counts.ts';
import { endExpired, lockTenant } from './expiry.ts';
import type { Trigger } from './outcome.ts';

/** A sweep that has begun: its row says `running`, the lease is ours. */
export interface Begun {
  readonly kind: 'begun';
  readonly sweepId: string;
  readonly trigger: Trigger;
  readonly scope: readonly string[] | null;
  readonly dryRun: boolean;
  /** Goes on until nothing that is open is left. */
  readonly drain: boolean;
}

export type Tick =
  | Begun
  /** Another replica's boot or interval sweep ended less than an interval ago. */
  | { readonly kind: 'recent' }
  /** The tenant is another platform's. */
  | { readonly kind: 'foreign' }
  /** Somebody holds the lease, for so long unless it is renewed. */
  | { readonly kind: 'taken'; readonly retryMs: number };

/** What a person asked for. */
export interface ManualRequest {
  /** Null: all. An empty list sweeps nothing. */
  readonly workspaceIds: readonly string[] | null;
  /** How many open orphans the person saw in this scope; null: not said. */
  readonly expected: number | null;
  readonly dryRun: boolean;
  /** Not with `dryRun`. */
  readonly drain: boolean;
}

export type Enqueued =
  | { readonly kind: 'queued' | 'joined'; readonly sweepId: string }
  /** Not as many as the person saw: nothing was queued. */
  | { readonly kind: 'mismatch'; readonly open: number }
  /** The brake is latched, and this sweep would not be dry. */
  | { readonly kind: 'brake_latched' };

/** Why it was neither queued nor joined. */
export type NotQueued = Exclude<Enqueued, { readonly kind: 'queued' | 'joined' }>;

export type Cancelled =
  /** It ends before its next Stop, or was never begun; also when that had been asked for before. */
  'cancelled' | 'not_found' | 'finished';

/** Who may sweep, and when: the part of the home database in which replicas agree. */
export interface Schedule {
  /** Makes sure that the tenant has its row. */
  open(): Promise<void>;
  /** Begins a boot or interval sweep if nobody else is sweeping (or, for an interval, just was). A sign of life. */
  tick(trigger: 'boot' | 'interval'): Promise<Tick>;
  /** Begins the longest queued sweep; null when none waits, or somebody is sweeping. Ends those that waited too long. */
  beginQueued(): Promise<Begun | null>;
  /** An equal sweep that is queued or running, which a request would join. */
  findEqual(request: ManualRequest): Promise<string | null>;
  /** Queues a sweep and writes down who asked for it, or joins an equal one, in one transaction. */
  enqueue(request: ManualRequest, act: Act): Promise<Enqueued>;
  /** Ends a queued sweep; has a running one end before its next Stop, whichever replica runs it. */
  cancel(sweepId: string, act: Act): Promise<Cancelled>;
}

export interface ScheduleOptions {
  readonly tenant: string;
  readonly replica: string;
  readonly leaseMs: number;
  readonly intervalMs: number;
  /** Every sweep is dry, also one that another replica queued as a real one. */
  readonly dryRun: boolean;
}

const QUEUE_PATIENCE_MS = 5 * 60_000;

export function createSchedule(home: Database, options: ScheduleOptions): Schedule {
  const { tenant } = options;
  return {
    open: () =>
      home.transaction(async (tx) => {
        await tx.insert(tenants).values({ tenant }).onConflictDoNothing();
      }),

    tick: (trigger) => home.transaction((tx) => tick(tx, options, trigger)),

    beginQueued: () => home.transaction((tx) => beginQueued(tx, options)),

    findEqual: (request) => home.transaction((tx) => findEqual(tx, tenant, request)),

    enqueue: (request, act) => home.transaction((tx) => enqueue(tx, tenant, request, act)),

    cancel: (sweepId, act) => home.transaction((tx) => cancel(tx, tenant, sweepId, act)),
  };
}

async function tick(tx: Transaction, options: ScheduleOptions, trigger: 'boot' | 'interval'): Promise<Tick> {
  const { tenant, replica } = options;
  const [state] = await tx
    .update(tenants)
    .set({ aliveAt: sql`now()` })
    .where(eq(tenants.tenant, tenant))
    .returning({
      recent: sql<boolean>`coalesce(${tenants.sweptBy} <> ${replica}
        and ${tenants.sweptAt} > now() - ${milliseconds(options.intervalMs)}, false)`,
    });
  await endExpired(tx, tenant);
  if (trigger === 'interval' && state?.recent === true) return { kind: 'recent' };
  const [sweep] = await tx
    .insert(sweeps)
    .values({ tenant, trigger, dryRun: options.dryRun, result: 'running', startedAt: sql`now()`, replica })
    .returning({ sweepId: sweeps.id });
  if (sweep === undefined) throw new TypeError('an insert returns its row');
  const retryMs = await takeLease(tx, options, sweep.sweepId);
  if (retryMs !== null) {
    await tx.delete(sweeps).where(eq(sweeps.id, sweep.sweepId));
    return { kind: 'taken', retryMs };
  }
  return { kind: 'begun', sweepId: sweep.sweepId, trigger, scope: null, dryRun: options.dryRun, drain: false };
}

/** Null: taken. Else how long the other's lease is still valid, in milliseconds. A process takes its own at once. */
async function takeLease(tx: Transaction, options: ScheduleOptions, sweepId: string): Promise<number | null> {
  const { tenant, replica } = options;
  const taken = await tx
    .update(tenants)
    .set({ leaseHolder: replica, leaseSweepId: sweepId, leaseUntil: sql`now() + ${milliseconds(options.leaseMs)}` })
    .where(
      and(
        eq(tenants.tenant, tenant),
        sql`(${tenants.leaseUntil} is null or ${tenants.leaseUntil} <= now() or ${tenants.leaseHolder} = ${replica})`,
      ),
    )
    .returning({ tenant: tenants.tenant });
  if (taken.length === 0) {
    const [other] = await tx
      .select({ ms: sql<number>`(extract(epoch from ${tenants.leaseUntil} - now()) * 1000)::float8` })
      .from(tenants)
      .where(eq(tenants.tenant, tenant));
    return Math.max(0, other?.ms ?? 0);
  }
  await endAbandoned(tx, tenant);
  return null;
}

/** `running` counts only while its lease is valid. What its attempts came to is counted from themselves. */
async function endAbandoned(tx: Transaction, tenant: string): Promise<void> {
  await tx
    .update(sweeps)
    .set({
      result: 'interrupted',
      finishedAt: sql`now()`,
      error: 'The process that ran this sweep did not come back before its lease ran out.',
      counts: countAttempts('interrupted'),
    })
    .where(
      and(
        eq(sweeps.tenant, tenant),
        isNull(sweeps.finishedAt),
        eq(sweeps.result, 'running'),
        sql`not exists (select 1 from ${tenants} where ${tenants.leaseSweepId} = ${sweeps.id}
          and ${tenants.leaseUntil} > now())`,
      ),
    );
}

async function beginQueued(tx: Transaction, options: ScheduleOptions): Promise<Begun | null> {
  const { tenant, replica } = options;
  const [queued] = await tx
    .select({ sweepId: sweeps.id, dryRun: sweeps.dryRun, old: tooOld() })
    .from(sweeps)
    .where(and(eq(sweeps.tenant, tenant), isNull(sweeps.finishedAt), eq(sweeps.result, 'queued')))
    .orderBy(asc(sweeps.requestedAt), asc(sweeps.id))
    .limit(1);
  if (queued === undefined) return null;
  if (queued.old) {
    await endForgotten(tx, tenant);
    return null;
  }
  if ((await takeLease(tx, options, queued.sweepId)) !== null) return null;
  const [begun] = await tx
    .update(sweeps)
    .set({ result: 'running', startedAt: sql`now()`, replica, dryRun: queued.dryRun || options.dryRun })
    .where(and(eq(sweeps.id, queued.sweepId), eq(sweeps.result, 'queued')))
    .returning({ sweepId: sweeps.id, scope: sweeps.scope, dryRun: sweeps.dryRun, drain: sweeps.drain });
  // Whoever held the lease before us may have begun (and ended) it since we read it: then there is nothing to run.
  if (begun === undefined) return freeLease(tx, options, queued.sweepId);
  return { kind: 'begun', trigger: 'manual', ...begun };
}

function tooOld(): SQL<boolean> {
  return sql<boolean>`${sweeps.requestedAt} < now() - ${milliseconds(QUEUE_PATIENCE_MS)}`;
}

/** A sweep that a person asked for keeps its row, and the reason why it never began. */
async function endForgotten(tx: Transaction, tenant: string): Promise<void> {
  await tx
    .update(sweeps)
    .set({
      result: 'skipped',
      finishedAt: sql`now()`,
      error: 'Not begun within 5 min: no replica was free to run it. Ask again.',
    })
    .where(and(eq(sweeps.tenant, tenant), eq(sweeps.result, 'queued'), tooOld()));
}

async function freeLease(tx: Transaction, { tenant }: ScheduleOptions, sweepId: string): Promise<null> {
  await tx
    .update(tenants)
    .set({ leaseHolder: null, leaseSweepId: null, leaseUntil: null })
    .where(and(eq(tenants.tenant, tenant), eq(tenants.leaseSweepId, sweepId)));
  return null;
}

async function enqueue(tx: Transaction, tenant: string, request: ManualRequest, act: Act): Promise<Enqueued> {
  // One at a time, or two equal requests would both find nothing to join.
  await lockTenant(tx, tenant);
  await endAbandoned(tx, tenant);
  if (!request.dryRun && (await isBraked(tx, tenant))) return { kind: 'brake_latched' };
  const equal = await findEqual(tx, tenant, request);
  if (equal !== null) return { kind: 'joined', sweepId: equal };
  const open = await countOpen(tx, tenant, request.workspaceIds);
  if (request.expected !== null && request.expected !== open) return { kind: 'mismatch', open };
  const sweepId = await insertQueued(tx, tenant, request, act);
  await record(tx, tenant, act, request.drain ? 'drain' : request.dryRun ? 'dry_run' : 'sweep', sweepId);
  return { kind: 'queued', sweepId };
}

async function isBraked(tx: Transaction, tenant: string): Promise<boolean> {
  const braked = await tx
    .select({ tenant: tenants.tenant })
    .from(tenants)
    .where(and(eq(tenants.tenant, tenant), isNotNull(tenants.brakeAt)));
  return braked.length > 0;
}

async function cancel(tx: Transaction, tenant: string, sweepId: string, act: Act): Promise<Cancelled> {
  // Before the sweep's row, as whoever begins or ends a sweep does.
  await lockTenant(tx, tenant);
  await endAbandoned(tx, tenant);
  const [found] = await tx
    .select({ result: sweeps.result, finishedAt: sweeps.finishedAt, requestedAt: sweeps.cancelRequestedAt })
    .from(sweeps)
    .where(and(eq(sweeps.tenant, tenant), eq(sweeps.id, sweepId)));
  if (found === undefined) return 'not_found';
  if (found.result === 'cancelled') return 'cancelled';
  if (found.finishedAt !== null) return 'finished';
  if (found.requestedAt !== null) return 'cancelled';
  const neverBegun = { result: 'cancelled', finishedAt: sql`now()` } as const;
  await tx
    .update(sweeps)
    .set({
      cancelRequestedAt: sql`now()`,
      cancelRequestedBy: act.actor,
      cancelVerified: act.verified,
      ...(found.result === 'queued' ? neverBegun : {}),
    })
    .where(eq(sweeps.id, sweepId));
  await record(tx, tenant, act, 'cancel', sweepId);
  return 'cancelled';
}

async function findEqual(tx: Transaction, tenant: string, request: ManualRequest): Promise<string | null> {
  const [equal] = await tx
    .select({ id: sweeps.id })
    .from(sweeps)
    .leftJoin(tenants, and(eq(tenants.tenant, sweeps.tenant), eq(tenants.leaseSweepId, sweeps.id)))
    .where(
      and(
        eq(sweeps.tenant, tenant),
        isNull(sweeps.finishedAt),
        eq(sweeps.trigger, 'manual'),
        eq(sweeps.dryRun, request.dryRun),
        eq(sweeps.drain, request.drain),
        sql`${sweeps.scope} is not distinct from ${sql.param(scopeOf(request))}::text[]`,
        sql`(${sweeps.result} = 'queued' and not ${tooOld()} or ${tenants.leaseUntil} > now())`,
      ),
    )
    .orderBy(asc(sweeps.requestedAt))
    .limit(1);
  return equal?.id ?? null;
}

/** Sorted and without doubles, so that equal scopes are equal. */
function scopeOf({ workspaceIds }: ManualRequest): string[] | null {
  return workspaceIds === null ? null : [...new Set(workspaceIds)].sort();
}

async function countOpen(tx: Transaction, tenant: string, workspaceIds: readonly string[] | null): Promise<number> {
  const scope =
    workspaceIds === null ? undefined : sql`${orphans.workspaceId} = any(${sql.param([...workspaceIds])}::text[])`;
  const [row] = await tx
    .select({ open: sql<number>`count(*)::int` })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt), scope));
  return row?.open ?? 0;
}

async function insertQueued(tx: Transaction, tenant: string, request: ManualRequest, act: Act): Promise<string> {
  const { expected, dryRun, drain } = request;
  const [row] = await tx
    .insert(sweeps)
    .values({
      tenant,
      trigger: 'manual',
      result: 'queued',
      scope: scopeOf(request),
      expected,
      dryRun,
      drain,
      requestedBy: act.actor,
      requestVerified: act.verified,
      reason: act.reason,
    })
    .returning({ id: sweeps.id });
  if (row === undefined) throw new TypeError('an insert returns its row');
  return row.id;
}
