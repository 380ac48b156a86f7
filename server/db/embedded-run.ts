import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** A user of this machine. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface RunOptions {
  /** As whom; undefined: as ourselves. Only root may be somebody else. */
  readonly account: Account | undefined;
  /** A folder that the account can enter, as ours need not be. */
  readonly cwd: string;
  /** In a process group of its own, which a Ctrl-C in our terminal does not reach. */
  readonly detached?: boolean;
  /** Where its output goes instead of into the answer. */
  readonly output?: FileHandle;
}

export interface RunResult {
  /** null: ended by a signal, which is what happens to a program that hangs. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** Longer than any of PostgreSQL's own waits (pg_ctl is told 120 s), so that its message is the one that is seen. */
const HANGS_AFTER_MS = 180_000;

/** Runs a program to its end. Rejects only when it cannot be started. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { account, cwd, detached = false, output } = options;
  const sink = output === undefined ? 'pipe' : output.fd;
  const child = spawn(program, args, {
    cwd,
    detached,
    // Nothing of our environment: a PGDATA, PGHOST or PGOPTIONS meant for another database would steer this one.
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', sink, sink],
    windowsHide: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  // Not spawn's own `timeout`: its timer outlives a program that cannot be started, and keeps our process alive with it.
  const hangs = setTimeout(() => child.kill(), HANGS_AFTER_MS);
  try {
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const [exitCode, out, err] = await Promise.all([
      exit,
      child.stdout && text(child.stdout),
      child.stderr && text(child.stderr),
    ]);
    return { exitCode, output: `${out ?? ''}${err ?? ''}`.trim() };
  } finally {
    clearTimeout(hangs);
  }
}
