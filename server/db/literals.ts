import { type SQL, sql } from 'drizzle-orm';

/**
 * Words of a list of ours as they stand in a statement, not as parameters: so an expression with them is the same
 * wherever it stands, and can be grouped by, or led by an index.
 */
export function literals(words: readonly string[]): SQL {
  return sql.raw(words.map((word) => `'${word}'`).join(', '));
}
