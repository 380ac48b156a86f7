import { type FileHandle, link, open, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, readIfThere } from './embedded-cluster.ts';
import { EmbeddedError, errorCode } from './embedded-error.ts';
import { type RunResult, run } from './embedded-run.ts';

/** Recovery after a crash is part of a start. */
export const START_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 60_000;
const START_ATTEMPTS = 3;
/** The log is kept across starts, up to this and once more. */
const LOG_BYTES = 10_000_000;
const TAIL_LINES = 15;
const POLL_EVERY_MS = 50;

export interface Running {
  readonly port: number;
  /** false: it ran already. */
  readonly started: boolean;
}

/** The port of the cluster's PostgreSQL, which is started unless it runs. It may not be ready for connections yet. */
export async function ensureRunning(cluster: Cluster): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    const running = await runningPort(cluster);
    if (running !== undefined) return { port: running, started: false };
    const port = await freePort();
    try {
      await startPostmaster(cluster, port);
      return { port, started: true };
    } catch (error) {
      // Another process may have been faster: with the same database, or with the port.
      const lostRace = (await isRunning(cluster)) || !(await isFree(port));
      if (attempt === START_ATTEMPTS || !lostRace) throw error;
    }
  }
}

/**
 * Ends all sessions, writes everything to disk, and waits until it is done. Nothing happens when it does not run.
 *
 * The waiting is ours: pg_ctl waits for postmaster.pid to go away, and would wait in vain where another process starts
 * this database again in the moment it is free.
 */
export async function stopPostmaster(cluster: Cluster): Promise<void> {
  if (!(await isRunning(cluster))) return;
  const pid = await readPid(cluster);
  const { output } = await pgCtl(cluster, ['stop', '-m', 'fast', '-W']);
  const deadline = performance.now() + STOP_WITHIN_MS;
  while ((await readPid(cluster)) === pid && (await isRunning(cluster))) {
    if (performance.now() > deadline) {
      const tail = await tailOf(cluster.logFile, 0);
      const seconds = STOP_WITHIN_MS / 1000;
      throw new EmbeddedError(
        'stop_failed',
        `The embedded PostgreSQL in ${cluster.data} did not stop within ${seconds} s: ${output}\n${tail}`,
      );
    }
    await delay(POLL_EVERY_MS);
  }
}

async function startPostmaster(cluster: Cluster, port: number): Promise<void> {
  const output = await openLog(cluster);
  try {
    const { size } = await output.stat();
    const seconds = START_WITHIN_MS / 1000;
    const args = ['start', '-l', cluster.logFile, '-o', `-p ${port}`, '-w', '-t', String(seconds)];
    const { exitCode } = await pgCtl(cluster, args, output);
    if (exitCode !== 0) {
      const tail = await tailOf(cluster.logFile, size);
      throw new EmbeddedError('start_failed', `The embedded PostgreSQL in ${cluster.data} did not start:\n${tail}`);
    }
  } finally {
    await output.close();
  }
}

/**
 * Detached: pg_ctl takes the PostgreSQL it starts out of our process group, but a Ctrl-C while it still waits would
 * reach it, and it would take PostgreSQL down.
 */
function pgCtl(cluster: Cluster, args: readonly string[], output?: FileHandle): Promise<RunResult> {
  return run(join(cluster.programs, 'bin', 'pg_ctl'), [...args, '-D', cluster.data], {
    account: cluster.account,
    cwd: cluster.home,
    detached: true,
    ...(output && { output }),
  });
}

/** Undefined: it does not run. */
export async function runningPort(cluster: Cluster): Promise<number | undefined> {
  const deadline = performance.now() + START_WITHIN_MS;
  while (await isRunning(cluster)) {
    // The fourth line; not there yet in the first moments of a start.
    const port = Number((await readIfThere(pidFileOf(cluster)))?.split('\n')[3]);
    if (port > 0) return port;
    if (performance.now() > deadline) {
      throw new EmbeddedError('start_failed', `The embedded PostgreSQL in ${cluster.data} does not name its port.`);
    }
    await delay(POLL_EVERY_MS);
  }
  return undefined;
}

async function isRunning(cluster: Cluster): Promise<boolean> {
  const text = await readIfThere(pidFileOf(cluster));
  if (text === undefined) return false;
  // Asks the system whether a process with that id lives. It does not see whether it is PostgreSQL.
  if ((await pgCtl(cluster, ['status'])).exitCode !== 0) return false;
  const pid = pidIn(text);
  if (!(await isOtherProcess(pid, cluster.data))) return true;
  await moveAside(cluster, text);
  return false;
}

/**
 * Whether a process that lives is known not to be the PostgreSQL of this data folder. After a crash of the machine, or in
 * a new container with the old volume, the id in postmaster.pid is soon somebody else's, and PostgreSQL refuses to start.
 */
async function isOtherProcess(pid: number, data: string): Promise<boolean> {
  const commandLine = await commandLineOf(pid);
  return commandLine !== undefined && !commandLine.includes(data);
}

async function commandLineOf(pid: number): Promise<string | undefined> {
  if (platform() === 'linux') return (await readIfThere(`/proc/${pid}/cmdline`)) ?? '';
  // On Windows pg_ctl asks a pipe that only PostgreSQL has: nothing is left to find out.
  if (platform() === 'win32') return undefined;
  const { output } = await run('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
    account: undefined,
    cwd: '/',
  });
  return output;
}

/** Takes a postmaster.pid with this text away; one that a rival has written in the meantime is put back. */
async function moveAside(cluster: Cluster, text: string): Promise<void> {
  const file = pidFileOf(cluster);
  const aside = `${file}.stale`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, 'utf8')).trim() !== text) await link(aside, file);
    await rm(aside, { force: true });
  } catch (error) {
    // A rival found the same stale file.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function readPid(cluster: Cluster): Promise<number | undefined> {
  const text = await readIfThere(pidFileOf(cluster));
  return text === undefined ? undefined : pidIn(text);
}

/** The first line of a postmaster.pid. */
function pidIn(text: string): number {
  return Number(text.split('\n')[0]);
}

function pidFileOf(cluster: Cluster): string {
  return join(cluster.data, 'postmaster.pid');
}

/** Opens the log to append to, and begins a new one when it has grown large. Made anew if somebody has removed it. */
async function openLog(cluster: Cluster): Promise<FileHandle> {
  const { logFile, account } = cluster;
  const log = await open(logFile, 'a', 0o600);
  if (account) await log.chown(account.uid, account.gid);
  if ((await log.stat()).size < LOG_BYTES) return log;
  await log.close();
  await rename(logFile, `${logFile}.old`);
  return await openLog(cluster);
}

async function tailOf(file: string, from: number): Promise<string> {
  const text = (await readFile(file)).subarray(from).toString('utf8').trimEnd();
  return text.split('\n').slice(-TAIL_LINES).join('\n');
}

async function freePort(): Promise<number> {
  return await listenOn(0);
}

async function isFree(port: number): Promise<boolean> {
  try {
    await listenOn(port);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return false;
    throw error;
  }
}

function listenOn(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
