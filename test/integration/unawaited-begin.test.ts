import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connect, type Database } from '../../server/db/connect.ts';
import { listAudit } from '../../server/sweep/audit-list.ts';
import { listAttempts } from '../../server/sweep/orphan-list.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createFaultyWay, type FaultyWay } from '../support/faulty-way.ts';
import { until } from '../support/until.ts';

let home: TestDatabase;
let way: FaultyWay;
let database: Database;
beforeAll(async () => {
  home = await createTestDatabase({ migrated: true });
  way = await createFaultyWay(home.url);
  return async () => {
    await way.close();
    await home.drop();
  };
});
beforeEach(() => {
  database = connect(way.over(home.url), { max: 1, onError: () => undefined });
  return async () => {
    way.heal();
    await database.close();
  };
});

/** What nobody has waited for: it would end the process. */
function watchUnhandled(): unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return unhandled;
}

const page = { cursor: 'none', limit: 1 };
const THROWN_AT_ONCE: Readonly<Record<string, () => Promise<unknown>>> = {
  'a function that throws at once': () =>
    database.transaction(() => {
      throw new RangeError('our own');
    }),
  'the audit with a cursor of another list': () => listAudit(database, 'default', page),
  'attempts with a cursor of another list': () => listAttempts(database, 'default', { workspaceId: 'w' }, page),
};

describe('promise 10: it never stops trying: a transaction that ends before its begin was answered', () => {
  it.each(Object.entries(THROWN_AT_ONCE))(
    '(%s) does not end the process when that answer does not come',
    async (_what, run) => {
      const unhandled = watchUnhandled();
      await database.statement(sql`select 1`);
      way.strike('unheard', 1);
      await expect(run()).rejects.toThrow();
      await until(() => way.struck() && way.open() === 0, { what: 'the connection to be broken' });
      // What comes over a new one comes later than the end of that one.
      await database.statement(sql`select 1`);
      await nextTurn();
      expect(unhandled).toEqual([]);
    },
  );

  it.each(Object.entries(THROWN_AT_ONCE))('(%s) says what was thrown when it does', async (_what, run) => {
    await expect(run()).rejects.toThrow(/our own|cursor/);
    expect((await database.statement(sql`select 1`)).rows).toHaveLength(1);
  });
});
