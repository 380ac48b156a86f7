import { sql } from 'drizzle-orm';
import type { Database } from './connect.ts';
import type { TableNames } from './mending-sql.ts';

/** How we are connected to the platform's database. */
export interface ConnectionFacts {
  readonly role: string;
  readonly database: string;
  readonly replica: boolean;
  readonly readOnly: boolean;
  /** Where that is set, in PostgreSQL's words; `client`: in the connection string. */
  readonly readOnlySource: string;
}

export interface ColumnFacts {
  readonly name: string;
  /** As in SQL. */
  readonly type: string;
  /** PostgreSQL's category of it: `S` text, `E` enum, `D` date and time. */
  readonly category: string;
  /** Of an enum; else null. */
  readonly labels: readonly string[] | null;
  readonly notNull: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** The platform's table, from the catalogue: whoever may connect may read that, whatever else is not granted. */
export interface TableFacts {
  readonly kind: 'table' | 'view' | 'other';
  readonly usesSchema: boolean;
  /** A policy decides which rows this role sees. */
  readonly rowSecurity: boolean;
  readonly columns: readonly ColumnFacts[];
}

export interface PlatformSurvey {
  readonly connection: ConnectionFacts;
  /** Null: there is none of this name. */
  readonly table: TableFacts | null;
  /** Tables that have all the columns, where there is none of this name. */
  readonly candidates: readonly TableNames[];
}

interface ConnectionRow extends Record<string, unknown> {
  readonly role: string;
  readonly database: string;
  readonly replica: boolean;
  readonly read_only: boolean;
  readonly read_only_source: string | null;
}

interface TableRow extends Record<string, unknown> {
  readonly oid: string;
  readonly kind: string;
  readonly uses_schema: boolean;
  readonly row_security: boolean;
}

interface ColumnRow extends Omit<ColumnFacts, 'notNull'>, Record<string, unknown> {
  readonly not_null: boolean;
}

/**
 * What the catalogue says of the platform's table; reads no row of it.
 *
 * @param columns that it should have
 * @throws DatabaseFailure
 */
export async function surveyPlatform(
  database: Database,
  names: TableNames,
  columns: readonly string[],
): Promise<PlatformSurvey> {
  return database.transaction(async (tx) => {
    const [connection] = (
      await tx.execute<ConnectionRow>(sql`
        select current_user::text as role, current_database()::text as database, pg_is_in_recovery() as replica,
          current_setting('transaction_read_only') = 'on' as read_only,
          (select source from pg_settings where name = 'default_transaction_read_only') as read_only_source`)
    ).rows;
    if (connection === undefined) throw new TypeError('a select without a table returns one row');
    const { read_only: readOnly, read_only_source: source, role, database: name, replica } = connection;
    // By name and not as regclass, which is an error where the schema may not be used.
    const [table] = (
      await tx.execute<TableRow>(sql`
        select c.oid::text as oid, c.relkind::text as kind, has_schema_privilege(n.oid, 'usage') as uses_schema,
          row_security_active(c.oid) as row_security
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = ${names.schema} and c.relname = ${names.name} and c.relkind in ('r', 'p', 'v', 'm', 'f')`)
    ).rows;
    return {
      connection: { role, database: name, replica, readOnly, readOnlySource: source ?? 'default' },
      table: table === undefined ? null : { ...tableOf(table), columns: await readColumns(table.oid) },
      candidates: table === undefined ? await findCandidates() : [],
    };

    async function readColumns(oid: string): Promise<ColumnFacts[]> {
      const { rows } = await tx.execute<ColumnRow>(sql`
        select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, base.typcategory::text as category,
          (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum as e where e.enumtypid = base.oid)
            as labels,
          a.attnotnull as not_null, has_column_privilege(a.attrelid, a.attnum, 'select') as reads,
          has_column_privilege(a.attrelid, a.attnum, 'update') as writes
        from pg_attribute as a join pg_type as t on t.oid = a.atttypid
          join pg_type as base on base.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
        where a.attrelid = ${oid}::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`);
      return rows.map(({ not_null: notNull, ...column }) => ({ ...column, notNull }));
    }

    async function findCandidates(): Promise<TableNames[]> {
      const { rows } = await tx.execute<{ schema: string; name: string }>(sql`
        select n.nspname::text as schema, c.relname::text as name
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v') and n.nspname not in ('pg_catalog', 'information_schema', 'sweeper') and (
          select count(*) from pg_attribute as a where a.attrelid = c.oid and not a.attisdropped
            and a.attname = any(${sql.param([...columns])}::text[])) = ${columns.length}
        order by c.relname <> ${names.name}, 1, 2 limit 5`);
      return rows.map(({ schema, name: found }) => ({ schema, name: found }));
    }
  });
}

function tableOf({ kind, uses_schema: usesSchema, row_security: rowSecurity }: TableRow): Omit<TableFacts, 'columns'> {
  return { kind: kind === 'r' || kind === 'p' ? 'table' : kind === 'v' ? 'view' : 'other', usesSchema, rowSecurity };
}
