import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';
import { builtProject } from './built-project.ts';
import type { Exit } from './process.ts';

/** What a command said in a process of its own. */
export interface CommandProcess {
  readonly exit: Promise<Exit & { readonly stdout: string; readonly stderr: string }>;
  signal(name: NodeJS.Signals): void;
}

/**
 * The built program with these arguments. It gets this environment and nothing of the caller's.
 *
 * @param folder where it is started; unless told, where no `.env` of anybody lies
 */
export async function startCommand(
  line: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  folder: string = inject('runDirectory'),
): Promise<CommandProcess> {
  const main = join(await builtProject(inject('runDirectory'), { console: false }), 'dist/server/main.js');
  const child = spawn(process.execPath, [main, ...line], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    exit: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    }),
    signal: (name) => void child.kill(name),
  };
}

export const runCommandLine = async (
  line: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  folder?: string,
): Promise<Awaited<CommandProcess['exit']>> => (await startCommand(line, env, folder)).exit;
