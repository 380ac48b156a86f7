import type { Config } from '../config.ts';
import type { Database } from '../db/connect.ts';
import {
  allowNull,
  allowWrites,
  bypassRowSecurity,
  createView,
  grantSchema,
  grantTable,
  qualified,
  viewOf,
} from '../db/mending-sql.ts';
import { missingIndexes } from '../db/platform-index.ts';
import { type ColumnFacts, type PlatformSurvey, surveyPlatform, type TableFacts } from '../db/platform-survey.ts';
import type { Clock } from '../sweep/clock.ts';
import type { Platform } from '../sweep/platform.ts';
import { platformFault, type TableNeeds } from '../sweep/platform-fault.ts';
import { type Checklist, type Finding, not, note, ok, setting, sqlThat, unknown } from './checklist.ts';
import { count } from './words.ts';

/** Of the columns that are compared with text. */
const TEXT = 'S';
const ENUM = 'E';
const TIME = 'D';

export interface PlatformChecked {
  readonly table: Config['platform']['table'];
  readonly database: Database;
  readonly platform: Platform;
  readonly needs: TableNeeds;
  readonly clock: Clock;
}

/** Reads the catalogue, and at last the table as a sweep does. Writes nothing: the update that clears is only explained. */
export async function checkPlatform(list: Checklist, of: PlatformChecked): Promise<void> {
  const survey = once(() => readSurvey(of));
  const found = async () => tableOf(await survey());

  await list.ask('table', ['platform'], async () => tableFinding(await survey(), of));
  await list.ask('columns', ['table'], async () => columnFindings(await survey(), await found(), of));
  await list.ask('grants', ['columns'], async () => grantFinding(await survey(), await found(), of));
  await list.ask('replica', ['platform'], async () => writableFinding(await survey(), of));
  await list.ask('row_security', ['table'], async () => rowSecurityFinding(await survey(), await found(), of));
  const all = ['columns', 'grants', 'replica', 'row_security'] as const;
  await list.ask('look', all, () => lookFinding(of));
  if (of.needs.writes.length === 0) {
    await list.ask('clear', [], () => ok('nothing is ever written to this table'));
    await list.ask('indexes', [], () => ok('none is needed: rows are asked for by their ids'));
    return;
  }
  await list.ask('clear', [...all, 'look'], async () => clearFinding(of, await found()));
  await list.ask('indexes', ['columns'], async () => indexFinding(of, await found()));
}

/** @throws PlatformFault */
export async function reachPlatform(of: PlatformChecked): Promise<Finding> {
  const { connection } = await readSurvey(of);
  return ok(`${of.database.place}, as ${connection.role}`);
}

async function readSurvey({ database, table, needs }: PlatformChecked): Promise<PlatformSurvey> {
  try {
    return await surveyPlatform(database, table, needs.reads);
  } catch (error) {
    throw platformFault(error, { table, user: database.user, place: database.place, needs });
  }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask();
    return asked;
  };
}

function tableOf({ table }: PlatformSurvey): TableFacts {
  if (table === null) throw new TypeError('asked for only where there is a table');
  return table;
}

/** What PLATFORM_TABLE takes. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]*$/;

function tableFinding(
  { table, candidates }: PlatformSurvey,
  { table: names, database, needs }: PlatformChecked,
): Finding {
  const named = qualified(names);
  if (table?.kind === 'other') return not(`${named} is neither a table nor a view`, setting('PLATFORM_TABLE'));
  if (table !== null) return ok(`${named}${table.kind === 'view' ? ', a view' : ''}`);
  const [nearest] = candidates.filter(({ schema, name }) => PLAIN.test(schema) && PLAIN.test(name));
  const what = `there is no table ${named} in ${database.place}`;
  if (nearest !== undefined) {
    return not(
      `${what}, and another one has all the columns`,
      setting(`PLATFORM_TABLE=${nearest.schema}.${nearest.name}`),
    );
  }
  return not(
    `${what}, nor any other with the columns ${needs.reads.join(', ')}`,
    setting('PLATFORM_TABLE to the table of the workspaces, or PLATFORM_DATABASE_URL to its database'),
  );
}

function columnFindings({ connection }: PlatformSurvey, found: TableFacts, of: PlatformChecked): Finding[] {
  const { table, needs } = of;
  const missing = needs.reads.filter((name) => !found.columns.some((column) => column.name === name));
  if (missing.length > 0) {
    const { schema, name } = viewOf(table);
    const lacks = `${qualified(table)} has no column ${missing.join(', ')}`;
    const says = `${lacks}. If it is called otherwise, a view with PLATFORM_TABLE=${schema}.${name} gives it this name`;
    return [not(says, sqlThat(createView(table, needs.reads, missing, connection.role, needs.writes)))];
  }
  const columns = needs.reads.flatMap((name) => found.columns.filter((column) => column.name === name));
  const wrong = columns.flatMap((column) => unusable(column, table));
  if (wrong.length > 0) return wrong;
  const listed = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
  const zoneless = columns.some(
    ({ name, type }) => name === 'updated_at' && type.startsWith('timestamp') && !type.endsWith(' with time zone'),
  );
  return [ok(listed), ...(zoneless ? [note('updated_at has no time zone: it is read and written as UTC')] : [])];
}

function unusable({ name, type, category, labels, notNull }: ColumnFacts, table: PlatformChecked['table']): Finding[] {
  const is = `${name} is ${type}`;
  switch (name) {
    case 'status':
      if (category === ENUM && labels?.includes('removed') === false) {
        return [not(`${is}, which knows no 'removed' (${labels.join(', ')})`, setting('PLATFORM_TABLE'))];
      }
      return category === ENUM || category === TEXT
        ? []
        : [not(`${is}, and must be text or an enum`, setting('PLATFORM_TABLE'))];
    case 'instance_id':
      if (category !== TEXT) return [not(`${is}, and must be text`, setting('PLATFORM_TABLE'))];
      // What is cleared becomes null.
      return notNull ? [not(`${name} may not be null, so no id can be cleared`, sqlThat(allowNull(table, name)))] : [];
    case 'updated_at':
      return category === TIME ? [] : [not(`${is}, and must be a timestamp`, setting('PLATFORM_TABLE'))];
    default:
      return [];
  }
}

function grantFinding(
  { connection: { role } }: PlatformSurvey,
  found: TableFacts,
  { table, needs }: PlatformChecked,
): Finding {
  const needed = found.columns.filter(({ name }) => needs.reads.includes(name));
  const unread = needed.filter(({ reads }) => !reads).map(({ name }) => name);
  const unwritten = needed.filter(({ name, writes }) => needs.writes.includes(name) && !writes).map(({ name }) => name);
  const lacking = [
    ...(unread.length === 0 ? [] : [`select ${unread.join(', ')}`]),
    ...(unwritten.length === 0 ? [] : [`update ${unwritten.join(', ')}`]),
  ];
  const may = [
    ...(found.usesSchema ? [] : [`use the schema ${table.schema}`]),
    ...(lacking.length === 0 ? [] : [`${lacking.join(', nor ')} of ${qualified(table)}`]),
  ];
  if (may.length === 0) {
    const writes = needs.writes.length === 0 ? ', and nothing is written' : ` and update ${needs.writes.join(', ')}`;
    return ok(`${role} may select what is read${writes}`);
  }
  const grants = [
    ...(found.usesSchema ? [] : [grantSchema(table, role)]),
    ...(lacking.length === 0 ? [] : [grantTable(table, role, needs.writes)]),
  ];
  return not(`${role} may not ${may.join(', nor ')}`, sqlThat(grants.join(' ')));
}

function writableFinding({ connection }: PlatformSurvey, { database, needs }: PlatformChecked): Finding {
  const { replica, readOnly, readOnlySource, role, database: name } = connection;
  if (replica) {
    return not(
      `${database.place} is a replica, which lags${needs.writes.length === 0 ? '' : ' and cannot clear an id'}`,
      setting('PLATFORM_DATABASE_URL to the primary'),
    );
  }
  if (needs.writes.length === 0) return ok('none: it is the primary');
  if (!readOnly) return ok('none: it is the primary, and takes writes');
  const says = `${database.place} is read-only for ${role}, so no id can be cleared`;
  return readOnlySource === 'client'
    ? not(says, setting('PLATFORM_DATABASE_URL without default_transaction_read_only in its options'))
    : not(says, sqlThat(allowWrites(role, name)));
}

function rowSecurityFinding(
  { connection: { role } }: PlatformSurvey,
  found: TableFacts,
  { table }: PlatformChecked,
): Finding {
  if (!found.rowSecurity) return ok(`hides no row from ${role}`);
  const says = `could hide rows of ${qualified(table)} from ${role}, and a hidden row is not a missing one`;
  return not(
    `${says}; or connect as the table's owner without FORCE ROW LEVEL SECURITY (PLATFORM_DATABASE_URL)`,
    sqlThat(bypassRowSecurity(role)),
  );
}

async function lookFinding({ platform, clock }: PlatformChecked): Promise<Finding> {
  const begunMs = clock.monotonicMs();
  const { rows } = await platform.look();
  return ok(`${count(rows.length, 'orphan')} now, read in ${Math.round(clock.monotonicMs() - begunMs)} ms`);
}

/** Of no workspace: the statement is only explained, and would clear nothing if it were run. */
async function clearFinding({ platform }: PlatformChecked, { columns }: TableFacts): Promise<Finding> {
  const isUuid = columns.some(({ name, type }) => name === 'id' && type === 'uuid');
  await platform.mayClear({ workspaceId: isUuid ? '00000000-0000-0000-0000-000000000000' : '0', instanceId: 'none' });
  return ok('the very update that clears an id would be allowed');
}

async function indexFinding({ database, table }: PlatformChecked, { kind }: TableFacts): Promise<Finding> {
  if (kind === 'view') return unknown('not asked: they are those of the tables below the view');
  const missing = await missingIndexes(database, table);
  if (missing.length === 0) return ok('both that are recommended are there');
  return note(
    `without one for ${missing.map(({ serves }) => serves).join(' and ')} the whole table is read each time ` +
      '(npm run platform:index builds them)',
    sqlThat(missing.map(({ sql }) => `${sql};`).join(' ')),
  );
}
