import { eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { orphans, tenants } from '../db/schema.ts';
import { ROWS_AT_ONCE } from './batches.ts';
import type { BreakerChange } from './breaker.ts';
import { isExcused, settleExcuse } from './excuse.ts';
import { lockTenant } from './expiry.ts';

/** Writes down what answers have told of the control plane: for every replica, and for the next sweep. */
export async function saveBreaker(home: Database, tenant: string, change: BreakerChange): Promise<void> {
  await home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    if (change.recovered) await lockWaiting(tx, tenant);
    await tx
      .update(tenants)
      .set({ breakerRun: [...change.run], ...(change.open ? opened(change) : CLOSED) })
      .where(eq(tenants.tenant, tenant));
    if (change.recovered) await allDue(tx, tenant);
    await settleExcuse(tx, tenant);
  });
}

/** A probe is about to be sent: the next one tries another orphan. */
export async function countProbe(home: Database, tenant: string): Promise<void> {
  await home.statement(sql`update ${tenants} set breaker_probes = breaker_probes + 1 where tenant = ${tenant}`);
}

/** Until when the control plane has asked to be left alone; null: it has not, or that is over. And the time now. */
export async function restOf(home: Database, tenant: string): Promise<{ now: Date; restUntil: Date | null }> {
  const { rows } = await home.statement<{ now: Date; rest_until: Date | null }>(sql`
    select now() as now, (
      select breaker_retry_at from ${tenants} where tenant = ${tenant} and breaker_retry_at > now()
    ) as rest_until`);
  const [row] = rows;
  if (row === undefined) throw new Error('the database told no time');
  return { now: row.now, restUntil: row.rest_until };
}

const CLOSED = {
  breakerOpenedAt: null,
  breakerClass: null,
  breakerMessage: null,
  breakerRetryAt: null,
  breakerProbes: 0,
} as const;

function opened({ cause }: BreakerChange) {
  return {
    breakerOpenedAt: sql<Date>`coalesce(${tenants.breakerOpenedAt}, now())`,
    ...(cause === null
      ? {}
      : {
          breakerClass: cause.class,
          breakerMessage: cause.message,
          breakerRetryAt: cause.restMs === null ? null : sql<Date>`now() + ${milliseconds(cause.restMs)}`,
        }),
  };
}

/** What has failed of itself waits for its backoff; what waited for the control plane does not wait any more. */
const waitsForControlPlane = sql`${orphans.resolvedAt} is null and ${orphans.lastOutcome} = 'failed'
  and ${orphans.lastFault} = 'control_plane' and ${orphans.nextAttemptAt} > now()`;

/** Those that become due and those whose time is added, together and in the order of their ids, as everybody does. */
async function lockWaiting(tx: Transaction, tenant: string): Promise<void> {
  await tx.execute(sql`
    select from ${orphans} where ${orphans.tenant} = ${tenant} and (${waitsForControlPlane} or ${isExcused(tenant)})
    order by ${orphans.id} for no key update`);
}

async function allDue(tx: Transaction, tenant: string): Promise<void> {
  for (let due = ROWS_AT_ONCE; due === ROWS_AT_ONCE; ) {
    const { rowCount } = await tx.execute(sql`
      update ${orphans} set next_attempt_at = now() where id = any (array(
        select ${orphans.id} from ${orphans} where ${orphans.tenant} = ${tenant} and ${waitsForControlPlane}
        limit ${ROWS_AT_ONCE}))`);
    due = rowCount ?? 0;
  }
}
