import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { literals } from '../db/literals.ts';
import { attempts, orphans, sweeps, tenants } from '../db/schema.ts';
import { stopMayHaveArrived } from './conclude.ts';
import type { ProbeTurn } from './decide.ts';
import type { Outcome, Why } from './outcome.ts';

/** An orphan that a sweep has the right to attempt, for as long as its claim is renewed. */
export interface ClaimedOrphan {
  readonly orphanId: string;
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly instanceId: string;
  readonly why: Why;
  readonly failures: number;
  readonly lastOutcome: Outcome | null;
  /** A Stop of it has been accepted (a late answer said so, or its id could not be cleared), or was cut off and may have. */
  readonly mayBeStopped: boolean;
}

export interface ClaimRequest {
  readonly limit: number;
  /** From first seen, for every sweep. */
  readonly graceMs: number;
  /** Only these workspaces; null: all. */
  readonly scope: readonly string[] | null;
  /** A sweep that a person asked for does not wait for the backoff. */
  readonly ignoreBackoff: boolean;
  readonly ttlMs: number;
  /** One orphan, to find out whether the control plane is back; null: those that have waited longest. */
  readonly probe: ProbeTurn | null;
  /** A drain tries each orphan once, and none that was first seen after this; null: no drain. The database's time. */
  readonly drainUntil: string | null;
}

export interface SweepIdentity {
  readonly tenant: string;
  readonly replica: string;
  readonly sweepId: string;
}

const columns = {
  orphanId: orphans.id,
  workspaceId: orphans.workspaceId,
  workspaceName: orphans.workspaceName,
  instanceId: orphans.instanceId,
  why: orphans.why,
  failures: orphans.failures,
  lastOutcome: orphans.lastOutcome,
};

const STOPPABLE = ['removed', 'row_gone', 'reappeared'] as const satisfies readonly Why[];

/** Of all there are, those that a sweep may ever stop. The others wait for a person, or for their row. */
const stoppable = sql`(${orphans.why} in (${literals(STOPPABLE)}) or ${orphans.why} = 'no_row' and ${orphans.noRowConfirmed})
  and ${orphans.lastOutcome} is distinct from 'stopped_live'`;

/** The same of one: whether there will be a next attempt, if nothing else is decided. */
export function isStoppable({
  why,
  lastOutcome,
  noRowConfirmed,
}: {
  readonly why: Why;
  readonly lastOutcome: Outcome | null;
  readonly noRowConfirmed: boolean;
}): boolean {
  const mayEver = STOPPABLE.some((one) => one === why) || (why === 'no_row' && noRowConfirmed);
  return mayEver && lastOutcome !== 'stopped_live';
}

/** Not resolved, not held, past its grace, and ours to stop: what a sweep asked for by hand would attempt, had it no limit. */
export function sweepable(tenant: string, graceMs: number): SQL | undefined {
  return and(
    eq(orphans.tenant, tenant),
    isNull(orphans.resolvedAt),
    sql`${orphans.firstSeenAt} <= now() - ${milliseconds(graceMs)}`,
    sql`coalesce(${orphans.holdUntil} <= now(), true)`,
    stoppable,
  );
}

/**
 * Stopped again before its look, one that had reappeared would never be looked at: each Stop puts the look off. One that
 * is hours late does not come, and keeps nothing waiting.
 */
const lookedAt = sql`coalesce(${orphans.secondLookDueAt} < now() - interval '2 hours', true)`;

/** Sweepable, in scope, its time has come, and not claimed by another sweep. */
export function due(tenant: string, sweepId: string, request: ClaimRequest): SQL | undefined {
  const { ignoreBackoff, scope, graceMs, drainUntil } = request;
  return and(
    sweepable(tenant, graceMs),
    ignoreBackoff ? undefined : sql`${orphans.nextAttemptAt} <= now()`,
    ignoreBackoff || request.probe !== null ? undefined : lookedAt,
    scope === null ? undefined : sql`${orphans.workspaceId} = any(${sql.param([...scope])}::text[])`,
    drainUntil === null ? unclaimed : sql`(${unclaimed} or ${orphans.claimedBy} = ${sweepId})`,
    isNull(orphans.attemptId),
    drainUntil === null ? undefined : undrained(sweepId, drainUntil),
  );
}

const unclaimed = sql`coalesce(${orphans.claimedUntil} <= now(), true)`;

function undrained(sweepId: string, until: string): SQL {
  const began = sql`(select started_at from ${sweeps} where id = ${sweepId})`;
  return sql`${orphans.firstSeenAt} <= ${until}::timestamptz and coalesce(${orphans.lastAttemptAt} < ${began}, true)`;
}

const LONGEST_WAITING = [orphans.nextAttemptAt, orphans.orphanedAt, orphans.id];
const PROBE_ORDERS = {
  newest_untried: [
    sql`${orphans.attempts} > 0`,
    sql`case when ${orphans.attempts} = 0 then ${orphans.firstSeenAt} end desc nulls last`,
    sql`case when ${orphans.attempts} = 0 then ${orphans.orphanedAt} end desc nulls last`,
    sql`random()`,
  ],
  random: [sql`random()`],
} satisfies Readonly<Record<ProbeTurn, readonly SQL[]>>;

/**
 * Never longer than the lease, which was taken a moment before: else whoever takes that over as soon as it has run out
 * finds nothing to claim, and what was left waits for an interval.
 */
function claimedUntil(tenant: string, sweepId: string, ttlMs: number): SQL {
  const lease = sql`select lease_until from ${tenants} where tenant = ${tenant} and lease_sweep_id = ${sweepId}`;
  return sql`least(now() + ${milliseconds(ttlMs)}, (${lease}))`;
}

export async function claim(tx: Transaction, tenant: string, sweepId: string, request: ClaimRequest) {
  const order = request.probe === null ? LONGEST_WAITING : PROBE_ORDERS[request.probe];
  const first = tx.$with('due').as(
    tx
      .select({ id: orphans.id })
      .from(orphans)
      .where(due(tenant, sweepId, request))
      .orderBy(...order)
      .limit(request.limit)
      .for('update', { skipLocked: true }),
  );
  const claimed = tx.$with('claimed').as(
    tx
      .update(orphans)
      .set({ claimedBy: sweepId, claimedUntil: claimedUntil(tenant, sweepId, request.ttlMs) })
      .from(first)
      .where(eq(orphans.id, first.id))
      .returning({ ...columns, nextAttemptAt: orphans.nextAttemptAt, orphanedAt: orphans.orphanedAt }),
  );
  // `returning` promises no order.
  return tx
    .with(first, claimed)
    .select({
      orphanId: claimed.orphanId,
      workspaceId: claimed.workspaceId,
      workspaceName: claimed.workspaceName,
      instanceId: claimed.instanceId,
      why: claimed.why,
      failures: claimed.failures,
      lastOutcome: claimed.lastOutcome,
      mayBeStopped: stopMayHaveArrived('claimed.id'),
    })
    .from(claimed)
    .orderBy(claimed.nextAttemptAt, claimed.orphanedAt, claimed.orphanId);
}

export function attemptOf(orphan: ClaimedOrphan, { tenant, replica, sweepId }: SweepIdentity) {
  const { orphanId, workspaceId, workspaceName, instanceId } = orphan;
  return { tenant, replica, sweepId, orphanId, workspaceId, workspaceName, instanceId };
}

/**
 * Writes the attempts of several orphans by one statement. Their rows are locked in the order of their ids, as everybody
 * does who locks several: in another order two of us would wait for each other.
 *
 * @returns for each its attempt's id; null: refused
 */
export async function start(
  home: Database,
  by: SweepIdentity,
  claimed: readonly ClaimedOrphan[],
  allowed: SQL,
): Promise<(string | null)[]> {
  const { rows } = await home.statement<{ id: string; orphan_id: string }>(sql`
    with ready as (
      select id from ${orphans}
      where id = any(${sql.param(claimed.map(({ orphanId }) => orphanId))}::uuid[])
        and claimed_by = ${by.sweepId} and claimed_until > now()
        and resolved_at is null and attempt_id is null and coalesce(hold_until <= now(), true)
        and ${stoppable} and ${allowed}
      order by id for no key update
    ), started as (
      update ${orphans} set attempt_id = gen_random_uuid(), attempts = attempts + 1,
        first_attempt_at = coalesce(first_attempt_at, now()), last_attempt_at = now()
      from ready where orphans.id = ready.id
      returning orphans.id, tenant, workspace_id, workspace_name, instance_id, attempt_id
    )
    insert into ${attempts}
      (id, tenant, sweep_id, orphan_id, workspace_id, workspace_name, instance_id, request_id, replica)
    select attempt_id, tenant, ${by.sweepId}, id, workspace_id, workspace_name, instance_id, attempt_id::text,
      ${by.replica}
    from started
    returning id, orphan_id`);
  const attemptIds = new Map(rows.map((row) => [row.orphan_id, row.id]));
  return claimed.map(({ orphanId }) => attemptIds.get(orphanId) ?? null);
}
