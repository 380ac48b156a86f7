import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { orphans, tenants } from '../db/schema.ts';
import { type Act, record } from './audit.ts';
import { brakeMoved } from './decide.ts';
import { isExcused, settleExcuse } from './excuse.ts';
import { endExpired, lockTenant } from './expiry.ts';

export type Release =
  /** So many open orphans are covered: those first seen up to then. */
  | { readonly kind: 'released'; readonly orphans: number; readonly coveredUntil: Date }
  | { readonly kind: 'not_latched' }
  /** More wait than the person has seen: nothing was released. */
  | { readonly kind: 'moved'; readonly orphans: number };

/** The orphans that no release of the brake covers, as a condition on `orphans`. */
export function isUncovered(tenant: string): SQL {
  return sql`${orphans.firstSeenAt} > coalesce(
    (select brake_covered_until from ${tenants} where tenant = ${tenant}), '-infinity')`;
}

/**
 * Releases the brake for the orphans that are there now. The caller has just had the platform looked at.
 *
 * @param seen how many open orphans that no release covers were on the person's screen
 */
export async function releaseBrake(home: Database, tenant: string, act: Act, seen: number): Promise<Release> {
  return home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    await endExpired(tx, tenant, isExcused(tenant));
    const waiting = await countUncovered(tx, tenant);
    if (!(await isLatched(tx, tenant))) return { kind: 'not_latched' };
    if (brakeMoved(seen, waiting)) return { kind: 'moved', orphans: waiting };
    const coveredUntil = await release(tx, tenant, act);
    await settleExcuse(tx, tenant);
    await record(tx, tenant, act, 'release_brake', null);
    return { kind: 'released', orphans: waiting, coveredUntil };
  });
}

async function isLatched(tx: Transaction, tenant: string): Promise<boolean> {
  const [state] = await tx.select({ brakeAt: tenants.brakeAt }).from(tenants).where(eq(tenants.tenant, tenant));
  return state !== undefined && state.brakeAt !== null;
}

async function countUncovered(tx: Transaction, tenant: string): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt), isUncovered(tenant)));
  return row?.count ?? 0;
}

/** Not `now()`, which lies before the lock of the tenant's row was got: looks have been applied meanwhile. */
async function release(tx: Transaction, tenant: string, { actor, reason }: Act): Promise<Date> {
  const [row] = await tx
    .update(tenants)
    .set({
      brakeAt: null,
      brakeReleasedAt: sql`now()`,
      brakeReleasedBy: actor,
      brakeReleaseReason: reason,
      brakeCoveredUntil: sql`clock_timestamp()`,
    })
    .where(eq(tenants.tenant, tenant))
    .returning({ coveredUntil: tenants.brakeCoveredUntil });
  if (row === undefined || row.coveredUntil === null) throw new TypeError('an update returns what it has written');
  return row.coveredUntil;
}
