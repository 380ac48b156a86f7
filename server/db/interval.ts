import { type Column, type SQL, sql } from 'drizzle-orm';

/** A length of time as SQL. */
export function milliseconds(ms: number): SQL {
  return sql`make_interval(secs => ${ms / 1000}::double precision)`;
}

/** How long it is to a time that lies ahead, in milliseconds. */
export function leftMs(time: Column): SQL<number> {
  return sql<number>`(extract(epoch from ${time} - now()) * 1000)::float8`;
}
