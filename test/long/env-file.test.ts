import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigAnswer } from '../../server/api/config.ts';
import { runCommandLine } from '../support/command-process.ts';
import { isRoot, nobody, nobodyCanRun, temporaryFolder } from '../support/embedded-cases.ts';
import { type Program, settingsFor, startProgram } from '../support/process.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});

/** A folder with a `.env`. */
async function folderWith(settings: Readonly<Record<string, string>>, mode = 0o600): Promise<string> {
  const folder = await temporaryFolder();
  const path = join(folder, '.env');
  await writeFile(
    path,
    Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`),
  );
  await chmod(path, mode);
  return folder;
}

async function settingOf(program: Program, name: string): Promise<ConfigAnswer['settings'][number] | undefined> {
  const { body } = await program.call<ConfigAnswer>('/api/config');
  return body.settings.find((setting) => setting.name === name);
}

describe('the .env of the folder where it is started', () => {
  it('is enough to serve; the environment counts more, and each setting says where it came from', async () => {
    const folder = await folderWith({ ...settingsFor(world), SWEEP_LIMIT: '7', SWEEP_CONCURRENCY: '3' });
    const program = await startProgram({ SWEEP_CONCURRENCY: '4' }, { folder });
    await program.ready();
    expect(await settingOf(program, 'SWEEP_LIMIT')).toMatchObject({ value: 7, source: '.env' });
    expect(await settingOf(program, 'SWEEP_CONCURRENCY')).toMatchObject({ value: 4, source: 'environment' });
    expect(await settingOf(program, 'DATABASE_URL')).toMatchObject({ value: null, set: true, source: '.env' });
    expect(program.log.filter(({ level }) => ['warn', 'error', 'fatal'].includes(level))).toEqual([]);
    program.signal('SIGTERM');
    expect((await program.exited).code).toBe(0);
  });

  it('is read by the commands, too; one that others may read is noted', async () => {
    const folder = await folderWith(settingsFor(world), 0o644);
    const checked = await runCommandLine(['check'], {}, folder);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toMatch(/^note .*holds DATABASE_URL, .* is open to other users .*: chmod 600/m);
    const program = await startProgram({}, { folder });
    await program.ready();
    const warning = expect.stringContaining('is open to other users of this machine; close it: chmod 600');
    expect(program.log).toContainEqual(expect.objectContaining({ level: 'warn', msg: warning }));
  });

  it('with a mistake ends the start with exit code 2 and a sentence that names the file', async () => {
    const folder = await folderWith({ SWEP_DRY_RUN: 'true' });
    const program = await startProgram({}, { folder });
    expect(await program.exited).toEqual({ code: 2, signal: null });
    const path = join(folder, '.env');
    expect(program.output()).toBe(
      `There is 1 mistake in the settings, those of "${path}" included:\n` +
        `- SWEP_DRY_RUN (from the file "${path}") is not a setting; did you mean SWEEP_DRY_RUN?`,
    );
  });

  it.skipIf(!isRoot)('that this user may not read ends the start with a sentence', async ({ skip }) => {
    if (!(await nobodyCanRun(process.execPath))) skip('an ordinary user cannot run Node here');
    const folder = await folderWith(settingsFor(world));
    const program = await startProgram({}, { folder, account: nobody() });
    expect(await program.exited).toEqual({ code: 2, signal: null });
    expect(program.output()).toContain(
      `- The file "${join(folder, '.env')}" cannot be read (EACCES: permission denied); ` +
        'it must be a file that this user may read, or not be there',
    );
  });

  it('is not read by the demo, which is for nobody', async () => {
    const folder = await folderWith({ SWEP_DRY_RUN: 'true', DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' });
    const program = await startProgram({}, { folder, command: 'demo' });
    await program.ready();
    program.signal('SIGINT');
    expect((await program.exited).code).toBe(0);
  });

  it('of whoever runs the tests is not read by the programs that these start', async () => {
    const before = process.cwd();
    process.chdir(await folderWith({ SWEP_DRY_RUN: 'true' }));
    onTestFinished(() => process.chdir(before));
    expect((await runCommandLine(['check'], settingsFor(world))).stdout).toContain('All well.');
    await (await startProgram(settingsFor(world))).ready();
  });
});
