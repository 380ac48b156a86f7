import { type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import type { LeftAlone } from '../db/schema.ts';
import {
  type PlatformFault,
  type PlatformTable,
  platformFault,
  ReadOnlyPlatform,
  TABLE_NEEDS,
} from './platform-fault.ts';

/** An instance that leaks, by what a look has found. */
export interface LeakedRow {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly instanceId: string;
  /** ISO 8601 with an offset and the database's microseconds; null when the row has no `updated_at`. */
  readonly updatedAt: string | null;
  /** Its row is removed; or there is none at all, and a label says that it is the platform's. */
  readonly why: 'removed' | 'no_row';
}

/** What one look has found. */
export interface Looked {
  readonly rows: readonly LeakedRow[];
  /** Those that could not be looked for, while the others could; null: all were. */
  readonly unseen: LeakedRow['why'] | null;
  /** Why they could not. */
  readonly fault: PlatformFault | null;
  /** What nobody can say the workspace of. */
  readonly leftAlone: readonly LeftAlone[];
}

/** A row as it is now, by its workspace id. */
export interface CurrentRow {
  readonly workspaceId: string;
  readonly removed: boolean;
  /** Null when the row has none, or an empty one. */
  readonly instanceId: string | null;
  /** Where rows do not name their instances: those that there are of the workspace. */
  readonly containers?: readonly string[];
}

/** A row that is not removed, and the instance that it names. */
export interface LiveRow {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly instanceId: string;
  /** Removed or not, the instance may be this row's: its name fits both. */
  readonly ambiguous?: true;
}

export interface Recheck {
  readonly own: ReadonlyMap<string, CurrentRow>;
  /** By instance id. */
  readonly live: ReadonlyMap<string, LiveRow>;
  /** The table holds no row at all: then a row that is not there proves nothing. */
  readonly tableEmpty: boolean;
}

export interface Target {
  readonly workspaceId: string;
  readonly instanceId: string;
}

/**
 * What became of the row when its id was to be cleared. `live`: it is not removed and names this very instance. `kept`:
 * it is removed and still names it (a trigger that swallows the update, or a row that was live for that moment).
 */
export type Cleared = 'cleared' | 'live' | 'kept' | 'other';

/** Every method throws a `PlatformFault`, whose message is a sentence for a person, when the platform cannot answer. */
export interface Platform {
  /** All orphans there are. A replica is no platform: what it shows is older than it says. */
  look(): Promise<Looked>;
  /** Whether the table holds no row at all. */
  isEmpty(): Promise<boolean>;
  /** At most so many rows that are not removed and name an instance, most recently updated first. */
  liveRows(limit: number): Promise<Target[]>;
  /** The rows of these workspaces as they are now; one that is missing in the answer does not exist. */
  read(workspaceIds: readonly string[]): Promise<Map<string, CurrentRow>>;
  /** Own rows, and live rows that name one of the instances, by one statement. */
  recheck(targets: readonly Target[]): Promise<Recheck>;
  /** Returns when the very update that clears an id would be allowed; throws what to do about it when not. */
  mayClear(target: Target): Promise<void>;
  /** The only write: compare-and-set on id, `removed` and this instance id. */
  clear(target: Target): Promise<Cleared>;
}

const leaked = sql.raw(`status = 'removed' and instance_id is not null and instance_id <> ''`);
const live = sql.raw(`status is distinct from 'removed'`);

/** Text of `updated_at` with microseconds, whatever its type: JSON is the one form that does not follow the session. */
const updatedAt = sql.raw(`to_jsonb(updated_at) #>> '{}'`);

/** One row at least, so that an empty answer says where it comes from, too. */
interface LookedRow extends Record<string, unknown> {
  readonly replica: boolean;
  readonly id: string | null;
  readonly name: string | null;
  readonly instance_id: string | null;
  readonly updated_at: string | null;
}

interface ReadRow extends Record<string, unknown> {
  readonly side: 'own' | 'live' | 'any';
  readonly id: string;
  readonly name: string | null;
  readonly removed: boolean;
  readonly instance_id: string | null;
}

export function createPlatform(database: Database, names: PlatformTable): Platform {
  const table = sql`${sql.identifier(names.schema)}.${sql.identifier(names.name)}`;

  const faultOf = (error: unknown) =>
    platformFault(error, {
      table: names,
      needs: TABLE_NEEDS['control-plane'],
      user: database.user,
      place: database.place,
    });

  const ask = async <T>(run: (tx: Transaction) => Promise<T>): Promise<T> => {
    try {
      return await database.transaction(run);
    } catch (error) {
      throw faultOf(error);
    }
  };

  const askOne = async <Row extends Record<string, unknown>>(statement: SQL) => {
    try {
      return await database.statement<Row>(statement);
    } catch (error) {
      throw faultOf(error);
    }
  };

  const ownRows = (workspaceIds: readonly string[]) =>
    sql`select 'own' as side, id::text as id, name::text as name, status is not distinct from 'removed' as removed,
      nullif(instance_id::text, '') as instance_id from ${table} where id = any(${textArray(workspaceIds)})`;

  const clearing = ({ workspaceId, instanceId }: Target) =>
    sql`update ${table} set instance_id = null, updated_at = now()
      where id = ${workspaceId} and status = 'removed' and instance_id = ${instanceId}`;

  return {
    async look() {
      const { rows } = await askOne<LookedRow>(
        sql`select server.replica, found.* from (select pg_is_in_recovery() as replica) as server left join (
            select id::text as id, name::text as name, instance_id::text as instance_id, ${updatedAt} as updated_at
            from ${table} where ${leaked}
          ) as found on true`,
      );
      if (rows[0]?.replica !== false) throw faultOf(new ReadOnlyPlatform('replica'));
      const leaking = rows.flatMap(({ id, name, instance_id: instanceId, updated_at: updated }) =>
        id === null || instanceId === null
          ? []
          : [{ workspaceId: id, workspaceName: name, instanceId, updatedAt: inUtc(updated), why: 'removed' as const }],
      );
      return { rows: leaking, unseen: null, fault: null, leftAlone: [] };
    },

    async isEmpty() {
      const { rows } = await askOne<{ empty: boolean }>(sql`select not exists (select 1 from ${table}) as empty`);
      return rows[0]?.empty === true;
    },

    async liveRows(limit) {
      const { rows } = await askOne<{ id: string; instance_id: string }>(
        sql`select id::text as id, instance_id::text as instance_id from ${table}
          where ${live} and instance_id is not null and instance_id <> ''
          order by ${table}.updated_at desc nulls last limit ${limit}`,
      );
      return rows.map((row) => ({ workspaceId: row.id, instanceId: row.instance_id }));
    },

    async read(workspaceIds) {
      const { rows } = await askOne<ReadRow>(ownRows(workspaceIds));
      return new Map(rows.map((row) => [row.id, currentRow(row)]));
    },

    async recheck(targets) {
      const instanceIds = targets.map((target) => target.instanceId);
      const { rows } = await askOne<ReadRow>(
        sql`${ownRows(targets.map((target) => target.workspaceId))}
          union all
          select 'live', id::text, name::text, false, instance_id::text from ${table}
          where instance_id = any(${textArray(instanceIds)}) and ${live}
          union all
          select 'any', '', null, false, null from (select 1 from ${table} limit 1) as one`,
      );
      const own = rows.filter((row) => row.side === 'own');
      return {
        own: new Map(own.map((row) => [row.id, currentRow(row)])),
        live: new Map(rows.filter((row) => row.side === 'live').map((row) => [row.instance_id ?? '', liveRow(row)])),
        tableEmpty: !rows.some((row) => row.side === 'any'),
      };
    },

    mayClear: (target) =>
      ask(async (tx) => {
        const { rows } = await tx.execute<{ replica: boolean; read_only: string }>(
          sql`select pg_is_in_recovery() as replica, current_setting('transaction_read_only') as read_only`,
        );
        if (rows[0]?.replica === true) throw new ReadOnlyPlatform('replica');
        if (rows[0]?.read_only !== 'off') throw new ReadOnlyPlatform('read_only');
        await tx.execute(sql`explain ${clearing(target)}`);
      }),

    async clear(target) {
      const { rowCount } = await askOne(clearing(target));
      if (rowCount !== 0) return 'cleared';
      // A second statement, so that it sees what the update waited for.
      const { rows } = await askOne<ReadRow>(ownRows([target.workspaceId]));
      const [row] = rows;
      if (row?.instance_id !== target.instanceId) return 'other';
      return row.removed ? 'kept' : 'live';
    },
  };
}

/** As one parameter whose type the column decides, so that uuid and text both work and both use their index. */
function textArray(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}`;
}

function currentRow(row: ReadRow): CurrentRow {
  return { workspaceId: row.id, removed: row.removed, instanceId: row.instance_id };
}

function liveRow(row: ReadRow): LiveRow {
  return { workspaceId: row.id, workspaceName: row.name, instanceId: row.instance_id ?? '' };
}

/**
 * An `updated_at` without time zone is UTC; one without a date (`infinity`), or with one that JavaScript does not know,
 * tells nothing. Long ago time zones had seconds, and where it is earlier than UTC Go's zero time is a year BC.
 */
export function inUtc(updatedAt: string | null): string | null {
  const [, time, era = ''] = /^(\d{4,5}-.*?)( BC)?$/.exec(updatedAt ?? '') ?? [];
  if (time === undefined) return null;
  return /T.*(Z|[+-]\d\d(:\d\d){0,2})$/.test(time) ? updatedAt : `${time}Z${era}`;
}
