import type { BackendKind } from '../../../server/sweep/outcome.ts';
import { identifier, literal, qualified, type TableName } from './sql-names.ts';

/** What a person runs against the platform's database. None of it writes to a row. */

/** The columns that are read. Only `instance_id` and `updated_at` are ever written; with containers nothing is. */
export const COLUMNS: Readonly<Record<BackendKind, readonly string[]>> = {
  'control-plane': ['id', 'name', 'status', 'instance_id', 'updated_at'],
  docker: ['id', 'name', 'status', 'updated_at'],
};

/** Tables that have the name, in whatever schema, or the one column that no other table is likely to have. */
export function findTable({ name }: TableName, kind: BackendKind): string {
  return `select table_schema, table_name,
  string_agg(column_name, ', ' order by ordinal_position) as columns
from information_schema.columns
group by table_schema, table_name
having bool_or(column_name = ${literal(kind === 'docker' ? 'status' : 'instance_id')})
  or lower(table_name) = lower(${literal(name)});`;
}

export function listColumns({ schema, name }: TableName): string {
  return `select column_name, data_type
from information_schema.columns
where table_schema = ${literal(schema)} and table_name = ${literal(name)}
order by ordinal_position;`;
}

/** All that the program needs: the same as in the README. */
export function grants(table: TableName, role: string, kind: BackendKind): string {
  const rights = kind === 'docker' ? 'select' : 'select, update (instance_id, updated_at)';
  return `grant usage on schema ${identifier(table.schema)} to ${identifier(role)};
grant ${rights}
  on ${qualified(table)} to ${identifier(role)};`;
}

export function showGrants(table: TableName, role: string, kind: BackendKind): string {
  const clears = `,
  has_column_privilege(who, what, 'instance_id', 'update')
    and has_column_privilege(who, what, 'updated_at', 'update') as clears`;
  return `select has_schema_privilege(who, ${literal(table.schema)}, 'usage') as uses_schema,
  has_table_privilege(who, what, 'select') as reads${kind === 'docker' ? '' : clears}
from (values (${literal(role)}, ${literal(qualified(table))})) as asked (who, what);`;
}

/** The name of the view stands in the same schema, so that the role needs no other one. */
export function viewOf({ schema }: TableName): TableName {
  return { schema, name: 'orphan_sweeper_workspaces' };
}

/** For a table whose columns have other names. PostgreSQL updates a view like this by itself. */
export function createView(table: TableName, role: string, kind: BackendKind): string {
  const instance = kind === 'docker' ? '' : ' INSTANCE_COLUMN as instance_id,';
  return `create view ${qualified(viewOf(table))} as
  select ID_COLUMN as id, NAME_COLUMN as name, STATUS_COLUMN as status,
   ${instance} UPDATED_COLUMN as updated_at
  from ${qualified(table)};
${grants(viewOf(table), role, kind)}`;
}

export function createRole(table: TableName, kind: BackendKind): string {
  return `create role orphan_sweeper login password 'A_PASSWORD';
${grants(table, 'orphan_sweeper', kind)}
create schema sweeper authorization orphan_sweeper;`;
}

export function bypassRowSecurity(role: string): string {
  return `alter role ${identifier(role)} bypassrls;`;
}

export function allowWrites(role: string): string {
  return `alter role ${identifier(role)} set default_transaction_read_only = off;`;
}

export const SHOW_REPLICA = 'select pg_is_in_recovery() as is_a_replica;';

export const SHOW_READ_ONLY = `select name, setting, source from pg_settings
where name in ('default_transaction_read_only', 'in_hot_standby');`;

export function listStatuses(table: TableName): string {
  return `select format_type(atttypid, atttypmod) as type,
  (select string_agg(enumlabel, ', ' order by enumsortorder)
    from pg_enum where enumtypid = atttypid) as its_values
from pg_attribute
where attrelid = ${literal(qualified(table))}::regclass and attname = 'status';`;
}

export function showRow(table: TableName): string {
  return `select exists (select from ${qualified(table)}) as has_rows;`;
}
