import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { platform, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import { type EmbeddedDatabase, startEmbedded } from '../../server/db/embedded.ts';
import { errorCode } from '../../server/db/embedded-error.ts';
import { type Account, run } from '../../server/db/embedded-run.ts';
import { until } from './until.ts';

export const isRoot = userInfo().uid === 0;

/** An account that is not root's, for a process or a file that must not be ours. */
export function nobody(): Account {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { name: 'nobody', uid: Number(uid), gid: Number(gid) };
}

/** Whether an ordinary user can run programs of this folder: Node and the project may be in a folder of root's own. */
export async function nobodyCanRun(folder: string): Promise<boolean> {
  const script = `require('node:fs').accessSync(${JSON.stringify(folder)})`;
  try {
    return (await run(process.execPath, ['-e', script], { account: nobody(), cwd: '/' })).exitCode === 0;
  } catch (error) {
    console.info('an ordinary user cannot run Node here, and is not tested:', String(error));
    return false;
  }
}

/** A folder that everybody may enter, gone when the test is. */
export async function temporaryFolder(mode = 0o755): Promise<string> {
  const folder = await mkdtemp(join(inject('postgresDirectory'), 'embedded-'));
  await chmod(folder, mode);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What a log was told, as text. */
export interface RecordingLog {
  readonly log: pino.Logger;
  text(): string;
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  return { log, text: () => lines.join('') };
}

/** Starts the embedded database of a folder. It is stopped when the test ends, whatever the test did to it. */
export async function start(directory: string, log = pino({ level: 'silent' })): Promise<EmbeddedDatabase> {
  const embedded = await startEmbedded({ directory, log });
  onTestFinished(() => stopAndForget(embedded));
  return embedded;
}

/** For what root's database leaves outside of the folder it was asked for. */
async function stopAndForget(embedded: EmbeddedDatabase): Promise<void> {
  await embedded.stop();
  await rm(embedded.directory, { recursive: true, force: true });
  await removeSharedHome();
}

/** Another run of these tests, or an installation of this program, may have something in it. */
export async function removeSharedHome(): Promise<void> {
  try {
    await rmdir('/var/lib/orphan-sweeper');
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** The rows of one statement, on a connection of its own. */
export async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query(statement);
    return rows;
  } finally {
    await client.end();
  }
}

/** The id of the PostgreSQL that serves a folder, from its own file. */
export async function postmasterPid(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Whether the process lives; one that has ended and waits for its parent to notice does not. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    return platform() !== 'linux' || !/^\d+ \(.*\) Z/.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

export function gone(pid: number): Promise<boolean> {
  return until(async () => !(await isAlive(pid)), { what: `process ${pid} to end` });
}

export async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

/** What is kept there, but for the programs: they are copied there when the project lies where their user cannot go. */
export async function keptIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name !== 'binaries');
}
