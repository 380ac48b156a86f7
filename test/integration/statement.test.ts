import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database, DatabaseFailure } from '../../server/db/connect.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('one statement in a transaction of its own', () => {
  let home: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    home = await createTestDatabase();
    await home.query('create table things (n integer primary key)');
    // One connection: what a statement left behind would meet the next.
    database = connect(home.url, { max: 1, rowSecurityOff: true, onError: () => undefined });
  });
  afterAll(async () => {
    await database.close();
    await home.drop();
  });

  const limits = sql`select current_setting('statement_timeout') as statement, current_setting('row_security') as rows,
    current_setting('idle_in_transaction_session_timeout') as idle, current_setting('TimeZone') as zone`;
  const things = async () => (await home.query<{ n: number }>('select n from things order by n')).rows;

  it('is limited like every transaction', async () => {
    const { rows } = await database.statement(limits);
    expect(rows).toEqual([{ statement: '5s', rows: 'off', idle: '5s', zone: 'UTC' }]);
    expect((await database.transaction((tx) => tx.execute(limits))).rows).toEqual(rows);
  });

  it('is committed, with its parameters', async () => {
    expect((await database.statement(sql`insert into things values (${1}), (${2})`)).rowCount).toBe(2);
    expect(await things()).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('that fails leaves nothing, says what the server said, and the connection goes on', async () => {
    const failing = database.statement(sql`insert into things values (${3}), (${1})`);
    await expect(failing).rejects.toThrow(DatabaseFailure);
    await expect(failing).rejects.toThrow(/duplicate key/);
    expect(await things()).toEqual([{ n: 1 }, { n: 2 }]);
    expect((await database.statement(limits)).rows).toHaveLength(1);
  });

  it('whose connection breaks is a failure of the database, and the next one has a new connection', async () => {
    const broken = database.statement(sql`select pg_terminate_backend(pg_backend_pid())`);
    await expect(broken).rejects.toThrow(DatabaseFailure);
    expect((await database.statement(limits)).rows).toHaveLength(1);
  });

  it('and a transaction whose first statement fails do not hide why', async () => {
    const failing = database.transaction((tx) => tx.execute(sql`insert into things values (${1})`));
    await expect(failing).rejects.toThrow(/duplicate key/);
    await expect(
      database.transaction(async () => {
        throw new RangeError('our own');
      }),
    ).rejects.toThrow(RangeError);
    expect(await things()).toEqual([{ n: 1 }, { n: 2 }]);
  });
});
