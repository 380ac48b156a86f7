import { eq, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { orphans, tenants } from '../db/schema.ts';
import { BY_ITSELF, record } from './audit.ts';
import { isExcused } from './excuse.ts';
import { liftHolds, liftPause } from './lift.ts';

/** A hold or a pause lasts no longer: nobody remembers it after that. */
export const MOST_DAYS = 30;

/** Why an end is none: it has passed already, or is further away than a hold or a pause may last. */
export type UntilRefusal = 'until_passed' | 'until_too_far';

/** What replicas compare with a hold's or a pause's end is the home database's time, so it also judges what is asked. */
export async function refuseUntil(tx: Transaction, until: Date): Promise<UntilRefusal | null> {
  const { rows } = await tx.execute<{ passed: boolean; far: boolean }>(sql`
    select ${until.toISOString()}::timestamptz <= clock_timestamp() as passed,
      ${until.toISOString()}::timestamptz > clock_timestamp() + make_interval(days => ${MOST_DAYS}) as far`);
  if (rows[0]?.passed === true) return 'until_passed';
  return rows[0]?.far === true ? 'until_too_far' : null;
}

/** Everybody who changes several things of a tenant locks its row before anything else. */
export async function lockTenant(tx: Transaction, tenant: string): Promise<void> {
  await tx.select({ tenant: tenants.tenant }).from(tenants).where(eq(tenants.tenant, tenant)).for('update');
}

/**
 * Ends the holds and the pause whose time is over, and writes each down. The caller has locked the tenant's row, and no
 * orphan yet.
 *
 * @param also other orphans that the transaction is about to change, as a condition on `orphans`: all are locked
 *   together, in the order of their ids
 * @returns whether there are such others
 */
export async function endExpired(tx: Transaction, tenant: string, also: SQL = sql`false`): Promise<boolean> {
  const { paused, held, others } = await whatIsOver(tx, tenant, also);
  const which = [
    ...(others ? [also] : []),
    ...(held ? [HOLD_IS_OVER] : []),
    ...(paused === null ? [] : [isExcused(tenant)]),
  ];
  await lockInOrder(tx, tenant, which);
  if (paused !== null) {
    const endedAt = sql`${paused.until}::timestamptz`;
    // In the order in which they ended: the time of what overlaps is then added once.
    await endHolds(tx, tenant, sql`${orphans.holdUntil} <= ${endedAt}`);
    await liftPause(tx, tenant, endedAt);
    await record(tx, tenant, { ...BY_ITSELF, reason: paused.reason }, 'pause_expired', null);
  }
  if (held) await endHolds(tx, tenant, HOLD_IS_OVER);
  return others;
}

const HOLD_IS_OVER = sql`${orphans.holdUntil} <= now()`;

interface Over extends Record<string, unknown> {
  /** With all the digits that the database has. */
  readonly paused: { readonly until: string; readonly reason: string | null } | null;
  readonly held: boolean;
  readonly others: boolean;
}

async function whatIsOver(tx: Transaction, tenant: string, also: SQL): Promise<Over> {
  const { rows } = await tx.execute<Over>(sql`
    select case when pause_until <= now() then json_build_object('until', pause_until, 'reason', pause_reason) end as paused,
      exists (select 1 from ${orphans} where ${orphans.tenant} = ${tenant} and ${HOLD_IS_OVER}) as held,
      exists (select 1 from ${orphans} where ${orphans.tenant} = ${tenant} and ${also}) as others
    from ${tenants} where tenant = ${tenant}`);
  return rows[0] ?? { paused: null, held: false, others: false };
}

async function lockInOrder(tx: Transaction, tenant: string, which: readonly SQL[]): Promise<void> {
  if (which.length === 0) return;
  const ids = which.map(
    (one) => sql`select ${orphans.id} from ${orphans} where ${orphans.tenant} = ${tenant} and ${one}`,
  );
  // As an array, for which the index is looked into; for a subquery that might be large all rows would be merged.
  await tx.execute(sql`
    select from ${orphans} where id = any (array(${sql.join(ids, sql` union `)})) order by id for no key update`);
}

async function endHolds(tx: Transaction, tenant: string, which: SQL): Promise<void> {
  for (const { workspaceId, reason } of await liftHolds(tx, tenant, which, sql`${orphans.holdUntil}`)) {
    await record(tx, tenant, { ...BY_ITSELF, reason }, 'hold_expired', workspaceId);
  }
}
