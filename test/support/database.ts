import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { connect } from '../../server/db/connect.ts';
import { migrateHome } from '../../server/db/migrate.ts';

export interface TestDatabase {
  readonly url: string;
  /** As the superuser. Ended by `drop`. */
  readonly pool: pg.Pool;
  query<Row extends pg.QueryResultRow>(text: string, params?: readonly unknown[]): Promise<pg.QueryResult<Row>>;
  /** Ends all sessions on the database, ours included, and removes it. */
  drop(): Promise<void>;
}

export interface TestRole {
  readonly name: string;
  /** The URL of a database for this role instead of the superuser. */
  url(databaseUrl: string): string;
  /** Takes back what was granted to it in these databases (those already dropped need no mention), and removes it. */
  drop(...databaseUrls: readonly string[]): Promise<void>;
}

const TEMPLATE = 'migrated_template';
/** Any number: the workers of one run all take the same one. */
const TEMPLATE_LOCK = 7_014_100;

/** A database for one test file: empty, or with our schema migrated. */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const name = uniqueName('test');
  await asSuperuser(async (client) => {
    if (options.migrated) await ensureTemplate(client);
    await client.query(`create database ${name} template ${options.migrated ? TEMPLATE : 'template0'}`);
  });
  const url = urlOf(name);
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  // Connections that idle in the pool break when a test stops the server under them; the next query says so.
  pool.on('error', () => undefined);
  // And those that are checked out: without a listener they would end the worker.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    url,
    pool,
    query: (text, params = []) => pool.query(text, [...params]),
    async drop() {
      await pool.end();
      await asSuperuser((client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** A role that may log in and nothing else, for tests about grants. */
export async function createRole(): Promise<TestRole> {
  const name = uniqueName('role');
  const password = randomBytes(12).toString('hex');
  await asSuperuser((client) => client.query(`create role ${name} login password '${password}'`));
  return {
    name,
    url(databaseUrl) {
      const url = new URL(databaseUrl);
      url.username = name;
      url.password = password;
      return url.href;
    },
    async drop(...databaseUrls) {
      for (const url of databaseUrls) {
        await asSuperuser((client) => client.query(`drop owned by ${name}`), new URL(url).pathname.slice(1));
      }
      await asSuperuser((client) => client.query(`drop role if exists ${name}`));
    },
  };
}

/** Applies our migrations to an empty database. */
async function migrateTemplate(url: string): Promise<void> {
  const database = connect(url, {
    max: 1,
    onError: (error) => {
      throw error;
    },
  });
  try {
    await migrateHome(database, '0.1.0');
  } finally {
    await database.close();
  }
}

/**
 * Migrated once per run, by whichever worker is first. Made under another name and renamed when it is complete: a
 * migration that failed must not leave a template behind.
 */
async function ensureTemplate(client: pg.Client): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [TEMPLATE]);
    if (rowCount === 0) {
      const name = uniqueName('template');
      await client.query(`create database ${name} template template0`);
      await migrateTemplate(urlOf(name));
      await client.query(`alter database ${name} rename to ${TEMPLATE}`);
    }
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function asSuperuser<T>(run: (client: pg.Client) => Promise<T>, database = 'postgres'): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}
