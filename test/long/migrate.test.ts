import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connect, type Database } from '../../server/db/connect.ts';
import { migrateHome } from '../../server/db/migrate.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  return () => database.drop();
});

function open(url: string): Database {
  const opened = connect(url, { max: 2, onError: () => undefined });
  onTestFinished(() => opened.close());
  return opened;
}

const applied = async () =>
  (
    await database.query<{ name: string; oldest_version: string | null }>(
      'select name, oldest_version from sweeper.migrations order by id',
    )
  ).rows;

/** A migration that this program does not know. */
const migrateFurther = (oldestVersion: string | null) =>
  database.query(
    `insert into sweeper.migrations (name, hash, created_at, oldest_version) values ('9999_later', 'x', 9e15, $1)`,
    [oldestVersion],
  );

describe('migrating the home database', () => {
  it('is done once, by whichever of three that start together is first; the others wait, and find it done', async () => {
    const names = await Promise.all([1, 2, 3].map(() => migrateHome(open(database.url), '0.1.0')));
    expect(names.map((list) => list.length).sort()).toEqual([0, 0, names.flat().length]);
    expect((await applied()).map((one) => one.name)).toEqual(names.flat());
    expect(names.flat().length).toBeGreaterThan(0);
  });

  it('applies nothing the second time, and changes nothing of what is there', async () => {
    await migrateHome(open(database.url), '0.1.0');
    await database.query(`insert into sweeper.tenants (tenant) values ('kept')`);
    const before = await applied();
    expect(await migrateHome(open(database.url), '0.1.0')).toEqual([]);
    expect(await applied()).toEqual(before);
    expect((await database.query('select tenant from sweeper.tenants')).rows).toEqual([{ tenant: 'kept' }]);
  });

  it('leaves nothing behind when it fails half way: the next one begins from the beginning', async () => {
    await database.query('create schema sweeper; create table sweeper.samples ()');
    await expect(migrateHome(open(database.url), '0.1.0')).rejects.toMatchObject({ code: 'database_failure' });
    const { rows } = await database.query(`select relname from pg_class where relnamespace = 'sweeper'::regnamespace`);
    expect(rows).toEqual([{ relname: 'samples' }]);
    await database.query('drop table sweeper.samples');
    expect(await migrateHome(open(database.url), '0.1.0')).not.toEqual([]);
  });

  /** The database is dropped first, and with it all that the role was granted. */
  async function openAsRole(grant: (role: string) => string) {
    const role = await createRole();
    onTestFinished(() => role.drop());
    return { mine: open(role.url(database.url)), grant: () => database.query(grant(role.name)) };
  }

  it('needs no right to create schemas where ours exists', async () => {
    const { mine, grant } = await openAsRole((role) => `grant usage, create on schema sweeper to ${role}`);
    await expect(migrateHome(mine, '0.1.0')).rejects.toThrow(/permission denied for database/);
    await database.query('create schema sweeper');
    await grant();
    expect(await migrateHome(mine, '0.1.0')).not.toEqual([]);
  });

  it('needs no right to create anything where all of it exists', async () => {
    const { mine, grant } = await openAsRole(
      (role) => `grant usage on schema sweeper to ${role}; grant select on sweeper.migrations to ${role}`,
    );
    await migrateHome(open(database.url), '0.1.0');
    await grant();
    expect(await migrateHome(mine, '0.1.0')).toEqual([]);
  });

  it('creates the schema where it may', async () => {
    const { mine, grant } = await openAsRole(
      (role) => `do $$ begin execute format('grant create on database %I to ${role}', current_database()); end $$`,
    );
    await grant();
    expect(await migrateHome(mine, '0.1.0')).not.toEqual([]);
  });
});

describe('a schema that is newer than the program', () => {
  beforeEach(async () => {
    await migrateHome(open(database.url), '0.1.0');
  });

  it.each([['0.1.1'], ['0.2.0'], ['1.0.0'], ['0.10.0'], [null]])(
    'is refused by a sentence, and left as it is (it needs %s, this is 0.1.0)',
    async (oldest) => {
      await migrateFurther(oldest);
      const before = await applied();
      const refusal = expect.objectContaining({
        code: 'schema_newer',
        message: expect.stringMatching(
          new RegExp(`newer version .*9999_later.*${oldest ?? 'unknown'}.*this is version 0\\.1\\.0`),
        ),
      });
      await expect(migrateHome(open(database.url), '0.1.0')).rejects.toEqual(refusal);
      expect(await applied()).toEqual(before);
    },
  );

  it.each([
    ['0.1.0', '0.1.0'],
    ['0.1.0', '0.2.0'],
    ['0.9.0', '0.10.0'],
  ])('is used when it says that %s can still run on it (this is %s)', async (oldest, version) => {
    await migrateFurther(oldest);
    expect(await migrateHome(open(database.url), version)).toEqual([]);
    expect((await applied()).at(-1)?.name).toBe('9999_later');
  });
});

describe('the migrations', () => {
  it('say what the schema says: generating another one finds nothing to do', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'orphan-sweeper-drift-'));
    onTestFinished(() => rm(copy, { recursive: true }));
    for (const name of ['drizzle.config.ts', 'package.json', 'server/db', 'server/sweep']) {
      await cp(join(PROJECT, name), join(copy, name), { recursive: true });
    }
    await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
    const folder = join(copy, 'server/db/migrations');
    const before = await readdir(folder);
    const generate = join(PROJECT, 'node_modules/drizzle-kit/bin.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, [generate, 'generate'], { cwd: copy });
    expect(stdout).toMatch(/No schema changes/);
    expect(await readdir(folder)).toEqual(before);
  });

  it('name the oldest version that still runs on each of them', async () => {
    const folder = join(PROJECT, 'server/db/migrations');
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      expect(await readFile(join(folder, name), 'utf8')).toMatch(
        /^-- oldest version that runs on this: \d+\.\d+\.\d+$/m,
      );
    }
  });
});
