import { sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { attempts, audit, samples, sweeps } from '../db/schema.ts';

/** How many rows one statement deletes: a sweep must not wait behind housekeeping. */
const BATCH = 1_000;

/**
 * One small batch of what is older than 90 days, and of sweeps that found nothing: after 3 days one of them per 10 min
 * is kept. Orphans stay: they are the history.
 */
export async function retain(home: Database, tenant: string): Promise<void> {
  await home.transaction(async (tx) => {
    for (const [table, column] of [
      [attempts, attempts.startedAt],
      [sweeps, sweeps.requestedAt],
      [audit, audit.at],
      [samples, samples.at],
    ] as const) {
      await tx.execute(sql`
        delete from ${table} where ctid = any (array(
          select ctid from ${table} where tenant = ${tenant} and ${column} < now() - interval '90 days'
          order by ${column} limit ${BATCH}))`);
    }
    await tx.execute(sql`
      delete from ${sweeps} where id = any (array(
        select thin.id from ${sweeps} as thin
        where thin.tenant = ${tenant} and thin.result = 'nothing_to_do' and thin.trigger <> 'manual'
          and thin.requested_at < now() - interval '3 days'
          and exists (
            select 1 from ${sweeps} as kept
            where kept.tenant = ${tenant} and kept.result = 'nothing_to_do' and kept.trigger <> 'manual'
              and kept.requested_at < thin.requested_at
              and kept.requested_at >= to_timestamp(floor(extract(epoch from thin.requested_at) / 600) * 600))
        order by thin.requested_at limit ${BATCH}))`);
  });
}
