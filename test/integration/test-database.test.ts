import pg from 'pg';
import { expect, test } from 'vitest';
import { createRole, createTestDatabase } from '../support/database.ts';

test('databases of two tests know nothing of each other', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await one.query('create table only_here (id int)');
  const { rows } = await other.query<{ there: boolean }>(`select to_regclass('only_here') is not null as there`);
  expect(rows).toEqual([{ there: false }]);
  await Promise.all([one.drop(), other.drop()]);
});

test('a migrated database has our schema, and several can be asked for at once', async () => {
  const databases = await Promise.all([1, 2, 3].map(() => createTestDatabase({ migrated: true })));
  for (const database of databases) {
    const { rows } = await database.query<{ there: boolean }>(
      `select to_regclass('sweeper.orphans') is not null as there`,
    );
    expect(rows).toEqual([{ there: true }]);
    await database.drop();
  }
});

test('a role has no more than it was granted', async () => {
  const database = await createTestDatabase();
  const role = await createRole();
  await database.query('create table public.secret (id int)');
  const client = new pg.Client({ connectionString: role.url(database.url) });
  await client.connect();
  await expect(client.query('select * from public.secret')).rejects.toMatchObject({ code: '42501' });
  await database.query(`grant select on public.secret to ${role.name}`);
  await expect(client.query('select * from public.secret')).resolves.toMatchObject({ rowCount: 0 });
  await client.end();
  await role.drop(database.url);
  await database.drop();
});
