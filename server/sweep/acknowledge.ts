import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { orphans } from '../db/schema.ts';
import { type Act, record } from './audit.ts';
import { endExpired, lockTenant } from './expiry.ts';

/**
 * A person has looked at what the sweeper must not decide by itself: the orphans of a workspace that was restored while
 * its instance was being stopped, or whose row names another instance. They are resolved.
 */
export async function acknowledge(
  home: Database,
  tenant: string,
  act: Act,
  workspaceId: string,
): Promise<'acknowledged' | 'nothing_to_acknowledge' | 'not_found'> {
  return home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    await endExpired(tx, tenant, sql`${orphans.workspaceId} = ${workspaceId}`);
    const ofWorkspace = and(eq(orphans.tenant, tenant), eq(orphans.workspaceId, workspaceId));
    const acknowledged = await tx
      .update(orphans)
      .set({
        acknowledgedAt: sql`now()`,
        acknowledgedBy: act.actor,
        acknowledgeReason: act.reason,
        resolvedAt: sql`now()`,
        resolution: 'acknowledged',
      })
      .where(
        and(
          ofWorkspace,
          isNull(orphans.resolvedAt),
          or(eq(orphans.lastOutcome, 'stopped_live'), eq(orphans.why, 'replaced')),
        ),
      )
      .returning({ id: orphans.id });
    if (acknowledged.length > 0) {
      await record(tx, tenant, act, 'acknowledge', workspaceId);
      return 'acknowledged';
    }
    const known = await tx.select({ id: orphans.id }).from(orphans).where(ofWorkspace).limit(1);
    return known.length === 0 ? 'not_found' : 'nothing_to_acknowledge';
  });
}
