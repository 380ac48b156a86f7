import { drizzle } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../server/db/connect.ts';
import { createPlatform, type Platform } from '../../server/sweep/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const TABLE = `create type workspace_status as enum ('online', 'paused', 'removed');
  create table workspaces (
    id uuid primary key, name text, status workspace_status, instance_id text, updated_at timestamptz not null default now()
  )`;
const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

/** [n, status, instance id] */
const ROWS: readonly (readonly [number, string | null, string | null])[] = [
  [1, 'removed', 'i-1'],
  [2, 'removed', null],
  [3, 'removed', ''],
  [4, 'online', 'i-4'],
  [5, 'paused', 'i-5'],
  [6, null, 'i-6'],
];

describe('what the platform is asked', () => {
  let database: TestDatabase;
  let platform: Platform;
  const asked: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query(TABLE);
    for (const [n, status, instance] of ROWS) {
      await database.query('insert into workspaces (id, name, status, instance_id) values ($1, $2, $3, $4)', [
        id(n),
        `dev-${n}`,
        status,
        instance,
      ]);
    }
    const logger = { logQuery: (query: string) => void asked.push(query.replace(/\s+/g, ' ').trim()) };
    const logged: Database = {
      user: 'test',
      place: 'test',
      transaction: (run) => run(drizzle(database.pool, { logger })),
      statement(statement) {
        const { sql, params } = new PgDialect().sqlToQuery(statement);
        logger.logQuery(sql);
        return database.query(sql, params);
      },
      close: async () => {},
    };
    platform = createPlatform(logged, { schema: 'public', name: 'workspaces' });
  });
  afterAll(() => database.drop());

  const during = async (act: () => Promise<unknown>): Promise<string[]> => {
    asked.length = 0;
    await act();
    return [...asked];
  };

  it('the look is exactly the predicate of an orphan, with removed as a literal', async () => {
    const [look, ...others] = await during(() => platform.look());
    expect(others).toEqual([]);
    expect(look?.match(/from "public"[^)]*/g)?.map((found) => found.trim())).toEqual([
      `from "public"."workspaces" where status = 'removed' and instance_id is not null and instance_id <> ''`,
    ]);
  });

  it('the look lists the removed row with an id, and none that is live, unknown, or without an id', async () => {
    expect((await platform.look()).rows.map((row) => [row.workspaceId, row.instanceId])).toEqual([[id(1), 'i-1']]);
  });

  it('the only write is exactly the compare-and-set of the contract', async () => {
    const [write] = await during(() => platform.clear({ workspaceId: id(9), instanceId: 'i-9' }));
    expect(write).toBe(
      'update "public"."workspaces" set instance_id = null, updated_at = now() ' +
        `where id = $1 and status = 'removed' and instance_id = $2`,
    );
  });

  it('the permission is asked for the very statement that clears', async () => {
    const target = { workspaceId: id(1), instanceId: 'i-1' };
    const before = await database.query('select * from workspaces order by id');
    const statements = await during(() => platform.mayClear(target));
    expect(statements.at(-1)).toMatch(/^explain update "public"\."workspaces" set instance_id = null/);
    expect((await database.query('select * from workspaces order by id')).rows).toEqual(before.rows);
  });

  it('a clear leaves every other row alone: another id, a live one, one that is not ours', async () => {
    const dump = async () => (await database.query('select id, status, instance_id from workspaces order by id')).rows;
    const before = await dump();
    expect(await platform.clear({ workspaceId: id(1), instanceId: 'i-other' })).toBe('other');
    expect(await platform.clear({ workspaceId: id(4), instanceId: 'i-4' })).toBe('live');
    expect(await platform.clear({ workspaceId: id(6), instanceId: 'i-6' })).toBe('live');
    expect(await platform.clear({ workspaceId: id(9), instanceId: 'i-1' })).toBe('other');
    expect(await dump()).toEqual(before);
  });

  it('a recheck is one statement, and a row with an unknown status counts as live', async () => {
    const statements = await during(async () => {
      const { own, live } = await platform.recheck([
        { workspaceId: id(1), instanceId: 'i-1' },
        { workspaceId: id(9), instanceId: 'i-4' },
        { workspaceId: id(2), instanceId: 'i-6' },
        { workspaceId: id(3), instanceId: 'i-3' },
      ]);
      expect(Object.fromEntries(own)).toEqual({
        [id(1)]: { workspaceId: id(1), removed: true, instanceId: 'i-1' },
        [id(2)]: { workspaceId: id(2), removed: true, instanceId: null },
        [id(3)]: { workspaceId: id(3), removed: true, instanceId: null },
      });
      expect([...live.keys()].sort()).toEqual(['i-4', 'i-6']);
      expect(live.get('i-6')?.workspaceName).toBe('dev-6');
    });
    expect(statements).toHaveLength(1);
  });

  it('a row with an unknown status is not removed', async () => {
    expect((await platform.read([id(6), id(4), id(1)])).get(id(6))?.removed).toBe(false);
  });

  it('a clear that hits its row clears it, and marks the time', async () => {
    await database.query(`update workspaces set updated_at = '2020-01-01' where id = $1`, [id(1)]);
    expect(await platform.clear({ workspaceId: id(1), instanceId: 'i-1' })).toBe('cleared');
    const { rows } = await database.query<{ instance_id: string | null; updated_at: Date }>(
      'select instance_id, updated_at from workspaces where id = $1',
      [id(1)],
    );
    expect(rows[0]?.instance_id).toBeNull();
    expect(rows[0]?.updated_at.getFullYear()).toBeGreaterThan(2020);
  });
});
