import { and, desc, eq, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { attempts, orphans, sweeps, tenants } from '../db/schema.ts';
import { sweepable } from './claim.ts';
import { orphanState } from './orphan-list.ts';
import type { OpenState, Outcome } from './outcome.ts';

/** No sign of life for so many intervals: the sweeper is late. */
const LATE_AFTER_INTERVALS = 2.5;
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
    causes: await readCauses(tx, tenant),
    answers: await readAnswers(tx, tenant),
    lastSweepId: await readLastSweepId(tx, tenant),
  }));
}

async function readTenant(tx: Transaction, tenant: string, intervalMs: number) {
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
      platformWriteError: tenants.platformWriteError,
      lastSuccessAt: tenants.lastSuccessAt,
    })
    .from(tenants)
    .where(eq(tenants.tenant, tenant));
  return row ?? null;
}

async function countByState(tx: Transaction, tenant: string): Promise<Record<OpenState, number>> {
  const rows = await tx
    .select({ state: sql<OpenState>`${orphanState}`.as('state'), count: sql<number>`count(*)::int` })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt)))
    .groupBy(sql`1`);
  const counts: Record<OpenState, number> = { waiting: 0, sweeping: 0, retrying: 0, stuck: 0, held: 0 };
  for (const { state, count } of rows) counts[state] = count;
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
    .where(and(eq(orphans.tenant, tenant), sql`${orphans.firstSeenAt} > now() - interval '10 minutes'`));
  const [able] = await tx.select({ count: sql<number>`count(*)::int` }).from(orphans).where(sweepable(tenant, graceMs));
  return { oldest: oldest ?? null, newInTenMinutes: recent?.count ?? 0, sweepable: able?.count ?? 0 };
}

/** Why open orphans are still open: by class and by what the messages have in common, the largest first. */
async function readCauses(tx: Transaction, tenant: string) {
  const count = sql<number>`count(*)::int`;
  return tx
    .select({
      class: orphans.lastClass,
      outcome: orphans.lastOutcome,
      pattern: orphans.lastPattern,
      httpStatus: orphans.lastHttpStatus,
      count,
      since: sql<Date>`min(coalesce(${orphans.causeSince}, ${orphans.firstAttemptAt}))`.mapWith(orphans.causeSince),
    })
    .from(orphans)
    .where(
      and(
        eq(orphans.tenant, tenant),
        isNull(orphans.resolvedAt),
        sql`${orphans.lastOutcome} in ('failed', 'clear_failed', 'shared', 'stopped_live', 'interrupted')`,
      ),
    )
    .groupBy(orphans.lastClass, orphans.lastOutcome, orphans.lastPattern, orphans.lastHttpStatus)
    .orderBy(desc(count))
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
    .where(
      and(
        eq(attempts.tenant, tenant),
        or(
          inArray(attempts.outcome, ['stopped', 'already_gone', 'stopped_live', 'clear_failed']),
          // Nothing was sent where the platform could not be asked.
          and(eq(attempts.outcome, 'failed'), ne(attempts.class, 'platform')),
        ),
      ),
    )
    .orderBy(desc(attempts.startedAt), desc(attempts.id))
    .limit(LAST_ANSWERS);
}
