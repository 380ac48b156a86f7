import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { orphans, tenants } from '../db/schema.ts';
import { batchesOf } from './batches.ts';
import { STUCK_AFTER_MS } from './outcome.ts';

/**
 * Time in which nothing could be stopped (the breaker is open, a pause or the brake is in force, an orphan is held) does
 * not count towards `stuck`: it is added to `stuck_at` when it is over, each moment once. Until then `stuck_at` is
 * compared with the moment when that time began.
 */

/**
 * Whether an orphan needs a person by now. Stands in a statement about `orphans`.
 *
 * @param tenant its name, or an expression for it
 */
export function isStuck(tenant: string | SQL): SQL<boolean> {
  return sql<boolean>`${orphans.stuckAt} <= ${stuckBy(tenant)}`;
}

/** What `stuck_at` is compared with: also after a hold has run out, until its time has been added. */
function stuckBy(tenant: string | SQL): SQL {
  return sql`least(now(), ${excusedSince(tenant)}, ${orphans.heldAt})`;
}

/** The same where nothing is held: one moment for all, which an index can look for. */
export function stuckByNow(tenant: string): SQL {
  return sql`least(now(), ${excusedSince(tenant)})`;
}

function excusedSince(tenant: string | SQL): SQL {
  return sql`(select excused_since from ${tenants} as own where own.tenant = ${tenant})`;
}

/** A `stuck_at` that has come, whatever is excused now. */
export function stuckNow(tenant: string | SQL): SQL<Date> {
  return sql<Date>`least(${orphans.stuckAt}, ${stuckBy(tenant)})`;
}

/**
 * Begins or ends the time that does not count, after the breaker, a pause or the brake has changed. The caller holds the
 * lock of the tenant's row.
 *
 * @param endedAt when what has just ended did so; `now()` unless it had run out before anybody noticed
 */
export async function settleExcuse(tx: Transaction, tenant: string, endedAt: SQL = sql`now()`): Promise<void> {
  const { rows } = await tx.execute<{ excused: boolean; since: boolean }>(sql`
    select breaker_opened_at is not null or brake_at is not null or coalesce(pause_until > now(), false) as excused,
      excused_since is not null as since
    from ${tenants} where tenant = ${tenant}`);
  const [state] = rows;
  if (state === undefined || state.excused === state.since) return;
  if (!state.excused) await addTime(tx, tenant, endedAt);
  await tx.execute(sql`
    update ${tenants} set excused_since = ${state.excused ? sql`now()` : null} where tenant = ${tenant}`);
}

/** The orphans to which the time that is excused now will be added, as a condition on `orphans`. */
export function isExcused(tenant: string): SQL {
  return sql`${orphans.resolvedAt} is null
    and ${orphans.stuckAt} > (select excused_since from ${tenants} where tenant = ${tenant})`;
}

/** For one that is held the time counts as its hold's from where that began. */
async function addTime(tx: Transaction, tenant: string, endedAt: SQL): Promise<void> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select id from ${orphans} where orphans.tenant = ${tenant} and ${isExcused(tenant)}
    order by id for no key update`);
  const ended = sql`case when hold_until > ${endedAt} then least(held_at, ${endedAt}) else ${endedAt} end`;
  for (const late of batchesOf(rows.map(({ id }) => id))) {
    await tx.execute(sql`
      update ${orphans} set stuck_at = stuck_at + greatest(interval '0', ${ended} - ${from(sql`excused_since`)})
      from ${tenants} as own
      where own.tenant = orphans.tenant and orphans.id = any (${sql.param(late)}::uuid[])`);
  }
}

/**
 * Adds the time of holds that end to `stuck_at`. The server cannot know how few they are: as an array they are looked up,
 * and not found by reading all that were ever resolved.
 *
 * @param which the orphans whose hold ends, as a condition on `orphans`; their hold is still written there
 * @param endedAt an expression over `orphans`
 */
export async function addHoldTime(tx: Transaction, tenant: string, which: SQL, endedAt: SQL): Promise<void> {
  await tx.execute(sql`
    with ending as (
      select orphans.id, least(${endedAt}, excused_since) as ended from ${orphans} join ${tenants} using (tenant)
      where orphans.tenant = ${tenant} and resolved_at is null and stuck_at > held_at and ${which}
      order by orphans.id for no key update of orphans
    )
    update ${orphans} set stuck_at = stuck_at + greatest(interval '0', ending.ended - ${from(sql`held_at`)})
    from ending where orphans.id = ending.id and orphans.id = any (array(select id from ending))`);
}

/** The first failure may have come after that time began. */
function from(began: SQL): SQL {
  return sql`greatest(${began}, ${orphans.stuckAt} - ${milliseconds(STUCK_AFTER_MS)})`;
}
