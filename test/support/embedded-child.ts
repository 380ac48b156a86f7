/**
 * A program with an embedded database, to be killed: `embedded-child.ts <directory>`. It speaks JSON lines. At SIGINT it
 * does its bookkeeping in the database, as the product does, and then stops it.
 */
import process from 'node:process';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbedded } from '../../server/db/embedded.ts';
import { errorCode } from '../../server/db/embedded-error.ts';

function say(message: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Long enough for a database that got the same signal to be gone. */
const BOOKKEEPING_MS = 1_000;

async function keepBooks(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create table if not exists books (line int)');
  const end = performance.now() + BOOKKEEPING_MS;
  while (performance.now() < end) {
    await client.query('insert into books values (1)');
  }
  await client.end();
}

try {
  const directory = process.argv[2];
  if (directory === undefined) throw new TypeError('usage: embedded-child.ts <directory>');
  const embedded = await startEmbedded({ directory, log: pino({ level: 'silent' }) });
  process.on('SIGINT', async () => {
    await keepBooks(embedded.url);
    say({ kept: true });
    await embedded.stop();
    say({ stopped: true });
    process.exit(0);
  });
  say({ url: embedded.url, directory: embedded.directory });
} catch (error) {
  say({ code: errorCode(error) ?? 'none', message: String(error) });
  process.exit(1);
}
