import { and, eq, isNotNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { attempts, samples } from '../db/schema.ts';
import type { Counts } from './counts.ts';
import type { HistoryWindow, Outcome } from './outcome.ts';

/** As many buckets as a chart has room for: 288 and 336. */
const SECONDS: Readonly<Record<HistoryWindow, { readonly whole: number; readonly bucket: number }>> = {
  '24h': { whole: 24 * 3600, bucket: 5 * 60 },
  '7d': { whole: 7 * 24 * 3600, bucket: 30 * 60 },
};

/**
 * Inventory and attempts over time, in buckets that lie where they lie whoever asks and whenever. Of several samples in
 * a bucket the highest numbers count; a bucket without any is left out.
 */
export async function readHistory(home: Database, tenant: string, window: HistoryWindow) {
  const { whole, bucket } = SECONDS[window];
  return home.transaction(async (tx) => {
    const { rows } = await tx.execute<{ seconds: number }>(sql`
      select (floor(extract(epoch from now()) / ${bucket}::int + 1) * ${bucket}::int)::float8 as seconds`);
    const [end] = rows;
    if (end === undefined) throw new TypeError('a select without a table has one row');
    const to = new Date(end.seconds * 1000);
    const from = new Date(to.getTime() - whole * 1000);
    return {
      window,
      from,
      to,
      bucketSeconds: bucket,
      samples: await readSamples(tx, tenant, from, bucket),
      attempts: await readAttempts(tx, tenant, from, bucket),
    };
  });
}

/** When the bucket of a time begins. */
function bucketOf(time: SQL, seconds: number): SQL<Date> {
  // As a literal: what it is grouped by must be the very same expression.
  const length = sql.raw(String(seconds));
  return sql<Date>`to_timestamp(floor(extract(epoch from ${time}) / ${length}) * ${length})`;
}

async function readSamples(tx: Transaction, tenant: string, from: Date, bucket: number) {
  const at = bucketOf(sql`${samples.at}`, bucket).mapWith(samples.at);
  return tx
    .select({ at, open: sql<number>`max(${samples.open})`, stuck: sql<number>`max(${samples.stuck})` })
    .from(samples)
    .where(and(eq(samples.tenant, tenant), sql`${samples.at} >= ${from.toISOString()}::timestamptz`))
    .groupBy(sql`1`)
    .orderBy(sql`1`);
}

async function readAttempts(tx: Transaction, tenant: string, from: Date, bucket: number) {
  const rows = await tx
    .select({
      at: bucketOf(sql`${attempts.startedAt}`, bucket).mapWith(attempts.startedAt),
      outcome: sql<Outcome>`${attempts.outcome}`,
      count: sql<number>`count(*)::int`,
    })
    .from(attempts)
    .where(
      and(
        eq(attempts.tenant, tenant),
        isNotNull(attempts.outcome),
        sql`${attempts.startedAt} >= ${from.toISOString()}::timestamptz`,
      ),
    )
    .groupBy(sql`1`, sql`2`)
    .orderBy(sql`1`);
  const buckets = new Map<number, { readonly at: Date; readonly counts: Counts }>();
  for (const { at, outcome, count } of rows) {
    const { counts } = buckets.get(at.getTime()) ?? { counts: {} };
    buckets.set(at.getTime(), { at, counts: { ...counts, [outcome]: count } });
  }
  return [...buckets.values()];
}
