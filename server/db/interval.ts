import { type SQL, sql } from 'drizzle-orm';

/** A length of time as SQL. */
export function milliseconds(ms: number): SQL {
  return sql`make_interval(secs => ${ms / 1000}::double precision)`;
}
