import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { attempts, audit, samples, sweeps } from '../db/schema.ts';
import { KEPT_DAYS, QUIET_KEPT_DAYS, QUIET_THINNED_MINUTES } from './outcome.ts';

/** How many rows one statement deletes: a sweep must not wait behind housekeeping. */
const BATCH = 1_000;

const thinnedSeconds = sql.raw(String(QUIET_THINNED_MINUTES * 60));

/**
 * One small batch of what is older than 90 days, and of sweeps that found nothing: after 3 days one of them per 10 min
 * is kept. Orphans stay: they are the history.
 */
export async function retain(home: Database, tenant: string): Promise<void> {
  await home.transaction(async (tx) => {
    for (const [table, column, alsoWhen] of [
      [attempts, attempts.startedAt, sql`true`],
      // With its sweep go all attempts of it: of a thousand sweeps that could be a hundred thousand rows.
      [sweeps, sweeps.requestedAt, sql`not exists (select 1 from ${attempts} where sweep_id = old.id)`],
      [audit, audit.at, sql`true`],
      [samples, samples.at, sql`true`],
    ] as const) {
      await tx.execute(sql`
        delete from ${table} where ctid = any (array(
          select place from (
            select ctid as place, * from ${table} where tenant = ${tenant} and ${column} < now() - ${days(KEPT_DAYS)}
            order by ${column} limit ${BATCH}
          ) as old where ${alsoWhen}))`);
    }
    await tx.execute(sql`
      delete from ${sweeps} where id = any (array(
        select thin.id from ${sweeps} as thin
        where thin.tenant = ${tenant} and thin.result = 'nothing_to_do' and thin.trigger <> 'manual'
          and thin.requested_at < now() - ${days(QUIET_KEPT_DAYS)}
          and exists (
            select 1 from ${sweeps} as kept
            where kept.tenant = ${tenant} and kept.result = 'nothing_to_do' and kept.trigger <> 'manual'
              and kept.requested_at < thin.requested_at
              and kept.requested_at >= to_timestamp(floor(extract(epoch from thin.requested_at) / ${thinnedSeconds}) * ${thinnedSeconds}))
        order by thin.requested_at limit ${BATCH}))`);
  });
}

function days(number: number): SQL {
  return sql.raw(`interval '${number} days'`);
}
