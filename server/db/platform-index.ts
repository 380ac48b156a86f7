import pg from 'pg';

export interface RecommendedIndex {
  readonly name: string;
  /** What it makes cheap. */
  readonly serves: string;
  readonly sql: string;
}

/** The two indexes without which every look and every recheck reads the platform's whole table. */
export function recommendedIndexes(table: { readonly schema: string; readonly name: string }): RecommendedIndex[] {
  const on = `${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(table.name)}`;
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

/**
 * Builds what is missing of the recommended indexes, without locking the table against writes. What an earlier build
 * left invalid is dropped and built again.
 *
 * @param tell called before and after each, with a sentence
 * @throws pg.DatabaseError when the role does not own the table: then the SQL is for somebody who does
 */
export async function buildIndexes(
  url: string,
  table: { readonly schema: string; readonly name: string },
  tell: (sentence: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    for (const index of recommendedIndexes(table)) {
      const qualified = `${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(index.name)}`;
      const { rows } = await client.query<{ valid: boolean }>(
        'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
        [qualified],
      );
      if (rows[0]?.valid === true) {
        tell(`${index.name} is there (${index.serves}).`);
        continue;
      }
      if (rows[0] !== undefined) await client.query(`drop index concurrently ${qualified}`);
      tell(`Building ${index.name} (${index.serves}): ${index.sql}`);
      await client.query(index.sql);
      tell(`${index.name} is built.`);
    }
  } finally {
    await client.end();
  }
}
