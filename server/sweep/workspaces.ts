import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { type PlatformTable, platformFault, ReadOnlyPlatform, TABLE_NEEDS } from './platform-fault.ts';

/** A row of the platform, as one reads it whose instances are not named in it. */
export interface WorkspaceRow {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly removed: boolean;
  /** As JSON has it; null when the row has none. */
  readonly updatedAt: string | null;
}

/** So many characters of an id stand for it in a name. */
export const SHORT_LENGTH = 12;

/** The rows that some names speak of: each is a whole id, or the first twelve characters of one. */
export interface Workspaces {
  /**
   * By the name that was asked for; several where twelve characters fit several ids, none where there is no such row.
   *
   * @throws PlatformFault when the platform's database cannot answer
   */
  find(names: readonly string[]): Promise<ReadonlyMap<string, readonly WorkspaceRow[]>>;
  /** Whether the table holds no row at all. */
  isEmpty(): Promise<boolean>;
}

interface FoundRow extends Record<string, unknown> {
  readonly replica: boolean;
  readonly asked: string | null;
  readonly id: string;
  readonly name: string | null;
  readonly removed: boolean;
  readonly updated_at: string | null;
}

/** What no `uuid` is would be an error where the column is one. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createWorkspaces(database: Database, names: PlatformTable): Workspaces {
  const table = sql`${sql.identifier(names.schema)}.${sql.identifier(names.name)}`;

  const at = { table: names, needs: TABLE_NEEDS.docker, user: database.user, place: database.place };

  const ask = async <Row extends Record<string, unknown>>(statement: SQL): Promise<readonly Row[]> => {
    try {
      return (await database.statement<Row>(statement)).rows;
    } catch (error) {
      throw platformFault(error, at);
    }
  };

  const selecting = (asked: SQL, where: SQL) =>
    sql`select ${asked} as asked, id::text as id, name::text as name, status is not distinct from 'removed' as removed,
      to_jsonb(updated_at) #>> '{}' as updated_at from ${table} where ${where}`;

  return {
    async find(asked) {
      const whole = asked.filter((name) => UUID.test(name));
      const short = asked.filter((name) => name.length === SHORT_LENGTH);
      const others = asked.filter((name) => !UUID.test(name) && name.length !== SHORT_LENGTH);
      const questions = [
        ...(whole.length === 0 ? [] : [selecting(sql`id::text`, sql`id = any(${textArray(whole)})`)]),
        ...(others.length === 0 ? [] : [selecting(sql`id::text`, sql`id::text = any(${textArray(others)}::text[])`)]),
        ...(short.length === 0
          ? []
          : [
              selecting(
                sql`left(id::text, ${sql.raw(String(SHORT_LENGTH))})`,
                sql`left(id::text, ${sql.raw(String(SHORT_LENGTH))}) = any(${textArray(short)}::text[])`,
              ),
            ]),
      ];
      if (questions.length === 0) return new Map();
      const rows = await ask<FoundRow>(
        sql`select server.replica, found.* from (select pg_is_in_recovery() as replica) as server
          left join (${sql.join(questions, sql` union all `)}) as found on true`,
      );
      if (rows[0]?.replica !== false) {
        throw platformFault(new ReadOnlyPlatform('replica'), at);
      }
      const found = new Map<string, WorkspaceRow[]>(asked.map((name) => [name, []]));
      for (const { asked: name, id, name: workspaceName, removed, updated_at: updatedAt } of rows) {
        if (name !== null) found.get(name)?.push({ workspaceId: id, workspaceName, removed, updatedAt });
      }
      return found;
    },

    async isEmpty() {
      const [row] = await ask<{ empty: boolean }>(sql`select not exists (select 1 from ${table}) as empty`);
      return row?.empty === true;
    },
  };
}

/** As one parameter whose type the column decides, so that uuid and text both work and both use their index. */
function textArray(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}`;
}
