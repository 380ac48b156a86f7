import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { orphans } from '../db/schema.ts';
import { type Act, record } from './audit.ts';
import { endExpired, lockTenant, refuseUntil, type UntilRefusal } from './expiry.ts';
import { liftHolds } from './lift.ts';

/**
 * Takes all orphans of a workspace out of sweeping, those to come included: the hold is written on every row that there
 * is, resolved ones too, and a later orphan copies it. One in force is replaced.
 */
export async function hold(
  home: Database,
  tenant: string,
  act: Act,
  workspaceId: string,
  until: Date,
): Promise<'held' | 'not_found' | UntilRefusal> {
  return home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    const ofWorkspace = eq(orphans.workspaceId, workspaceId);
    await endExpired(tx, tenant, sql`${ofWorkspace}`);
    const refusal = await refuseUntil(tx, until);
    if (refusal !== null) return refusal;
    // The time of the hold that it replaces counts up to here, its own from here.
    await liftHolds(tx, tenant, sql`${ofWorkspace}`, sql`now()`);
    const held = await tx
      .update(orphans)
      .set({
        heldAt: sql`now()`,
        heldBy: act.actor,
        holdVerified: act.verified,
        holdReason: act.reason,
        holdUntil: until,
      })
      .where(and(eq(orphans.tenant, tenant), ofWorkspace))
      .returning({ id: orphans.id });
    if (held.length === 0) return 'not_found';
    await record(tx, tenant, act, 'hold', workspaceId);
    return 'held';
  });
}

/** Gives the orphans of a workspace back to sweeping. */
export async function endHold(
  home: Database,
  tenant: string,
  act: Act,
  workspaceId: string,
): Promise<'ended' | 'none_in_force'> {
  return home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    const ofWorkspace = sql`${orphans.workspaceId} = ${workspaceId}`;
    await endExpired(tx, tenant, ofWorkspace);
    const lifted = await liftHolds(tx, tenant, ofWorkspace, sql`now()`);
    if (lifted.length === 0) return 'none_in_force';
    await record(tx, tenant, act, 'end_hold', workspaceId);
    return 'ended';
  });
}
