import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PlatformFaultCode } from '../../server/sweep/outcome.ts';
import { type PlatformOfRole, platformOfRole, recordWrites } from '../support/platform-role.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let ours: PlatformOfRole;
let writesOf: Awaited<ReturnType<typeof recordWrites>>;
beforeAll(async () => {
  world = await createWorld();
  ours = await platformOfRole(world);
  writesOf = await recordWrites(world);
  return async () => {
    await ours.close();
    await world.close();
  };
});

const sql = (text: string) => world.platformDatabase.query(text);
const asRole = (text: string) => sql(text.replaceAll('$role', ours.role.name));
const restartSessions = () => ours.disconnect();
const stops = () => world.controlPlane.calls.filter((call) => call.route === 'stop');
const errors = async () =>
  (
    await world.home.query<Errors>(
      `select observe_error, observe_fault, platform_write_error, platform_write_fault from sweeper.tenants`,
    )
  ).rows[0];

interface Errors {
  readonly observe_error: string | null;
  readonly observe_fault: string | null;
  readonly platform_write_error: string | null;
  readonly platform_write_fault: string | null;
}
const WELL = { observe_error: null, observe_fault: null, platform_write_error: null, platform_write_fault: null };

interface PlatformFaultCase {
  readonly name: string;
  readonly breaks: () => Promise<unknown>;
  readonly heals: () => Promise<unknown>;
  /** What the sentence must name: the object, and the setting or the SQL. */
  readonly words: readonly string[];
  readonly code: PlatformFaultCode;
  /** Whether the platform could still be looked at. */
  readonly looks?: true;
}

const renamed = (column: string): PlatformFaultCase => ({
  name: `without the column ${column}`,
  code: 'no_column',
  breaks: () => sql(`alter table workspaces rename ${column} to elsewhere`),
  heals: () => sql(`alter table workspaces rename elsewhere to ${column}`),
  words: ['public.workspaces', `column "${column}" does not exist`, 'PLATFORM_TABLE'],
});

const REPLICA_WORDS = ['is a replica', 'PLATFORM_DATABASE_URL', 'primary'];

/** A real standby is too much for a test: this role is told that it is on one. */
async function becomeReplica(): Promise<void> {
  await sql(`create schema shadow;
    create function shadow.pg_is_in_recovery() returns boolean language sql as 'select true';
    grant usage on schema shadow to public`);
  await asRole('alter role $role set search_path = shadow, pg_catalog, public');
  await restartSessions();
}

async function becomePrimary(): Promise<void> {
  await asRole('alter role $role reset search_path');
  await sql('drop schema shadow cascade');
  await restartSessions();
}

const GRANT = 'grant select, update (instance_id, updated_at) on public.workspaces to ';

const CASES: readonly PlatformFaultCase[] = [
  {
    name: 'without the grant to update',
    code: 'no_grant',
    breaks: () => asRole('revoke update (instance_id, updated_at) on workspaces from $role'),
    heals: () => asRole(`${GRANT}$role`),
    words: ['$role', GRANT],
    looks: true,
  },
  {
    name: 'without the grant to update updated_at',
    code: 'no_grant',
    breaks: () => asRole('revoke update (updated_at) on workspaces from $role'),
    heals: () => asRole(`${GRANT}$role`),
    words: ['$role', GRANT],
    looks: true,
  },
  {
    name: 'without the grant to select',
    code: 'no_grant',
    breaks: () => asRole('revoke select on workspaces from $role'),
    heals: () => asRole(`${GRANT}$role`),
    words: ['$role', GRANT],
  },
  {
    name: 'without the right to use its schema',
    code: 'no_grant',
    breaks: () => sql('revoke usage on schema public from public'),
    heals: () => sql('grant usage on schema public to public'),
    words: ['$role', 'grant usage on schema public to $role'],
  },
  {
    name: 'without the right to connect',
    code: 'refused',
    breaks: async () => {
      await sql(`do $$ begin execute format('revoke connect on database %I from public', current_database()); end $$`);
      await restartSessions();
    },
    heals: () =>
      sql(`do $$ begin execute format('grant connect on database %I to public', current_database()); end $$`),
    words: ['permission denied for database', 'PLATFORM_DATABASE_URL'],
  },
  {
    name: 'with a policy that hides rows',
    code: 'row_security',
    breaks: () => sql('alter table workspaces enable row level security'),
    heals: () => sql('alter table workspaces disable row level security'),
    words: ['public.workspaces', 'alter role $role bypassrls', 'owner without FORCE ROW LEVEL SECURITY'],
  },
  {
    name: 'with a policy that hides nothing',
    code: 'row_security',
    breaks: () =>
      sql(`alter table workspaces enable row level security;
           create policy everybody on workspaces using (true) with check (true)`),
    heals: () => sql('drop policy everybody on workspaces; alter table workspaces disable row level security'),
    words: ['public.workspaces', 'alter role $role bypassrls', 'PLATFORM_DATABASE_URL'],
  },
  {
    name: 'on a server that is read-only for us',
    code: 'read_only',
    breaks: async () => {
      await asRole('alter role $role set default_transaction_read_only = on');
      await restartSessions();
    },
    heals: async () => {
      await asRole('alter role $role reset default_transaction_read_only');
      await restartSessions();
    },
    words: ['read-only', '$role', 'default_transaction_read_only', 'PLATFORM_DATABASE_URL'],
    looks: true,
  },
  {
    name: 'on a replica',
    code: 'replica',
    breaks: becomeReplica,
    heals: becomePrimary,
    words: REPLICA_WORDS,
  },
  {
    name: 'without its table',
    code: 'no_table',
    breaks: () => sql('alter table workspaces rename to elsewhere'),
    heals: () => sql('alter table elsewhere rename to workspaces'),
    words: ['public.workspaces', 'PLATFORM_TABLE'],
  },
  {
    name: 'without its schema',
    code: 'no_table',
    breaks: () => sql('alter schema public rename to elsewhere'),
    heals: () => sql('alter schema elsewhere rename to public'),
    words: ['public.workspaces', 'PLATFORM_TABLE'],
  },
  ...['id', 'name', 'status', 'instance_id', 'updated_at'].map(renamed),
  {
    name: "whose status does not know 'removed'",
    code: 'no_removed',
    breaks: () => sql(`alter type workspace_status rename value 'removed' to 'deleted'`),
    heals: () => sql(`alter type workspace_status rename value 'deleted' to 'removed'`),
    words: ['public.workspaces', `'removed'`, 'PLATFORM_TABLE'],
  },
  {
    name: 'whose table is a view that cannot be updated',
    code: 'failed',
    breaks: () =>
      asRole(`alter table workspaces rename to elsewhere; create view workspaces as select distinct * from elsewhere;
              ${GRANT}$role`),
    heals: () => sql('drop view workspaces; alter table elsewhere rename to workspaces'),
    words: ['public.workspaces', 'cannot update view', 'PLATFORM_TABLE'],
    looks: true,
  },
  {
    name: 'that does not take our password',
    code: 'refused',
    breaks: async () => {
      await asRole(`create table password as select rolpassword from pg_authid where rolname = '$role';
                    alter role $role password 'another'`);
      await restartSessions();
    },
    heals: () =>
      asRole(`do $$ begin
        execute (select format('alter role $role password %L', rolpassword) from password); drop table password;
      end $$`),
    words: ['password authentication failed', '$role', 'PLATFORM_DATABASE_URL'],
  },
];

/** Sweeps until the platform has been asked over a connection that was opened after all this. */
const sweepUntil = (enough: (error: string | null) => boolean, what: string) =>
  until(
    async () => {
      const swept = await world.sweep({ wrapPlatform: ours.wrapPlatform });
      return enough(swept?.end.error ?? null) ? swept : null;
    },
    { what },
  );

describe('promise 8: "could not ask" is not "no": a platform', () => {
  it.each(CASES.map((fault) => [fault.name, fault] as const))(
    '%s: nothing is stopped, nothing resolved, and one sentence says why',
    async (_, fault) => {
      const [leaked, cleared] = [await world.leak(), await world.leak()];
      await world.observe();
      const [stopsBefore, writesBefore] = [stops().length, await writesOf(ours.role)];
      await sql(`update workspaces set instance_id = null where id = '${cleared.id}'`);

      let broken = true;
      onTestFinished(async () => void (broken && (await fault.heals())));
      await fault.breaks();
      const words = fault.words.map((word) => word.replaceAll('$role', ours.role.name));
      const swept = await sweepUntil((error) => words.every((word) => error?.includes(word)), words.join(', '));
      expect(swept.end).toMatchObject({ result: 'skipped', counts: {}, succeeded: false });
      const sentence = swept.end.error;
      expect(sentence).not.toContain('\n');
      const said = fault.looks
        ? { platform_write_error: sentence, platform_write_fault: fault.code }
        : { observe_error: sentence, observe_fault: fault.code };
      expect(await errors()).toEqual({ ...WELL, ...said });
      expect(stops()).toHaveLength(stopsBefore);
      expect(await writesOf(ours.role)).toEqual(writesBefore);
      expect(await world.orphan(leaked.id)).toMatchObject({
        resolved_at: null,
        why: 'removed',
        attempts: 0,
        failures: 0,
      });
      // What can be seen is believed; what can't be seen is no news.
      expect(await world.orphan(cleared.id)).toMatchObject({ resolution: fault.looks ? 'external' : null });

      await fault.heals();
      broken = false;
      await sweepUntil((error) => error === null, 'the platform to be well again');
      expect(await world.orphan(leaked.id)).toMatchObject({ resolution: 'stopped' });
      expect(await world.orphan(cleared.id)).toMatchObject({ resolution: 'external' });
      expect((await world.row(leaked.id))?.instance_id).toBeNull();
      expect(await errors()).toEqual(WELL);
    },
  );

  it('that becomes a replica after it was looked at: nothing is stopped, and one sentence says why', async () => {
    const { id } = await world.leak();
    onTestFinished(becomePrimary);
    const stopsBefore = stops().length;
    const { platform } = ours;
    const swept = await world.sweep({
      wrapPlatform: () => ({
        ...platform,
        async look() {
          const found = await platform.look();
          await becomeReplica();
          return found;
        },
      }),
    });
    expect(swept?.end).toMatchObject({ result: 'skipped', counts: {} });
    for (const word of REPLICA_WORDS) expect(swept?.end.error).toContain(word);
    expect(stops()).toHaveLength(stopsBefore);
    expect(await world.orphan(id)).toMatchObject({ attempts: 0, resolved_at: null });
  });

  it('has been broken in all these ways', () => expect(CASES).toHaveLength(19));
});
