import { databaseErrorOf, rootCause } from '../db/connect.ts';
import type { BackendKind, PlatformFaultCode } from './outcome.ts';

/** The platform's table, as named by PLATFORM_TABLE: exactly these identifiers. */
export interface PlatformTable {
  readonly schema: string;
  readonly name: string;
}

/** Thrown inside a transaction that may only read. */
export class ReadOnlyPlatform extends Error {
  readonly why: 'replica' | 'read_only';
  constructor(why: 'replica' | 'read_only') {
    super(why);
    this.why = why;
  }
}

/** The platform's database could not be asked, or would not do it. The message is one sentence for a person. */
export class PlatformFault extends Error {
  readonly code: PlatformFaultCode;
  constructor(code: PlatformFaultCode, message: string, cause: Error) {
    super(message, { cause });
    this.code = code;
  }
}

/** What a backend needs of the platform's table. */
export interface TableNeeds {
  readonly reads: readonly string[];
  /** Of those; none: nothing is ever written there. */
  readonly writes: readonly string[];
}

export const TABLE_NEEDS: Readonly<Record<BackendKind, TableNeeds>> = {
  'control-plane': {
    reads: ['id', 'name', 'status', 'instance_id', 'updated_at'],
    writes: ['instance_id', 'updated_at'],
  },
  docker: { reads: ['id', 'name', 'status', 'updated_at'], writes: [] },
};

export interface PlatformPlace {
  readonly table: PlatformTable;
  readonly needs: TableNeeds;
  /** The database role we are connected as. */
  readonly user: string;
  /** `host:port/database` */
  readonly place: string;
}

/** Names what is wrong and the setting or the SQL that mends it. Source: SQLSTATE, never a message's text. */
export function platformFault(error: unknown, at: PlatformPlace): PlatformFault {
  const cause = rootCause(error);
  const [code, message] = cause instanceof ReadOnlyPlatform ? notWritable(cause, at) : sentence(error, cause, at);
  return new PlatformFault(code, message, cause);
}

function sentence(error: unknown, cause: Error, at: PlatformPlace): [PlatformFaultCode, string] {
  const answer = databaseErrorOf(error);
  const table = `${quoted(at.table.schema)}.${quoted(at.table.name)}`;
  if (answer === null) {
    return [
      'unreachable',
      `The platform's database at ${at.place} cannot be reached (${cause.message}). ` +
        'If that address is wrong, set PLATFORM_DATABASE_URL (or DATABASE_URL, when both are one).',
    ];
  }
  const said = brief(answer.message);
  const writes = at.needs.writes.length > 0;
  // All are 42501; only the routine tells a policy, or a database that lets us not in, from a missing grant.
  if (answer.code === '42501' && answer.routine === 'check_enable_rls') return rowSecurity(table, at);
  if (answer.routine === 'CheckMyDatabase') return refused(said, at);
  switch (answer.code) {
    case '42P01':
    case '3F000':
      return ['no_table', `The platform's database at ${at.place} has no table ${table}. Set PLATFORM_TABLE.`];
    case '42703':
      return [
        'no_column',
        `The platform's table ${table} lacks a column (${said}). Orphan Sweeper reads ` +
          `${at.needs.reads.slice(0, -1).join(', ')} and ${at.needs.reads.at(-1)}; PLATFORM_TABLE names the table.`,
      ];
    case '42501':
      return [
        'no_grant',
        `The role ${at.user} may not read${writes ? ' or clear' : ''} ${table} (${said}). Run: ` +
          `grant usage on schema ${quoted(at.table.schema)} to ${quoted(at.user)}; ` +
          `grant select${writes ? `, update (${at.needs.writes.join(', ')})` : ''} on ${table} to ${quoted(at.user)}`,
      ];
    case '55000':
    case '42809':
      return [
        'failed',
        `The platform's ${table} cannot be updated, so no id can be cleared (${said}). Set PLATFORM_TABLE to a table, ` +
          'or to a view that can be updated.',
      ];
    case '25006':
      return notWritable(new ReadOnlyPlatform('read_only'), at);
    case '22P02':
      return [
        'no_removed',
        `The platform's table ${table} does not know what Orphan Sweeper asked for (${said}): its status ` +
          "must have the value 'removed'. PLATFORM_TABLE names the table.",
      ];
    case '57014':
    case '55P03':
      return [
        'timeout',
        `The platform's database at ${at.place} did not answer in time (${said}). ` +
          'The indexes recommended in the README make a look cheap.',
      ];
    default:
      return refusedOrFailed(answer.code ?? '', said, at);
  }
}

/** A server's words can hold a whole row, or all that a trigger has to say; the sentence around them is what helps. */
const SAID_BYTES = 200;

function brief(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= SAID_BYTES) return message;
  const start = bytes.subarray(0, SAID_BYTES).toString();
  // A character that was cut in two becomes U+FFFD.
  return `${start.replace(/\ufffd$/, '')}…`;
}

function rowSecurity(table: string, at: PlatformPlace): [PlatformFaultCode, string] {
  return [
    'row_security',
    `Row security on ${table} could hide rows from the role ${at.user}, and a hidden row is not a missing one. Give ` +
      `the role BYPASSRLS (alter role ${quoted(at.user)} bypassrls), or connect as the table's owner without FORCE ROW LEVEL ` +
      'SECURITY (PLATFORM_DATABASE_URL).',
  ];
}

function notWritable({ why }: ReadOnlyPlatform, at: PlatformPlace): [PlatformFaultCode, string] {
  return why === 'replica'
    ? [
        'replica',
        `The platform's database at ${at.place} is a replica, which lags${at.needs.writes.length > 0 ? ' and cannot clear an id' : ''}. ` +
          'Set PLATFORM_DATABASE_URL to the primary.',
      ]
    : [
        'read_only',
        `The platform's database at ${at.place} is read-only for the role ${at.user}, so no id can be cleared. ` +
          'Set PLATFORM_DATABASE_URL to a server and role that may write (default_transaction_read_only = off).',
      ];
}

/** Classes 08, 28, 3D, 53 and 57 are a server that lets nobody in, or not us. */
function refusedOrFailed(code: string, message: string, at: PlatformPlace): [PlatformFaultCode, string] {
  if (/^(08|28|3D|53|57)/.test(code)) return refused(message, at);
  return ['failed', `The platform's database at ${at.place} answered with an error (${message}, SQLSTATE ${code}).`];
}

function refused(message: string, at: PlatformPlace): [PlatformFaultCode, string] {
  return [
    'refused',
    `The platform's database at ${at.place} refuses the connection (${message}). ` +
      'Set PLATFORM_DATABASE_URL (or DATABASE_URL, when both are one), or see what its log says.',
  ];
}

/** As it must be written in SQL: what the sentences say is there to be copied. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
