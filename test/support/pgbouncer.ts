import { spawn } from 'node:child_process';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { isRoot, nobody, temporaryFolder } from './embedded-cases.ts';
import { findInstalled } from './installed.ts';
import { freePort } from './proxy.ts';
import { until } from './until.ts';

/** Sessions of the server for each database: far fewer than the replicas of a test have connections. */
const POOL_SIZE = 8;

/** A pool as PgBouncer itself reports it. */
export interface BouncerPool {
  readonly database: string;
  readonly poolMode: string;
  /** Connections to PgBouncer, and from it to the server. */
  readonly clients: number;
  readonly sessions: number;
}

/** A real PgBouncer in transaction mode before the PostgreSQL of this run. Ended with the test. */
export interface PgBouncer {
  /** The way to a database of this run that leads through it. */
  url(databaseUrl: string): string;
  /** One for each database that somebody has asked for. */
  pools(): Promise<BouncerPool[]>;
}

export function findPgBouncer(skip: (note: string) => never): string {
  return findInstalled('pgbouncer', 'pgbouncer', skip);
}

export async function startPgBouncer(program: string): Promise<PgBouncer> {
  const server = new URL(inject('postgresUrl'));
  const port = await freePort();
  const url = (databaseUrl: string): string => {
    const through = new URL(databaseUrl);
    through.port = String(port);
    return through.href;
  };
  const child = await run(program, server, port);
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const reached = async (): Promise<boolean> => {
    await ask(url(server.href), 'select 1');
    return true;
  };
  await until(reached, { timeoutMs: 60_000, what: 'PgBouncer to listen' }).catch((cause: unknown) => {
    throw new Error(`PgBouncer did not start:\n${lines.join('')}`, { cause });
  });
  return { url, pools: () => readPools(url(server.href)) };
}

/** It refuses to be root, as PostgreSQL does. */
async function run(program: string, server: URL, port: number) {
  const folder = await temporaryFolder(0o700);
  const user = decodeURIComponent(server.username);
  const files = {
    'users.txt': `${quoted(user)} ${quoted(decodeURIComponent(server.password))}\n`,
    'pgbouncer.ini': [
      '[databases]',
      `* = host=${server.hostname} port=${server.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${join(folder, 'users.txt')}`,
      `admin_users = ${user}`,
      'pool_mode = transaction',
      `default_pool_size = ${POOL_SIZE}`,
      'max_client_conn = 500',
      '',
    ].join('\n'),
  };
  const account = isRoot ? nobody() : undefined;
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    if (account) await chown(join(folder, name), account.uid, account.gid);
  }
  if (account) await chown(folder, account.uid, account.gid);
  return spawn(program, [join(folder, 'pgbouncer.ini')], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

async function readPools(url: string): Promise<BouncerPool[]> {
  const console = new URL(url);
  console.pathname = '/pgbouncer';
  const pools = await ask(console.href, 'show pools');
  return pools
    .filter((pool) => pool['database'] !== 'pgbouncer')
    .map((pool) => ({
      database: String(pool['database']),
      poolMode: String(pool['pool_mode']),
      clients: Number(pool['cl_active']) + Number(pool['cl_waiting']),
      sessions: ['sv_active', 'sv_idle', 'sv_used', 'sv_tested', 'sv_login'].reduce(
        (sum, name) => sum + Number(pool[name]),
        0,
      ),
    }));
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
