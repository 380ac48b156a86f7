import { eq, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { orphans, tenants } from '../db/schema.ts';
import { BY_ITSELF, record } from './audit.ts';
import { brakeLatches } from './decide.ts';
import { settleExcuse } from './excuse.ts';

/** In which so many new orphans are too many. */
export const SURGE_WINDOW = sql.raw(`interval '10 minutes'`);

export interface BrakeBy {
  readonly surgeLimit: number | 'unlimited';
  /** The platform's table holds no row at all, and containers without a row would be stopped: one is too many. */
  readonly emptyLatches: boolean;
}

/**
 * Latches the brake when more orphans were inserted in ten minutes than the limit allows; it never lets go by itself. The
 * caller holds the lock of the tenant's row.
 */
export async function judgeBrake(tx: Transaction, tenant: string, by: BrakeBy): Promise<void> {
  const { rows } = await tx.execute<{ latched: boolean; inserted: number; unknown: number }>(sql`
    select brake_at is not null as latched, (
      select count(*)::int from ${orphans}
      where orphans.tenant = ${tenant} and first_seen_at > now() - ${SURGE_WINDOW}
        and first_seen_at > coalesce(brake_covered_until, '-infinity')
    ) as inserted, (
      select count(*)::int from ${orphans}
      where orphans.tenant = ${tenant} and resolved_at is null and why = 'no_row' and ${by.emptyLatches}
        and first_seen_at > coalesce(brake_covered_until, '-infinity')
    ) as unknown
    from ${tenants} where tenants.tenant = ${tenant}`);
  const [state] = rows;
  if (state === undefined || state.latched) return;
  const surges = brakeLatches(state.inserted, by.surgeLimit);
  if (!surges && state.unknown === 0) return;
  const latchedBy = surges ? state.inserted : state.unknown;
  await tx.update(tenants).set({ brakeAt: sql`now()`, brakeOrphans: latchedBy }).where(eq(tenants.tenant, tenant));
  const reason = surges
    ? `${state.inserted} new orphans within ten minutes`
    : `the platform's table holds no row, and containers without one are there: ${state.unknown}`;
  await record(tx, tenant, { ...BY_ITSELF, reason }, 'brake_latched', null);
  await settleExcuse(tx, tenant);
}
