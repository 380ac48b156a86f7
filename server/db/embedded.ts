import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { type Cluster, NAME, openCluster, readCluster, removeUnfinished } from './embedded-cluster.ts';
import { EmbeddedError, errorCode } from './embedded-error.ts';
import { findPlace } from './embedded-place.ts';
import { ensureRunning, runningPort, START_WITHIN_MS, stopPostmaster } from './embedded-postmaster.ts';

/** A PostgreSQL of our own, for those who set no DATABASE_URL. */
export interface EmbeddedDatabase {
  /** With the password: never logged. On loopback only. */
  readonly url: string;
  /** Where it lives: the folder that was asked for, or one under /var/lib (the log says so). */
  readonly directory: string;
  /** Ends all sessions and waits until the data are on disk. Later calls wait for the first. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Absolute; created if it is not there. */
  readonly directory: string;
  readonly log: BaseLogger;
}

/** Any number, the same in every version of this program. */
const OWNER_LOCK = 7_014_002;
/** How long the server may take to notice that the owner before us was killed. */
const OWNER_GONE_WITHIN_MS = 3_000;
const POLL_EVERY_MS = 50;
/** admin_shutdown, crash_shutdown, cannot_connect_now: it is starting or stopping. */
const PASSING = ['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];
const WRONG_PASSWORD = '28P01';

/**
 * Starts the embedded PostgreSQL of a folder, or adopts the one that a killed process has left running there.
 *
 * Who owns it is decided by an advisory lock that is held for as long as the process lives: unlike a process id in a
 * file it cannot be stale or belong to somebody else, and the server takes it back in the moment its owner is killed.
 * A second process is refused while the owner lives, and never stops what is not its own.
 *
 * @throws EmbeddedError with a `code`, and a message that says what to do
 */
export async function startEmbedded({ directory, log }: EmbeddedOptions): Promise<EmbeddedDatabase> {
  if (!isAbsolute(directory)) throw new TypeError(`not an absolute path: ${directory}`);
  try {
    const cluster = await openCluster(await findPlace(directory, log));
    const owner = await takeOwnership(cluster, log);
    return await serve(cluster, owner, log);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
    throw new EmbeddedError(
      'unusable_directory',
      `Cannot keep a database in ${directory}: ${String(error)}. ` +
        'Make the folder writable for the user who runs this program, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

interface Owner {
  readonly port: number;
  /** The session that holds the lock. */
  readonly session: pg.Client;
}

async function takeOwnership(cluster: Cluster, log: BaseLogger): Promise<Owner> {
  const deadline = performance.now() + START_WITHIN_MS;
  let startedByUs = false;
  for (;;) {
    const { port, started } = await ensureRunning(cluster);
    startedByUs ||= started;
    try {
      const session = await lockSession(cluster, port);
      const how = startedByUs
        ? 'started the embedded PostgreSQL'
        : 'adopted the embedded PostgreSQL that was left running';
      log.info({ directory: cluster.data, port }, how);
      return { port, session };
    } catch (error) {
      // The owner before us may be stopping it just now, or a crashed one be in recovery.
      if (!isPassing(error) || performance.now() > deadline) {
        if (startedByUs && errorCode(error) !== 'in_use') await stopPostmaster(cluster);
        throw error;
      }
    }
    await delay(POLL_EVERY_MS);
  }
}

/** A session that has the lock. Errors of the server (`57P03`) and of the socket (`ECONNREFUSED`) come through. */
async function lockSession(cluster: Cluster, port: number): Promise<pg.Client> {
  const session = new pg.Client({
    host: '127.0.0.1',
    port,
    user: NAME,
    password: cluster.password,
    database: 'postgres',
    // Otherwise PGSSLMODE of the environment decides, and this server has no certificate.
    ssl: false,
    keepAlive: true,
    application_name: 'orphan-sweeper owner',
    connectionTimeoutMillis: 10_000,
  });
  let broken: Error | undefined;
  session.on('error', (error) => {
    broken = error;
  });
  try {
    await session.connect();
    await refuseForeign(session, cluster);
    const deadline = performance.now() + OWNER_GONE_WITHIN_MS;
    while (!(await tryLock(session))) {
      if (performance.now() > deadline) {
        throw new EmbeddedError(
          'in_use',
          `Another process is using the embedded database in ${cluster.home}. ` +
            'Stop it first, or set DATABASE_URL for both to share one.',
        );
      }
      await delay(POLL_EVERY_MS);
    }
    return session;
  } catch (error) {
    await session.end();
    if (errorCode(error) !== WRONG_PASSWORD) throw broken ?? error;
    throw new EmbeddedError('not_ours', `The database in ${cluster.data} does not accept our password.`, {
      cause: error,
    });
  }
}

async function refuseForeign(session: pg.Client, cluster: Cluster): Promise<void> {
  const { rows } = await session.query<{ data_directory: string }>('show data_directory');
  const served = resolve(rows[0]?.data_directory ?? '');
  if (served !== cluster.data) {
    throw new EmbeddedError('not_ours', `The PostgreSQL that should serve ${cluster.data} serves ${served}.`);
  }
}

async function tryLock(session: pg.Client): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [OWNER_LOCK]);
  return rows[0]?.locked === true;
}

function isPassing(error: unknown): boolean {
  if (error instanceof EmbeddedError || error instanceof TypeError) return false;
  const code = errorCode(error);
  // pg's own "connection terminated" has no code.
  return code === undefined || PASSING.includes(code);
}

async function serve(cluster: Cluster, { port, session }: Owner, log: BaseLogger): Promise<EmbeddedDatabase> {
  let stopping: Promise<void> | undefined;
  session.on('error', (error) => {
    // The server restarts itself after a crash of one session, and the lock is gone: the data are safe, but a second
    // process would not be refused any more.
    if (!stopping) log.error({ err: error }, 'the embedded PostgreSQL has ended our session');
  });
  const stop = async () => {
    await stopPostmaster(cluster);
    await session.end();
    log.info({ directory: cluster.data }, 'stopped the embedded PostgreSQL');
  };
  try {
    await removeUnfinished(cluster.home);
    const { rowCount } = await session.query('select 1 from pg_database where datname = $1', [NAME]);
    if (rowCount === 0) await session.query(`create database ${NAME}`);
  } catch (error) {
    stopping = stop();
    await stopping;
    throw error;
  }
  return {
    url: urlOf(cluster, port),
    directory: cluster.home,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/**
 * The URL of the embedded PostgreSQL that another process has started in this folder, and runs. Whoever goes there owns
 * nothing of it, and is cut off when that process ends it.
 *
 * @returns null when none runs; nothing is created or started
 */
export async function visitEmbedded({ directory, log }: EmbeddedOptions): Promise<string | null> {
  if (!existsSync(directory)) return null;
  const cluster = await readCluster(await findPlace(directory, log));
  const port = cluster === undefined ? undefined : await runningPort(cluster);
  return cluster === undefined || port === undefined ? null : urlOf(cluster, port);
}

function urlOf({ password }: Cluster, port: number): string {
  // Without sslmode the PGSSLMODE of the environment decides, and this server has no certificate.
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${NAME}?sslmode=disable`;
}
