import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { tenants } from '../db/schema.ts';
import { type Act, record } from './audit.ts';
import { isExcused, settleExcuse } from './excuse.ts';
import { endExpired, lockTenant, refuseUntil, type UntilRefusal } from './expiry.ts';
import { liftPause } from './lift.ts';

/** Stops automatic sweeping until then. A pause in force is replaced. */
export async function pause(home: Database, tenant: string, act: Act, until: Date): Promise<'paused' | UntilRefusal> {
  return home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    await endExpired(tx, tenant);
    const refusal = await refuseUntil(tx, until);
    if (refusal !== null) return refusal;
    await tx
      .update(tenants)
      .set({
        pausedAt: sql`now()`,
        pausedBy: act.actor,
        pauseVerified: act.verified,
        pauseReason: act.reason,
        pauseUntil: until,
      })
      .where(eq(tenants.tenant, tenant));
    await settleExcuse(tx, tenant);
    await record(tx, tenant, act, 'pause', null);
    return 'paused';
  });
}

/** Lets sweeping go on. */
export async function resume(home: Database, tenant: string, act: Act): Promise<'resumed' | 'none_in_force'> {
  return home.transaction(async (tx) => {
    await lockTenant(tx, tenant);
    await endExpired(tx, tenant, isExcused(tenant));
    const paused = await tx
      .select({ tenant: tenants.tenant })
      .from(tenants)
      .where(and(eq(tenants.tenant, tenant), isNotNull(tenants.pauseUntil)));
    if (paused.length === 0) return 'none_in_force';
    await liftPause(tx, tenant, sql`now()`);
    await record(tx, tenant, act, 'resume', null);
    return 'resumed';
  });
}

export type PauseRow = NonNullable<Awaited<ReturnType<typeof readPause>>>;

/** The pause in force; null: none. */
export async function readPause(home: Database, tenant: string) {
  const [row] = await home.transaction((tx) =>
    tx
      .select({
        pausedAt: tenants.pausedAt,
        pausedBy: tenants.pausedBy,
        pauseVerified: tenants.pauseVerified,
        pauseReason: tenants.pauseReason,
        pauseUntil: tenants.pauseUntil,
      })
      .from(tenants)
      .where(and(eq(tenants.tenant, tenant), sql`${tenants.pauseUntil} > now()`)),
  );
  return row ?? null;
}
