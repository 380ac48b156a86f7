import type { TestDatabase } from './database.ts';

/** Runs while every statement about a table, `schema.name`, fails; afterwards it is there again, whatever happened. */
export async function withoutTable<T>(database: TestDatabase, table: string, run: () => Promise<T>): Promise<T> {
  const [schema = '', name = ''] = table.split('.');
  await database.query(`alter table ${table} rename to ${name}_away`);
  try {
    return await run();
  } finally {
    await database.query(`alter table ${schema}.${name}_away rename to ${name}`);
  }
}
