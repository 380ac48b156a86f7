import type { TestDatabase } from '../../support/database.ts';

/** So many orphans from one time to another, in minutes before the half hour that passed last. */
export interface Stretch {
  readonly from: number;
  /** Null: until now. */
  readonly to: number | null;
  readonly open: number;
  readonly stuck: number;
}

/**
 * The past, a sample a minute; what is in no stretch was not recorded.
 *
 * @returns the half hour that it is counted from, in milliseconds
 */
export async function recordPast(home: TestDatabase, stretches: readonly Stretch[]): Promise<number> {
  const { rows } = await home.query<{ ms: number }>(
    `select (floor(extract(epoch from now()) / 1800) * 1800000)::float8 as ms`,
  );
  const base = rows[0]?.ms ?? Number.NaN;
  await home.query('delete from sweeper.samples');
  for (const { from, to, open, stuck } of stretches) {
    const [begin, end] = [from, to ?? 0].map((minutes) => new Date(base - minutes * 60_000).toISOString());
    await home.query(
      `insert into sweeper.samples (tenant, at, open, stuck)
       select 'default', at, $3, $4 from generate_series($1::timestamptz, now(), interval '1 minute') as at
       where $5 or at < $2::timestamptz`,
      [begin, end, open, stuck, to === null],
    );
  }
  return base;
}
