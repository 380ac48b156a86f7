/**
 * The PostgreSQL of a test run, in a process of its own: it ends and leaves nothing when its standard input does, and so
 * also when the run is killed. Says where it is in the first line.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbedded } from '../../server/db/embedded.ts';

const directory = await mkdtemp(join(tmpdir(), 'orphan-sweeper-test-'));
try {
  // So that root's PostgreSQL, which runs as somebody else, can live here and leaves nothing elsewhere.
  await chmod(directory, 0o755);
  const embedded = await startEmbedded({ directory, log: pino({ level: 'warn' }, pino.destination(2)) });
  try {
    await preferSpeed(embedded.url);
    process.stdout.write(`${JSON.stringify({ url: embedded.url, directory })}\n`);
    for await (const _ of process.stdin);
  } finally {
    await embedded.stop();
  }
} finally {
  // Retried: a worker of a run that was killed may be writing still.
  await rm(directory, { recursive: true, maxRetries: 5 });
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
