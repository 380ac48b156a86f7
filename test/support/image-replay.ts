import { execFile } from 'node:child_process';
import { cp, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Instruction, Stage } from './dockerfile.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/**
 * Does what a Dockerfile says, in folders instead of images: each stage gets one, in which its WORKDIR is the top. Only
 * `npm ci` is not run, since it needs the network: what it would install is copied from this project.
 */
export async function replayDockerfile(stages: readonly Stage[], folder: string): Promise<(stage: string) => string> {
  const of = (stage: string): string => join(folder, stage);
  for (const { name, from, instructions } of stages) {
    if (stages.some((one) => one.name === from)) await cp(of(from), of(name), VERBATIM);
    else await mkdir(of(name));
    for (const instruction of instructions) await carryOut(instruction, of(name), of);
  }
  return of;
}

const VERBATIM = { recursive: true, verbatimSymlinks: true } as const;

async function carryOut({ word, flags, text }: Instruction, here: string, of: (stage: string) => string) {
  if (word === 'COPY') {
    const from = flags['from'];
    const paths = text.split(' ');
    const target = join(here, paths.at(-1) ?? '');
    for (const path of paths.slice(0, -1)) {
      // An absolute one begins with the WORKDIR of the stage that it comes from.
      const source = from === undefined ? join(PROJECT, path) : join(of(from), path.replace(/^\/app\//, ''));
      // As Docker does: what is in a folder goes into the target, a file goes into it under its own name.
      const isFolder = (await stat(source)).isDirectory();
      await cp(source, isFolder ? target : join(target, basename(source)), VERBATIM);
    }
  } else if (word === 'RUN' && text === 'npm ci') {
    await cp(await realpath(join(PROJECT, 'node_modules')), join(here, 'node_modules'), VERBATIM);
  } else if (word === 'RUN') {
    const env = { ...process.env, npm_config_offline: 'true', npm_config_audit: 'false' };
    await run('sh', ['-c', text], { cwd: here, env });
  }
}
