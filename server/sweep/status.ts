import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { ANSWERED, attempts, orphans, sweeps, tenants } from '../db/schema.ts';
import { SURGE_WINDOW } from './brake.ts';
import { causeColumns, causeKey, hasCause } from './cause.ts';
import { sweepable } from './claim.ts';
import { isSweeping, needsPerson, type RestingState, restingState } from './orphan-state.ts';
import type { OpenState, Outcome } from './outcome.ts';
import { isUncovered } from './release.ts';

/** No sign of life for so many intervals: the sweeper is late. */
export const LATE_AFTER_INTERVALS = 2.5;
const MOST_CAUSES = 20;
/** Enough to see a few different orphans in a row. */
const LAST_ANSWERS = 30;

export interface StatusSettings {
  readonly intervalMs: number;
  readonly graceMs: number;
}

export type StatusRows = Awaited<ReturnType<typeof readStatus>>;

/** What the home database knows about a tenant, in one transaction: the numbers agree because they come together. */
export async function readStatus(home: Database, tenant: string, { intervalMs, graceMs }: StatusSettings) {
  return home.transaction(async (tx) => ({
    tenant: await readTenant(tx, tenant, intervalMs),
    counts: await countByState(tx, tenant),
    inventory: await readInventory(tx, tenant, graceMs),
    surge: await readSurge(tx, tenant),
    unconfirmed: await countUnconfirmed(tx, tenant),
    causes: await readCauses(tx, tenant),
    answers: await readAnswers(tx, tenant),
    lastSweepId: await readLastSweepId(tx, tenant),
  }));
}

/** The tenant's row, with what follows of it by now; null: there is none. */
export async function readTenant(tx: Transaction, tenant: string, intervalMs: number) {
  const lateAfter = sql`make_interval(secs => ${(intervalMs * LATE_AFTER_INTERVALS) / 1000}::double precision)`;
  const [row] = await tx
    .select({
      now: sql<Date>`now()`.mapWith(tenants.aliveAt),
      aliveAt: tenants.aliveAt,
      late: sql<boolean>`coalesce(${tenants.aliveAt}, ${tenants.createdAt}) < now() - ${lateAfter}`,
      leaseValid: sql<boolean>`coalesce(${tenants.leaseUntil} > now(), false)`,
      leaseHolder: tenants.leaseHolder,
      leaseSweepId: tenants.leaseSweepId,
      leaseUntil: tenants.leaseUntil,
      observedAt: tenants.observedAt,
      observeError: tenants.observeError,
      observeFault: tenants.observeFault,
      platformWriteError: tenants.platformWriteError,
      platformWriteFault: tenants.platformWriteFault,
      platformEmpty: tenants.platformEmpty,
      leftAlone: tenants.leftAlone,
      lastSuccessAt: tenants.lastSuccessAt,
      brakeAt: tenants.brakeAt,
      brakeOrphans: tenants.brakeOrphans,
      paused: sql<boolean>`coalesce(${tenants.pauseUntil} > now(), false)`,
      pausedAt: tenants.pausedAt,
      pausedBy: tenants.pausedBy,
      pauseVerified: tenants.pauseVerified,
      pauseReason: tenants.pauseReason,
      pauseUntil: tenants.pauseUntil,
      breakerOpenedAt: tenants.breakerOpenedAt,
      breakerClass: tenants.breakerClass,
      breakerMessage: tenants.breakerMessage,
      breakerRetryAt: tenants.breakerRetryAt,
      positiveControl: tenants.positiveControl,
      positiveControlMessage: tenants.positiveControlMessage,
      positiveControlAt: tenants.positiveControlAt,
      platformFingerprint: tenants.platformFingerprint,
    })
    .from(tenants)
    .where(eq(tenants.tenant, tenant));
  return row ?? null;
}

/** From an index alone, but for the few that are being attempted. */
export async function countByState(tx: Transaction, tenant: string): Promise<Record<OpenState, number>> {
  const open = sql`tenant = ${tenant} and resolved_at is null`;
  const { rows } = await tx.execute<{ state: RestingState; resting: number; sweeping: number }>(sql`
    with swept as (
      select ${restingState(tenant)} as state, count(*)::int as sweeping from ${orphans}
      where ${open} and ${isSweeping} group by 1
    )
    select state, count(*)::int as resting, (select coalesce(sum(sweeping), 0)::int from swept where swept.state = found.state) as sweeping
    from (select ${restingState(tenant)} as state from ${orphans} where ${open}) as found group by 1`);
  const counts: Record<OpenState, number> = { waiting: 0, sweeping: 0, retrying: 0, stuck: 0, held: 0 };
  for (const { state, resting, sweeping } of rows) {
    const moved = state === 'waiting' || state === 'retrying' ? sweeping : 0;
    counts[state] = resting - moved;
    counts.sweeping += moved;
  }
  return counts;
}

async function readInventory(tx: Transaction, tenant: string, graceMs: number) {
  const open = and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt));
  const [oldest] = await tx
    .select({
      workspaceId: orphans.workspaceId,
      workspaceName: orphans.workspaceName,
      instanceId: orphans.instanceId,
      orphanedAt: orphans.orphanedAt,
    })
    .from(orphans)
    .where(open)
    .orderBy(orphans.orphanedAt, orphans.id)
    .limit(1);
  const [recent] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), sql`${orphans.firstSeenAt} > now() - ${SURGE_WINDOW}`));
  const [able] = await tx.select({ count: sql<number>`count(*)::int` }).from(orphans).where(sweepable(tenant, graceMs));
  return { oldest: oldest ?? null, newInTenMinutes: recent?.count ?? 0, sweepable: able?.count ?? 0 };
}

/** Enough to see what kind of workspaces they are. */
const BRAKE_SAMPLE = 5;

/** What the brake is judged by, and what waits behind it while it is latched. */
async function readSurge(tx: Transaction, tenant: string) {
  const uncovered = and(eq(orphans.tenant, tenant), isUncovered(tenant));
  const [recent] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(orphans)
    .where(and(uncovered, sql`${orphans.firstSeenAt} > now() - ${SURGE_WINDOW}`));
  const waiting = and(
    uncovered,
    isNull(orphans.resolvedAt),
    sql`(select brake_at from ${tenants} where tenant = ${tenant}) is not null`,
  );
  const [behind] = await tx
    .select({
      count: sql<number>`count(*)::int`,
      oldest: sql<Date | null>`min(${orphans.orphanedAt})`.mapWith(orphans.orphanedAt),
    })
    .from(orphans)
    .where(waiting);
  const sample = await tx
    .select({
      workspaceId: orphans.workspaceId,
      workspaceName: orphans.workspaceName,
      instanceId: orphans.instanceId,
      orphanedAt: orphans.orphanedAt,
    })
    .from(orphans)
    .where(waiting)
    .orderBy(desc(orphans.firstSeenAt), desc(orphans.orphanedAt), orphans.id)
    .limit(BRAKE_SAMPLE);
  return { newOrphans: recent?.count ?? 0, orphans: behind?.count ?? 0, oldest: behind?.oldest ?? null, sample };
}

/** Stopped within a day, and nobody could say whether it terminated. */
async function countUnconfirmed(tx: Transaction, tenant: string): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(orphans)
    .where(
      and(
        eq(orphans.tenant, tenant),
        eq(orphans.secondLook, 'unconfirmed'),
        sql`${orphans.resolvedAt} > now() - interval '24 hours'`,
      ),
    );
  return row?.count ?? 0;
}

/**
 * Why open orphans are still open: by class and by what the messages have in common. First what needs a person, then
 * the largest.
 */
async function readCauses(tx: Transaction, tenant: string) {
  const count = sql<number>`count(*)::int`;
  const stuck = sql<number>`(count(*) filter (where ${needsPerson(tenant)}))::int`;
  return tx
    .select({
      key: causeKey,
      ...causeColumns,
      count,
      stuck,
      // Since when its row names another instance, or it runs again, is not kept.
      since: sql<Date | null>`
        case when ${causeColumns.why} is null then min(coalesce(${orphans.causeSince}, ${orphans.firstAttemptAt})) end`.mapWith(
        orphans.causeSince,
      ),
    })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), hasCause))
    .groupBy(...Object.values(causeColumns))
    .orderBy(desc(sql`(${stuck} > 0)`), desc(count))
    .limit(MOST_CAUSES);
}

async function readLastSweepId(tx: Transaction, tenant: string): Promise<string | null> {
  const [last] = await tx
    .select({ id: sweeps.id })
    .from(sweeps)
    .where(and(eq(sweeps.tenant, tenant), ne(sweeps.result, 'queued'), sql`${sweeps.finishedAt} is not null`))
    .orderBy(desc(sweeps.requestedAt), desc(sweeps.id))
    .limit(1);
  return last?.id ?? null;
}

/** How the last Stops that were sent ended, newest first. */
async function readAnswers(tx: Transaction, tenant: string) {
  return tx
    .select({
      orphanId: attempts.orphanId,
      outcome: sql<Outcome>`${attempts.outcome}`,
      class: attempts.class,
      fault: attempts.fault,
      message: attempts.message,
      at: attempts.finishedAt,
    })
    .from(attempts)
    .where(and(eq(attempts.tenant, tenant), ANSWERED))
    .orderBy(desc(attempts.startedAt), desc(attempts.id))
    .limit(LAST_ANSWERS);
}
