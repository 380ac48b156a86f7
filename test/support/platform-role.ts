import { connect } from '../../server/db/connect.ts';
import { createPlatform, type Platform } from '../../server/sweep/platform.ts';
import { createRole, type TestRole } from './database.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** The platform's table as a role of its own sees it. */
export interface PlatformOfRole {
  readonly role: TestRole;
  readonly platform: Platform;
  /** Puts it into a sweep. */
  readonly wrapPlatform: () => Platform;
  /** Ends the role's sessions, so that the next ones begin with what is set for it now. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

/** What the README tells people to grant, and nothing else. */
export const README_GRANT = 'select, update (instance_id, updated_at)';

/**
 * @param grant on the table; null: none
 * @param urlOf another way to the same database
 */
export async function platformOfRole(
  world: World,
  grant: string | null = README_GRANT,
  urlOf: (url: string) => string = (url) => url,
): Promise<PlatformOfRole> {
  const role = await createRole();
  if (grant !== null) await world.platformDatabase.query(`grant ${grant} on ${world.tableName} to ${role.name}`);
  const database = connect(urlOf(role.url(world.platformDatabase.url)), {
    max: 15,
    rowSecurityOff: true,
    onError: () => undefined,
  });
  const platform = createPlatform(database, world.tableNames);
  return {
    role,
    platform,
    wrapPlatform: () => platform,
    async disconnect() {
      const sessions = () =>
        world.platformDatabase.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
          role.name,
        ]);
      await until(async () => (await sessions()).rowCount === 0, { what: 'the sessions of the role to end' });
    },
    async close() {
      await database.close();
      await role.drop(world.platformDatabase.url);
    },
  };
}

/** What one role wrote to the platform's table: every row as it was before and after. */
export interface PlatformWrite {
  readonly workspace_id: string;
  readonly operation: string;
  readonly old_status: string | null;
  readonly old_instance: string | null;
  readonly new_status: string | null;
  readonly new_instance: string | null;
}

/** From now on every write to the table is kept, with the role that did it. */
export async function recordWrites(world: World): Promise<(role: TestRole) => Promise<PlatformWrite[]>> {
  await world.platformDatabase.query(`
    create schema writes;
    create table writes.all_of_them (role text, workspace_id text, operation text, old_status text, old_instance text,
      new_status text, new_instance text);
    create function writes.record() returns trigger language plpgsql security definer as $$ begin
      insert into writes.all_of_them values (session_user, coalesce(old.id, new.id)::text, tg_op, old.status::text,
        old.instance_id, new.status::text, new.instance_id);
      return null;
    end $$;
    create trigger record after insert or update or delete on ${world.tableName}
      for each row execute function writes.record()`);
  return async ({ name }) => {
    const { rows } = await world.platformDatabase.query<PlatformWrite>(
      `select workspace_id, operation, old_status, old_instance, new_status, new_instance
       from writes.all_of_them
       where role = $1`,
      [name],
    );
    return rows;
  };
}
