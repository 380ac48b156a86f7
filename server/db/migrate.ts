import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { desc, sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import Type from 'typebox';
import Value from 'typebox/value';
import type { Database, Transaction } from './connect.ts';
import { migrations } from './schema.ts';

/** The home database cannot be used by this version of the program. */
export class SchemaError extends Error {
  readonly code = 'schema_newer';
}

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any number, as long as all replicas take the same one. */
const LOCK = 7_014_001;
const JOURNAL = Type.Object({ entries: Type.Array(Type.Object({ tag: Type.String() })) });
const OLDEST_VERSION = /^-- oldest version that runs on this: (\d+\.\d+\.\d+)$/m;

interface Migration extends MigrationMeta {
  readonly name: string;
}

/**
 * Brings schema `sweeper` up to date, in one transaction under one lock: replicas that start together wait for the
 * first (drizzle's own migrator fails then). Nothing is created that is there, so a role without CREATE is enough once
 * the schema exists.
 *
 * @param version of this program, `x.y.z`; an unknown, newer schema is used only if it says that this version may
 * @returns names of the migrations that were applied
 * @throws SchemaError when the schema is newer than the program
 */
export async function migrateHome(home: Database, version: string): Promise<string[]> {
  const known = readMigrations();
  return home.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    const newest = await newestApplied(tx);
    refuseNewerSchema(newest, known, version);
    const pending = known.filter((migration) => newest === null || migration.folderMillis > newest.createdAt);
    for (const migration of pending) await apply(tx, migration);
    return pending.map((migration) => migration.name);
  });
}

/** How far a home database is migrated. One that is newer counts as current where this version may run on it. */
export type SchemaState = 'current' | 'behind' | 'none';

/**
 * Only looks.
 *
 * @throws SchemaError when the schema is newer than the program
 */
export async function readSchemaState(home: Database, version: string): Promise<SchemaState> {
  const known = readMigrations();
  const newest = await home.transaction(newestApplied);
  refuseNewerSchema(newest, known, version);
  if (newest === null) return 'none';
  return known.some((migration) => migration.folderMillis > newest.createdAt) ? 'behind' : 'current';
}

function readMigrations(): Migration[] {
  const { entries } = Value.Parse(JOURNAL, JSON.parse(readFileSync(`${FOLDER}/meta/_journal.json`, 'utf8')));
  return readMigrationFiles({ migrationsFolder: FOLDER }).map((meta, i) => ({ ...meta, name: entries[i]?.tag ?? '' }));
}

async function newestApplied(tx: Transaction) {
  const { rows } = await tx.execute<{ there: boolean }>(
    sql`select to_regclass('sweeper.migrations') is not null as there`,
  );
  if (rows[0]?.there !== true) return null;
  const [newest] = await tx.select().from(migrations).orderBy(desc(migrations.createdAt)).limit(1);
  return newest ?? null;
}

type Applied = Awaited<ReturnType<typeof newestApplied>>;

function refuseNewerSchema(newest: Applied, known: readonly Migration[], version: string): void {
  if (newest === null || known.some((migration) => migration.folderMillis === newest.createdAt)) return;
  if (newest.oldestVersion !== null && compareVersions(newest.oldestVersion, version) <= 0) return;
  throw new SchemaError(
    `The home database was migrated by a newer version (its newest migration is ${newest.name}, which needs at least ` +
      `version ${newest.oldestVersion ?? 'unknown'}); this is version ${version}. Run the newer version again.`,
  );
}

/** Negative, 0 or positive, as `a` is older than, the same as or newer than `b`. */
function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function apply(tx: Transaction, migration: Migration): Promise<void> {
  for (const statement of migration.sql) {
    if (/^create schema/im.test(statement) && (await schemaExists(tx))) continue;
    await tx.execute(sql.raw(statement));
  }
  await tx.insert(migrations).values({
    name: migration.name,
    hash: migration.hash,
    createdAt: migration.folderMillis,
    oldestVersion: OLDEST_VERSION.exec(migration.sql.join('\n'))?.[1] ?? null,
  });
}

/** `create schema if not exists` asks for the right to create even where it would not. */
async function schemaExists(tx: Transaction): Promise<boolean> {
  const { rows } = await tx.execute<{ there: boolean }>(sql`select to_regnamespace('sweeper') is not null as there`);
  return rows[0]?.there === true;
}
