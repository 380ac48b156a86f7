/**
 * The PostgreSQL of a test run, in a process of its own: it ends and leaves nothing when its standard input does, and so
 * also when the run is killed. Says where it is in the first line.
 */
import process from 'node:process';
import pg from 'pg';
import { pino } from 'pino';
import { startThrowaway } from '../../server/db/throwaway.ts';

const log = pino({ level: 'warn' }, pino.destination(2));
const { stop, ...database } = await startThrowaway('orphan-sweeper-test', log);
try {
  await preferSpeed(database.url);
  process.stdout.write(`${JSON.stringify(database)}\n`);
  for await (const _ of process.stdin);
} finally {
  await stop();
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
