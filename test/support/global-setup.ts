import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../server/db/embedded.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the one PostgreSQL of this run. See database.ts for a database of your own. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole run, whatever DATABASE_URL says: tests create and drop roles and databases. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'orphan-sweeper-test-'));
  // So that root's PostgreSQL, which runs as somebody else, can live here and leaves nothing elsewhere.
  await chmod(directory, 0o755);
  const embedded = await startEmbedded({ directory, log: pino({ level: 'warn' }) });
  const teardown = async () => {
    await embedded.stop();
    await rm(directory, { recursive: true });
  };
  try {
    await preferSpeed(embedded.url);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('postgresUrl', embedded.url);
  return teardown;
}

/** Nobody needs these data after a crash. */
async function preferSpeed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      await client.query(`alter system set ${setting} = off`);
    }
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}
