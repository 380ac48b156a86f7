import { and, eq, isNotNull, type SQL } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { orphans, tenants } from '../db/schema.ts';
import { addHoldTime, settleExcuse } from './excuse.ts';

/** A workspace whose hold has ended. */
export interface Lifted {
  readonly workspaceId: string;
  readonly reason: string | null;
}

/**
 * Takes holds away; their time does not count towards `stuck`. The caller holds the locks of the tenant's row and of
 * these orphans.
 *
 * @param which the rows, as a condition on `orphans`
 * @param endedAt an expression over `orphans`
 * @returns each workspace once
 */
export async function liftHolds(tx: Transaction, tenant: string, which: SQL, endedAt: SQL): Promise<Lifted[]> {
  await addHoldTime(tx, tenant, which, endedAt);
  const before = tx
    .select({ id: orphans.id, reason: orphans.holdReason })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNotNull(orphans.holdUntil), which))
    .as('before');
  const rows = await tx
    .update(orphans)
    .set({ heldAt: null, heldBy: null, holdVerified: false, holdReason: null, holdUntil: null })
    .from(before)
    .where(eq(orphans.id, before.id))
    .returning({ workspaceId: orphans.workspaceId, reason: before.reason });
  return [...new Map(rows.map((row) => [row.workspaceId, row])).values()];
}

/** Takes the pause away; its time does not count towards `stuck`. The caller has locked the tenant's row. */
export async function liftPause(tx: Transaction, tenant: string, endedAt: SQL): Promise<void> {
  await tx
    .update(tenants)
    .set({ pausedAt: null, pausedBy: null, pauseVerified: false, pauseReason: null, pauseUntil: null })
    .where(eq(tenants.tenant, tenant));
  await settleExcuse(tx, tenant, endedAt);
}
