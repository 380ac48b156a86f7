import { randomBytes } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createClosing } from '../../server/demo/closing.ts';
import { databasesIn } from '../bench/database.ts';
import { createTestDatabase } from '../support/database.ts';

const directory = inject('postgresDirectory');

async function foundation() {
  const own = await createTestDatabase();
  const closing = createClosing();
  onTestFinished(async () => {
    await closing.closeAll();
    await own.drop();
  });
  return { own, closing };
}

test('the benchmark makes databases in the PostgreSQL that was started for it', async () => {
  const { own, closing } = await foundation();
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const databases = await databasesIn({ url: own.url, directory }, closing);
  expect(databases.version).toMatch(/^\d+\.\d+/);
  expect(new URL(await databases.create(name)).pathname).toBe(`/${name}`);
  const { rows } = await own.query('select from pg_database where datname = $1', [name]);
  expect(rows).toHaveLength(1);
  await own.query(`drop database ${name}`);
});

test('the benchmark leaves any other PostgreSQL alone', async () => {
  const { own, closing } = await foundation();
  const elsewhere = { url: own.url, directory: `${directory}/elsewhere` };
  await expect(databasesIn(elsewhere, closing)).rejects.toThrow('Refused: this database is in');
});
