import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { pino } from 'pino';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { refuseForeign, startThrowaway, type ThrowawayDatabase } from '../../server/db/throwaway.ts';
import { createRole, createTestDatabase } from '../support/database.ts';
import { ask, gone, isRoot, postmasterPid, temporaryFolder } from '../support/embedded-cases.ts';

const silent = pino({ level: 'silent' });

/** One that lives in this temporary folder. */
async function startIn(temporary: string): Promise<ThrowawayDatabase> {
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const database = await startThrowaway('thrown-away', silent);
  onTestFinished(database.stop);
  return database;
}

describe('a throw-away database', () => {
  test('works, and leaves neither a process nor a file', async () => {
    const temporary = await temporaryFolder();
    const database = await startIn(temporary);
    expect(await ask(database.url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(database.directory.startsWith(temporary)).toBe(true);
    const pid = await postmasterPid(database.directory);
    await database.stop();
    await gone(pid);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('is another one each time: two at once know nothing of each other', async () => {
    const temporary = await temporaryFolder();
    const [one, other] = await Promise.all([startIn(temporary), startIn(temporary)]);
    await ask(one.url, 'create table only_here (id int)');
    await expect(ask(other.url, 'select from only_here')).rejects.toMatchObject({ code: '42P01' });
  });

  test.runIf(isRoot)(
    'of root’s in a closed folder has its data elsewhere, and leaves nothing there either',
    async () => {
      const closed = await temporaryFolder(0o700);
      const database = await startIn(closed);
      expect(database.directory).toMatch(/^\/var\/lib\/orphan-sweeper\/[0-9a-f]{12}$/);
      await refuseForeign(database);
      await database.stop();
      expect(existsSync(database.directory)).toBe(false);
      expect(await readdir(closed)).toEqual([]);
    },
  );
});

describe('who is about to break something', () => {
  const directory = inject('postgresDirectory');

  test('is let through to the database that was started for it', async () => {
    const own = await createTestDatabase();
    await refuseForeign({ url: own.url, directory });
    await own.drop();
  });

  test('is refused at any other', async () => {
    const other = await startIn(await temporaryFolder());
    const foreign = refuseForeign({ url: other.url, directory: `${directory}/elsewhere` });
    await expect(foreign).rejects.toThrow('Refused: this database is in');
    const own = await createTestDatabase();
    await expect(refuseForeign({ url: own.url, directory: other.directory })).rejects.toThrow('Refused');
    await own.drop();
  });

  test('is refused where it may not even ask, as most users of a database that somebody else set up', async () => {
    const own = await createTestDatabase();
    const role = await createRole();
    await expect(refuseForeign({ url: role.url(own.url), directory })).rejects.toMatchObject({ code: '42501' });
    await role.drop(own.url);
    await own.drop();
  });
});
