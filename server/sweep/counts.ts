import { type SQL, sql } from 'drizzle-orm';
import { attempts } from '../db/schema.ts';
import type { Outcome } from './outcome.ts';

export type Counts = Partial<Record<Outcome, number>>;

/**
 * How many attempts of a sweep ended with each outcome, from the attempts themselves: for a sweep that runs, or that
 * could not write its own result. Stands in a statement about `sweeps`.
 *
 * @param open what an attempt that is still open counts as; null: as nothing
 */
export function countAttempts(open: 'interrupted' | null): SQL<Counts> {
  // Names as raw SQL: drizzle leaves the table's name out where it thinks that there is but one.
  const outcome = open === null ? sql.raw('made.outcome') : sql.raw(`coalesce(made.outcome, '${open}')`);
  return sql<Counts>`(
    select coalesce(jsonb_object_agg(counted.outcome, counted.number), '{}') from (
      select ${outcome} as outcome, count(*) as number from ${attempts} as made
      where made.sweep_id = sweeps.id and ${outcome} is not null group by 1
    ) as counted)`;
}
