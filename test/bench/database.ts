import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbedded } from '../../server/db/embedded.ts';
import type { Closing } from './closing.ts';

/** A PostgreSQL of the benchmark's own, with the settings that it comes with: every commit waits for the disk. */
export interface BenchDatabases {
  readonly version: string;
  /** Creates a database and answers with its URL. */
  create(name: string): Promise<string>;
}

export async function startDatabases(closing: Closing): Promise<BenchDatabases> {
  const directory = await mkdtemp(join(tmpdir(), 'orphan-sweeper-bench-'));
  closing.add(() => rm(directory, { recursive: true, maxRetries: 5 }));
  // So that root's PostgreSQL, which runs as somebody else, can live here and leaves nothing elsewhere.
  await chmod(directory, 0o755);
  const embedded = await startEmbedded({ directory, log: pino({ level: 'warn' }, pino.destination(2)) });
  closing.add(() => embedded.stop());
  const admin = new pg.Client({ connectionString: embedded.url });
  await admin.connect();
  closing.add(() => admin.end());
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  return {
    version: rows[0]?.server_version ?? '',
    async create(name) {
      await admin.query(`create database ${pg.escapeIdentifier(name)} template template0`);
      const url = new URL(embedded.url);
      url.pathname = `/${name}`;
      return url.href;
    },
  };
}
