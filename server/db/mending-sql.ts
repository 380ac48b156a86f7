import pg from 'pg';

/** A table, by the names that it has in the catalogue. */
export interface TableNames {
  readonly schema: string;
  readonly name: string;
}

/**
 * What a person runs as a superuser or owner, to be copied as it is: one line each, every name quoted. None of it writes
 * to a row of the platform.
 */

const quoted = pg.escapeIdentifier;

export function qualified({ schema, name }: TableNames): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

export function createDatabase(database: string, role: string): string {
  return `create database ${quoted(database)} owner ${quoted(role)};`;
}

export function createOwnSchema(role: string): string {
  return `create schema sweeper authorization ${quoted(role)};`;
}

/** Enough to use what is there. */
export function grantOwnSchema(role: string): string {
  return (
    `grant usage on schema sweeper to ${quoted(role)}; ` +
    `grant select, insert, update, delete on all tables in schema sweeper to ${quoted(role)}; ` +
    `grant usage on all sequences in schema sweeper to ${quoted(role)};`
  );
}

/** Enough to migrate an empty one. */
export function grantEmptySchema(role: string): string {
  return `grant usage, create on schema sweeper to ${quoted(role)};`;
}

export function inheritOwner(owner: string, role: string): string {
  return `grant ${quoted(owner)} to ${quoted(role)};`;
}

export function grantSchema({ schema }: TableNames, role: string): string {
  return `grant usage on schema ${quoted(schema)} to ${quoted(role)};`;
}

/** The same as in the README. */
export function grantTable(table: TableNames, role: string, written: readonly string[]): string {
  const update = written.length === 0 ? '' : `, update (${written.join(', ')})`;
  return `grant select${update} on ${qualified(table)} to ${quoted(role)};`;
}

/** In this database: it outdoes what is set for the role, the database or the server. */
export function allowWrites(role: string, database: string): string {
  return `alter role ${quoted(role)} in database ${quoted(database)} set default_transaction_read_only = off;`;
}

export function bypassRowSecurity(role: string): string {
  return `alter role ${quoted(role)} bypassrls;`;
}

export function allowNull(table: TableNames, column: string): string {
  return `alter table ${qualified(table)} alter column ${quoted(column)} drop not null;`;
}

/** In the schema of the table, so that the role needs no other one. */
export function viewOf({ schema }: TableNames): TableNames {
  return { schema, name: 'orphan_sweeper_workspaces' };
}

/**
 * For a table whose columns are called otherwise: PostgreSQL updates a view like this by itself.
 *
 * @param missing of these the reader puts in what they are called
 */
export function createView(
  table: TableNames,
  columns: readonly string[],
  missing: readonly string[],
  role: string,
  written: readonly string[],
): string {
  const selected = columns.map((column) =>
    missing.includes(column) ? `${column.toUpperCase()}_COLUMN as ${column}` : column,
  );
  const view = viewOf(table);
  return (
    `create view ${qualified(view)} as select ${selected.join(', ')} from ${qualified(table)}; ` +
    `${grantSchema(view, role)} ${grantTable(view, role, written)}`
  );
}
