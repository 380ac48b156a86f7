import { sql } from 'drizzle-orm';
import type { Config } from '../config.ts';
import { type Database, databaseErrorOf, rootCause } from '../db/connect.ts';
import { createDatabase, createOwnSchema, grantEmptySchema, grantOwnSchema, inheritOwner } from '../db/mending-sql.ts';
import { readSchemaState, SchemaError } from '../db/migrate.ts';
import { type Checklist, type Finding, not, ok, setting, sqlThat, unknown } from './checklist.ts';

export interface HomeChecked {
  readonly config: Config;
  /** Of the program, `x.y.z`. */
  readonly version: string;
  /** Null: there is none to ask. */
  readonly home: Database | null;
  /** Why, then. */
  readonly absent: Finding | null;
}

/** Where we remember: whether it can be reached, and whether our schema is there or can be made. Writes nothing. */
export async function checkHome(list: Checklist, of: HomeChecked): Promise<void> {
  const { home, absent, config, version } = of;
  await list.ask('home', ['settings'], () => (home === null ? (absent ?? []) : reach(home, config)));
  await list.ask('memory', ['home'], () => (home === null ? unknown(NOT_RUNNING) : memory(home, version)));
}

const NOT_RUNNING = 'not asked: it does not run now';

async function reach(home: Database, config: Config): Promise<Finding> {
  try {
    const { rows } = await home.statement<{ replica: boolean; read_only: boolean }>(
      sql`select pg_is_in_recovery() as replica, current_setting('transaction_read_only') = 'on' as read_only`,
    );
    const [{ replica = false, read_only: readOnly = false } = {}] = rows;
    if (replica || readOnly) {
      const what = replica ? 'is a replica' : 'is read-only for us';
      return not(
        `${home.place} ${what}, and what is done has to be written down`,
        setting('DATABASE_URL to the primary'),
      );
    }
    return ok(`${home.place}, as ${home.user}`);
  } catch (error) {
    return unreachable(error, config, home);
  }
}

const NO_SUCH_DATABASE = '3D000';

function unreachable(error: unknown, { platform }: Config, { place, user }: Database): Finding {
  const answer = databaseErrorOf(error);
  const said = rootCause(error).message;
  if (answer === null) return not(`${place} cannot be reached (${said})`, setting('DATABASE_URL'));
  // An empty database would be of no use where it has to be the platform's as well.
  if (answer.code !== NO_SUCH_DATABASE || platform.url === null) {
    return not(`${place} refuses the connection (${said})`, setting('DATABASE_URL'));
  }
  const name = place.slice(place.indexOf('/') + 1);
  return not(`${place} is not there (${said})`, sqlThat(createDatabase(name, user)));
}

const SCHEMA_ROLES = sql`
  select current_user::text as role, has_database_privilege(current_database(), 'create') as creates_schema,
    n.oid is not null as there, coalesce(has_schema_privilege(n.oid, 'usage'), false) as uses,
    coalesce(has_schema_privilege(n.oid, 'create'), false) as creates,
    (select pg_get_userbyid(c.relowner)::text from pg_class as c
      where c.relnamespace = n.oid and c.relkind = 'r' and not pg_has_role(c.relowner, 'usage') limit 1) as owner,
    (select coalesce(bool_and(has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
        and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')), true)
      from pg_class as c where c.relnamespace = n.oid and c.relkind = 'r') as writes
  from (select 1) as one left join pg_namespace as n on n.nspname = 'sweeper'`;

interface SchemaRow extends Record<string, unknown> {
  readonly role: string;
  readonly creates_schema: boolean;
  readonly there: boolean;
  readonly uses: boolean;
  readonly creates: boolean;
  /** Of a table that is not ours; null: all are. */
  readonly owner: string | null;
  readonly writes: boolean;
}

async function memory(home: Database, version: string): Promise<Finding> {
  const { rows } = await home.statement<SchemaRow>(SCHEMA_ROLES);
  const [facts] = rows;
  if (facts === undefined) throw new TypeError('a left join keeps its one row');
  const { role } = facts;
  if (!facts.there) {
    return facts.creates_schema
      ? ok('the first start creates the schema sweeper')
      : not(`there is no schema sweeper, and ${role} may not create it`, sqlThat(createOwnSchema(role)));
  }
  if (!facts.uses || !facts.writes) {
    const begin = facts.uses || facts.creates ? '' : `${grantEmptySchema(role)} `;
    return not(`${role} may not read and write the schema sweeper`, sqlThat(begin + grantOwnSchema(role)));
  }
  return migrated(home, version, facts);
}

async function migrated(home: Database, version: string, { role, creates, owner }: SchemaRow): Promise<Finding> {
  try {
    switch (await readSchemaState(home, version)) {
      case 'current':
        return ok('the schema sweeper is there and up to date');
      case 'none':
        if (creates) return ok('the first start fills the schema sweeper');
        return not(`${role} may not create tables in the schema sweeper`, sqlThat(grantEmptySchema(role)));
      case 'behind':
        if (!creates) return not(`${role} may not migrate the schema sweeper`, sqlThat(grantEmptySchema(role)));
        if (owner !== null) {
          return not(`${role} may not migrate the tables of ${owner}`, sqlThat(inheritOwner(owner, role)));
        }
        return ok('the next start migrates the schema sweeper');
    }
  } catch (error) {
    if (error instanceof SchemaError) return not(error.message);
    throw error;
  }
}
