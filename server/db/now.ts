import { sql } from 'drizzle-orm';
import type { Database } from './connect.ts';

/** The database's own time: the one that all replicas share. */
export async function nowOf(database: Database): Promise<Date> {
  const { rows } = await database.statement<{ now: Date }>(sql`select now() as now`);
  const [row] = rows;
  if (row === undefined) throw new Error('the database told no time');
  return row.now;
}
