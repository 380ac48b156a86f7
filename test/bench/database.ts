import pg from 'pg';
import { pino } from 'pino';
import { refuseForeign, startThrowaway, type ThrowawayDatabase } from '../../server/db/throwaway.ts';
import type { Closing } from '../../server/demo/closing.ts';

/** A PostgreSQL of the benchmark's own, with the settings that it comes with: every commit waits for the disk. */
export interface BenchDatabases {
  readonly version: string;
  /** Creates a database and answers with its URL. */
  create(name: string): Promise<string>;
}

export async function startDatabases(closing: Closing): Promise<BenchDatabases> {
  const database = await startThrowaway('orphan-sweeper-bench', pino({ level: 'warn' }, pino.destination(2)));
  closing.add(() => database.stop());
  return databasesIn(database, closing);
}

/** Refuses any PostgreSQL but the one that was started for the benchmark: it is filled with rows, and made slow. */
export async function databasesIn(
  database: Pick<ThrowawayDatabase, 'url' | 'directory'>,
  closing: Closing,
): Promise<BenchDatabases> {
  await refuseForeign(database);
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  closing.add(() => admin.end());
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  return {
    version: rows[0]?.server_version ?? '',
    async create(name) {
      await admin.query(`create database ${pg.escapeIdentifier(name)} template template0`);
      const url = new URL(database.url);
      url.pathname = `/${name}`;
      return url.href;
    },
  };
}
