import { sql } from 'drizzle-orm';
import pg from 'pg';
import type { Database } from './connect.ts';
import { qualified, type TableNames } from './mending-sql.ts';

export interface RecommendedIndex {
  readonly name: string;
  /** What it makes cheap. */
  readonly serves: string;
  readonly sql: string;
}

/** The two indexes without which every look and every recheck reads the platform's whole table. */
export function recommendedIndexes(table: TableNames): RecommendedIndex[] {
  const on = qualified(table);
  // 63 bytes is the most that PostgreSQL keeps of a name.
  const index = (suffix: string, serves: string, columns: string): RecommendedIndex => {
    const name = `${Buffer.from(table.name).subarray(0, 40).toString()}_${suffix}`;
    return { name, serves, sql: `create index concurrently ${pg.escapeIdentifier(name)} on ${on} ${columns}` };
  };
  return [
    index(
      'removed_with_instance',
      'the look for orphans',
      "(updated_at) where status = 'removed' and instance_id is not null and instance_id <> ''",
    ),
    index('instance', 'the check for live rows before a Stop', '(instance_id) where instance_id is not null'),
  ];
}

interface IndexRow extends Record<string, unknown> {
  readonly name: string;
  /** An earlier build that did not come to its end leaves one that is not. */
  readonly usable: boolean;
  /** Its first column; null: an expression. */
  readonly leads: string | null;
  readonly predicate: string | null;
}

/** Whether an index does the work of the recommended one, in their order. */
const DOES_ITS_WORK: readonly ((index: IndexRow) => boolean)[] = [
  ({ leads, predicate }) =>
    predicate === null ? leads === 'status' : predicate.includes("= 'removed'") && !predicate.includes(' OR '),
  ({ leads, predicate }) =>
    leads === 'instance_id' && (predicate === null || predicate === '(instance_id IS NOT NULL)'),
];

/**
 * Those of the recommended indexes whose work none does that is there, whatever it is called. Reads the catalogue only.
 *
 * @throws DatabaseFailure
 */
export async function missingIndexes(database: Database, table: TableNames): Promise<RecommendedIndex[]> {
  const { rows } = await database.statement<IndexRow>(sql`
    select own.relname::text as name, i.indisvalid and i.indisready as usable, (
        select a.attname::text from pg_attribute as a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      ) as leads, pg_get_expr(i.indpred, i.indrelid) as predicate
    from pg_index as i join pg_class as own on own.oid = i.indexrelid join pg_class as c on c.oid = i.indrelid
      join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = ${table.schema} and c.relname = ${table.name}`);
  return recommendedIndexes(table)
    .filter((_, which) => !rows.some((row) => row.usable && DOES_ITS_WORK[which]?.(row)))
    .map((index) => {
      const inTheWay = rows.some(({ name }) => name === index.name);
      const drop = `drop index concurrently ${qualified({ schema: table.schema, name: index.name })}; `;
      return { ...index, sql: `${inTheWay ? drop : ''}${index.sql}` };
    });
}

/**
 * Builds what is missing of the recommended indexes, without locking the table against writes. What an earlier build
 * left invalid is dropped and built again.
 *
 * @param tell called before and after each, with a sentence
 * @throws pg.DatabaseError when the role does not own the table: then the SQL is for somebody who does
 */
export async function buildIndexes(url: string, table: TableNames, tell: (sentence: string) => void): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // What breaks is thrown by the statement under way, or by the next; without a listener it would end the process, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const index of recommendedIndexes(table)) {
      const name = qualified({ schema: table.schema, name: index.name });
      const { rows } = await client.query<{ valid: boolean }>(
        'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
        [name],
      );
      if (rows[0]?.valid === true) {
        tell(`${index.name} is there (${index.serves}).`);
        continue;
      }
      if (rows[0] !== undefined) await client.query(`drop index concurrently ${name}`);
      tell(`Building ${index.name} (${index.serves}): ${index.sql}`);
      await client.query(index.sql);
      tell(`${index.name} is built.`);
    }
  } finally {
    await client.end();
  }
}
