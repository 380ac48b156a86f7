import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type CheckName, checksOf } from '../../server/commands/checklist.ts';
import type { Environment } from '../../server/environment.ts';
import { type Checked, checked } from '../support/checked.ts';
import { typed } from '../support/command.ts';
import { createDigest } from '../support/digest.ts';
import { strangers } from '../support/looking.ts';
import { type PlatformOfRole, platformOfRole } from '../support/platform-role.ts';
import { settingsFor } from '../support/process.ts';
import { calls, startAfresh } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let ours: PlatformOfRole;
beforeAll(async () => {
  world = await createWorld();
  ours = await platformOfRole(world);
});
afterAll(async () => {
  await ours.close();
  await world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  await world.platform.create();
  await world.leak();
});

const sql = (text: string) => world.platformDatabase.query(text.replaceAll('$role', ours.role.name));
const settings = (): Environment => ({
  ...settingsFor(world),
  PLATFORM_DATABASE_URL: ours.role.url(world.platformDatabase.url),
});

/** Runs what a line says, one statement after the other, as the superuser: `concurrently` takes no transaction. */
async function mend(text: string): Promise<void> {
  for (const statement of text.split(/;\s*/).filter((one) => one !== '')) await sql(statement);
}

interface Fault {
  readonly name: string;
  readonly breaks: () => Promise<unknown>;
  /** The first line that says NOT. */
  readonly line: CheckName;
  readonly says: RegExp;
  /** What is left to do by hand of what the line says; else its SQL is run as it is. */
  readonly fills?: (text: string) => string;
  /** Settings that the line names. */
  readonly sets?: (line: Checked) => Environment;
  /** Takes back what neither the fault nor what mends it leaves as it was. */
  readonly cleans?: () => Promise<unknown>;
}

const renamed = (column: string): Fault => ({
  name: `without the column ${column}`,
  breaks: () => sql(`alter table workspaces rename ${column} to elsewhere`),
  line: 'columns',
  says: new RegExp(`has no column ${column}\\.`),
  fills: (text) => text.replaceAll(`${column.toUpperCase()}_COLUMN`, 'elsewhere'),
  sets: (line) => ({ PLATFORM_TABLE: /PLATFORM_TABLE=(\S+)/.exec(line.of('columns').says)?.[1] }),
  cleans: () => sql(`drop view orphan_sweeper_workspaces; alter table workspaces rename elsewhere to ${column}`),
});

const FAULTS: readonly Fault[] = [
  {
    name: 'without its table, while another one has all the columns',
    breaks: () => sql('alter table workspaces rename to elsewhere'),
    line: 'table',
    says: /there is no table "public"."workspaces" in .*another one has all the columns/,
    sets: (line) => {
      const [name = '', value] = line.of('table').mend?.text.split('=') ?? [];
      return { [name]: value };
    },
    cleans: () => sql('alter table elsewhere rename to workspaces'),
  },
  ...['id', 'name', 'status', 'instance_id', 'updated_at'].map(renamed),
  {
    name: 'whose instance_id may not be null',
    breaks: () => sql(`alter table workspaces alter column instance_id set not null`),
    line: 'columns',
    says: /instance_id may not be null/,
  },
  {
    name: 'without the grant to select',
    breaks: () => sql('revoke select on workspaces from $role'),
    line: 'grants',
    says: /may not select id, name, status, instance_id, updated_at of "public"."workspaces"$/,
  },
  {
    name: 'without the grant to update',
    breaks: () => sql('revoke update (instance_id, updated_at) on workspaces from $role'),
    line: 'grants',
    says: /may not update instance_id, updated_at of/,
  },
  {
    name: 'without the grant to update updated_at',
    breaks: () => sql('revoke update (updated_at) on workspaces from $role'),
    line: 'grants',
    says: /may not update updated_at of/,
  },
  {
    name: 'without the right to use its schema',
    breaks: () => sql('revoke usage on schema public from public, $role'),
    line: 'grants',
    says: /may not use the schema public$/,
    cleans: () => sql('grant usage on schema public to public; revoke usage on schema public from $role'),
  },
  {
    name: 'that is read-only for this role',
    breaks: () => sql('alter role $role set default_transaction_read_only = on'),
    line: 'replica',
    says: /is read-only for/,
    cleans: () =>
      sql(`alter role $role reset default_transaction_read_only;
        do $$ begin execute format('alter role %I in database %I reset all', '$role', current_database()); end $$`),
  },
  {
    name: 'that is read-only for everybody',
    breaks: () =>
      sql(`do $$ begin
        execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`),
    line: 'replica',
    says: /is read-only for/,
    // The superuser's own sessions have begun before.
    cleans: () =>
      sql(`do $$ begin execute format('alter database %I reset all', current_database());
        execute format('alter role %I in database %I reset all', '$role', current_database()); end $$`),
  },
  {
    name: 'with a policy that could hide rows',
    breaks: () => sql('alter table workspaces enable row level security'),
    line: 'row_security',
    says: /could hide rows of "public"."workspaces"/,
    cleans: () => sql('alter role $role nobypassrls; alter table workspaces disable row level security'),
  },
];

describe('a check of a platform', () => {
  it.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    '%s says so first, stops nothing, and what it says mends it',
    async (_, { breaks, line, says, fills = (text) => text, sets, cleans }) => {
      const digest = await createDigest(world);
      const before = await digest();
      onTestFinished(async () => {
        await cleans?.();
        expect(await digest()).toEqual(before);
        expect(calls(world).filter(({ route }) => route !== 'status')).toEqual(CREATED);
      });
      await breaks();
      const broken = await checked(settings());
      expect(broken.exit).toBe(1);
      expect(broken.wrong[0]).toBe(line);
      expect(broken.of(line).says).toMatch(says);
      const { mend: how } = broken.of(line);
      if (how?.kind === 'sql') await mend(fills(how.text));
      const mended = await checked({ ...settings(), ...sets?.(broken) });
      expect(mended.lines.filter(({ state }) => state === 'not')).toEqual([]);
      expect(mended.exit).toBe(0);
    },
  );

  it.each([
    ['whose database is not there', 'platform', () => sql(''), /does not exist.*Set PLATFORM_DATABASE_URL/, elsewhere],
    ['that does not take the password', 'platform', () => sql(''), /password.*PLATFORM_DATABASE_URL/, wrongPassword],
    [
      'that is a replica',
      'replica',
      () =>
        sql(`create schema shadow;
          create function shadow.pg_is_in_recovery() returns boolean language sql as 'select true';
          grant usage on schema shadow to public; alter role $role set search_path = shadow, pg_catalog, public`),
      /is a replica/,
      settings,
    ],
    [
      "whose status does not know 'removed'",
      'columns',
      () => sql(`alter type workspace_status rename value 'removed' to 'deleted'`),
      /knows no 'removed'/,
      settings,
    ],
    [
      'that is a view which cannot be updated',
      'clear',
      () =>
        sql(`alter table workspaces rename to elsewhere; create view workspaces as select distinct * from elsewhere;
          grant select, update on workspaces to $role`),
      /cannot be updated.*PLATFORM_TABLE/,
      settings,
    ],
  ] as const)('%s says which setting leads elsewhere', async (_, line, breaks, says, env) => {
    onTestFinished(heal);
    await breaks();
    const broken = await checked(env());
    expect(broken.exit).toBe(1);
    expect(broken.wrong[0]).toBe(line);
    expect(broken.of(line).says).toMatch(says);
  });
});

/** The control plane was asked for these by the test itself. */
const CREATED = [expect.objectContaining({ route: 'launch' }), expect.objectContaining({ route: 'launch' })];

function elsewhere(): Environment {
  const url = new URL(ours.role.url(world.platformDatabase.url));
  url.pathname = '/not_there';
  return { ...settings(), PLATFORM_DATABASE_URL: url.href };
}

function wrongPassword(): Environment {
  const url = new URL(ours.role.url(world.platformDatabase.url));
  url.password = 'another';
  return { ...settings(), PLATFORM_DATABASE_URL: url.href };
}

/** Takes back whatever of the faults above is there. */
async function heal(): Promise<void> {
  await sql(`alter role $role reset search_path; drop schema if exists shadow cascade;
    do $$ begin
      if exists (select from pg_class where relname = 'elsewhere') then
        drop view workspaces; alter table elsewhere rename to workspaces;
      end if;
      if exists (select from pg_enum where enumlabel = 'deleted') then
        alter type workspace_status rename value 'deleted' to 'removed';
      end if;
    end $$`);
}

describe('a check where all is well', () => {
  it('says so of every line, with exit code 0, and is missing the indexes without calling that a fault', async () => {
    const first = await checked(settings());
    expect(first.exit).toBe(0);
    expect([...new Set(first.lines.map(({ check }) => check))]).toEqual(checksOf('control-plane'));
    expect(first.lines.filter(({ state }) => state !== 'ok').map(({ check, state }) => [check, state])).toEqual([
      ['indexes', 'note'],
    ]);
    const { mend: how } = first.of('indexes');
    await mend(how?.text ?? '');
    onTestFinished(() => sql('drop index workspaces_removed_with_instance, workspaces_instance').then(() => undefined));
    const second = await checked(settings());
    expect(second.of('indexes')).toMatchObject({ state: 'ok', mend: null });
    expect(second.lines.every(({ state }) => state === 'ok')).toBe(true);
  });

  it('takes indexes of any name for what they do, and none that is unfinished', async () => {
    onTestFinished(() => sql('drop index if exists one, two, workspaces_instance').then(() => undefined));
    await sql(`create index one on workspaces (updated_at) where status = 'removed' and instance_id is not null and
      instance_id <> ''; create index two on workspaces (instance_id)`);
    expect((await checked(settings())).of('indexes').state).toBe('ok');
    await sql(`drop index two; create index workspaces_instance on workspaces (instance_id) where instance_id is not null;
      update pg_index set indisvalid = false where indexrelid = 'workspaces_instance'::regclass`);
    const { mend: how } = (await checked(settings())).of('indexes');
    expect(how?.text).toMatch(/^drop index concurrently .*; create index concurrently/);
    await mend(how?.text ?? '');
    expect((await checked(settings())).of('indexes').state).toBe('ok');
  });

  it('is one line each for a person, and says last that nothing was changed', async () => {
    const { exit, out, err } = await typed(['check'], settings());
    expect(exit).toBe(0);
    expect(err).toEqual([]);
    expect(out.at(-1)).toBe('All well. Nothing was changed.');
    for (const line of out.slice(0, -1)) expect(line).toMatch(/^(ok {2}|note|NOT |\? {3}) {2}[a-z, ]+: \S/);
    expect(out.find((line) => line.startsWith('note'))).toMatch(/Run: create index concurrently .*;$/);
  });
});

describe('a check of a control plane', () => {
  const controlPlane = (broken: Checked) =>
    (['control_plane', 'credentials', 'status_route', 'instances'] as const).map((name) => broken.of(name).state);

  it('that is away says so, and asks no further', async () => {
    onTestFinished(() => world.controlPlane.endOutage());
    await world.controlPlane.startOutage('refuse');
    const broken = await checked(settings());
    expect(broken.exit).toBe(1);
    expect(broken.of('control_plane')).toMatchObject({
      state: 'not',
      says: expect.stringContaining(`${world.controlPlane.url} does not answer`),
      mend: { kind: 'setting', text: expect.stringContaining('CONTROL_PLANE_URL') },
    });
    expect(controlPlane(broken)).toEqual(['not', 'unknown', 'unknown', 'unknown']);
    expect(broken.of('instances').says).toBe('not asked: mend control plane first');
  });

  it('that answers with errors only says so', async () => {
    world.controlPlane.failAll({ kind: 'status', status: 502, body: 'bad gateway' });
    const broken = await checked(settings());
    expect(broken.of('control_plane').says).toMatch(/errors only: answered 502: bad gateway/);
    expect(controlPlane(broken)).toEqual(['not', 'unknown', 'unknown', 'unknown']);
  });

  it('that refuses the credentials names their settings, and no secret', async () => {
    const broken = await checked({ ...settings(), CONTROL_PLANE_SHARED_SECRET: 'wr0ng-secret' });
    expect(broken.exit).toBe(1);
    expect(controlPlane(broken)).toEqual(['ok', 'not', 'unknown', 'unknown']);
    expect(broken.of('credentials').mend?.text).toMatch(/CONTROL_PLANE_SHARED_SECRET and CONTROL_PLANE_ADMIN_TOKEN/);
    expect(JSON.stringify(broken.lines)).not.toContain('wr0ng-secret');
  });

  it('without a status route says so, unless nobody asks for one', async () => {
    onTestFinished(() => world.controlPlane.setStatusRoute(true));
    world.controlPlane.setStatusRoute(false);
    const broken = await checked(settings());
    expect(broken.exit).toBe(1);
    expect(controlPlane(broken)).toEqual(['ok', 'unknown', 'not', 'unknown']);
    const how = broken.of('status_route').mend?.text ?? '';
    const names = [...how.matchAll(/(\w+)=(\w+)/g)].map(([, name = '', value]) => [name, value]);
    expect(names).toHaveLength(2);
    const mended = await checked({ ...settings(), ...Object.fromEntries(names) });
    expect(mended.exit).toBe(0);
    expect(controlPlane(mended)).toEqual(['ok', 'unknown', 'note', 'unknown']);
  });

  it('of another platform says that it knows none of the live instances', async () => {
    await world.platformDatabase.query('truncate workspaces');
    await strangers(world, 2);
    const broken = await checked(settings());
    expect(broken.exit).toBe(1);
    expect(controlPlane(broken)).toEqual(['ok', 'ok', 'ok', 'not']);
    expect(broken.of('instances').says).toMatch(/knows none of 2 instances.*CONTROL_PLANE_URL/);
  });

  it('without a live instance is asked for one that nobody has: no fault, and nothing proved', async () => {
    await world.platformDatabase.query('truncate workspaces');
    const answer = await checked(settings());
    expect(answer.exit).toBe(0);
    expect(controlPlane(answer)).toEqual(['ok', 'ok', 'ok', 'unknown']);
    expect(calls(world).at(-1)).toMatchObject({ route: 'status', instanceId: 'orphan-sweeper-check' });
  });

  it('is asked although the databases are away', async () => {
    const broken = await checked({ ...elsewhere(), CONTROL_PLANE_SHARED_SECRET: 'wrong' });
    expect(broken.wrong).toEqual(['platform', 'credentials']);
  });

  it('that is not set says so', async () => {
    const {
      CONTROL_PLANE_URL: _,
      CONTROL_PLANE_SHARED_SECRET: __,
      CONTROL_PLANE_ADMIN_TOKEN: ___,
      ...rest
    } = settings();
    const broken = await checked(rest);
    expect(broken.wrong).toEqual(['control_plane']);
    expect(broken.of('control_plane').mend).toEqual({ kind: 'setting', text: 'CONTROL_PLANE_URL' });
  });
});

describe('a check of what we are and remember', () => {
  it('lists every mistake in the settings, and asks nothing', async () => {
    const broken = await checked({ ...settings(), PORT: 'http', SWEEP_LIMIT: '-1' });
    expect(broken.exit).toBe(1);
    expect(broken.lines.filter(({ check }) => check === 'settings').map(({ says }) => says)).toEqual([
      expect.stringContaining('PORT is "http"'),
      expect.stringContaining('SWEEP_LIMIT is "-1"'),
    ]);
    expect(broken.wrong).toEqual(['settings']);
    const others = broken.lines.filter(({ check }) => check !== 'settings');
    expect(others.map(({ check }) => check)).toEqual(checksOf('control-plane').slice(1));
    expect(others.every(({ state, says }) => state === 'unknown' && says === 'not asked: mend settings first')).toBe(
      true,
    );
  });

  it('without its database says how to create it', async () => {
    const url = new URL(world.home.url);
    url.pathname = `${url.pathname}_not_there`;
    const env = { ...settings(), DATABASE_URL: url.href };
    const broken = await checked(env);
    expect(broken.wrong).toEqual(['home']);
    await sql((broken.of('home').mend?.text ?? '').replace(/;$/, ''));
    onTestFinished(() => sql(`drop database "${url.pathname.slice(1)}"`).then(() => undefined));
    const mended = await checked(env);
    expect(mended.exit).toBe(0);
    expect(mended.of('memory').says).toBe('the first start creates the schema sweeper');
    expect(mended.of('tenant').says).toMatch(/^nothing is remembered yet/);
  });

  it('that may neither create nor use its schema says what to run', async () => {
    const inPlatform = { ...settings(), DATABASE_URL: ours.role.url(world.platformDatabase.url) };
    onTestFinished(() => sql('drop schema if exists sweeper cascade').then(() => undefined));
    const broken = await checked(inPlatform);
    expect(broken.wrong).toEqual(['memory']);
    await mend(broken.of('memory').mend?.text ?? '');
    expect((await checked(inPlatform)).of('memory')).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/first start/),
    });

    const others = { ...settings(), DATABASE_URL: ours.role.url(world.home.url) };
    const locked = await checked(others);
    expect(locked.wrong).toEqual(['memory']);
    onTestFinished(() => world.home.query(`drop owned by ${ours.role.name}`).then(() => undefined));
    await world.home.query(locked.of('memory').mend?.text ?? '');
    expect((await checked(others)).exit).toBe(0);
    await world.home.query(`revoke insert on sweeper.attempts from ${ours.role.name}`);
    expect((await checked(others)).wrong).toEqual(['memory']);
  });

  it('of an older version will be migrated by the next start, where it may', async () => {
    const newest = 'created_at = (select max(created_at) from sweeper.migrations)';
    const { rows } = await world.home.query<Record<string, unknown>>(
      `delete from sweeper.migrations where ${newest} returning name, hash, created_at, oldest_version`,
    );
    onTestFinished(async () => {
      await world.home.query(
        `insert into sweeper.migrations (name, hash, created_at, oldest_version) values ($1, $2, $3, $4)`,
        Object.values(rows[0] ?? {}),
      );
      await world.home.query(`drop owned by ${ours.role.name}`);
    });
    const before = await checked(settings());
    expect(before.exit).toBe(0);
    expect(before.of('memory').says).toBe('the next start migrates the schema sweeper');
    expect(before.of('now').says).toBe('not asked: the home database is not migrated yet');
    const { name } = ours.role;
    await world.home.query(`grant usage, create on schema sweeper to ${name};
      grant select, insert, update, delete on all tables in schema sweeper to ${name}`);
    const others = { ...settings(), DATABASE_URL: ours.role.url(world.home.url) };
    const locked = await checked(others);
    expect(locked.of('memory').says).toMatch(/may not migrate the tables of/);
    onTestFinished(() => world.home.query(`revoke ${ownerOf(locked)} from ${name}`).then(() => undefined));
    await world.home.query(locked.of('memory').mend?.text ?? '');
    expect((await checked(others)).exit).toBe(0);
  });

  const ownerOf = (locked: Checked) => /^grant (\S+) to/.exec(locked.of('memory').mend?.text ?? '')?.[1];

  it('of a newer version says which one to run', async () => {
    await world.home.query(`insert into sweeper.migrations (name, hash, created_at) values ('9999_later', 'x', 9e15)`);
    onTestFinished(() => world.home.query(`delete from sweeper.migrations where hash = 'x'`).then(() => undefined));
    const broken = await checked(settings());
    expect(broken.wrong).toEqual(['memory']);
    expect(broken.of('memory').says).toMatch(/migrated by a newer version.*Run the newer version/);
    expect(broken.of('tenant').says).toBe('not asked: mend memory first');
  });

  it('about another platform says both ways out, and takes nothing', async () => {
    await world.home.query(
      `update sweeper.tenants set platform_fingerprint = 'db.example:5432/other public.workspaces'`,
    );
    const broken = await checked(settings());
    expect(broken.wrong).toEqual(['tenant']);
    expect(broken.of('tenant').says).toMatch(/Set TENANT to .*PLATFORM_MOVED_FROM=/);
    const from = /PLATFORM_MOVED_FROM=(.*)\.$/.exec(broken.of('tenant').says)?.[1];
    expect((await checked({ ...settings(), PLATFORM_MOVED_FROM: from })).exit).toBe(0);
    const { rows } = await world.home.query<{ known: string }>(
      'select platform_fingerprint as known from sweeper.tenants',
    );
    expect(rows[0]?.known).toContain('db.example');
  });

  it('tells of brake, pause, dry run and a limit of 0, which are no faults', async () => {
    await world.home.query(`update sweeper.tenants set brake_at = now(), brake_orphans = 1204, paused_by = 'Anna',
      pause_reason = 'migration', pause_until = now() + interval '1 hour'`);
    const answer = await checked({ ...settings(), SWEEP_DRY_RUN: 'true', SWEEP_LIMIT: '0' });
    expect(answer.exit).toBe(0);
    const notes = answer.lines.filter(({ check }) => check === 'now');
    expect(notes.map(({ state }) => state)).toEqual(['note', 'note', 'note', 'note']);
    expect(notes.map(({ says }) => says).join('\n')).toMatch(/SWEEP_LIMIT.*\n.*SWEEP_DRY_RUN.*\n.*1204.*\n.*Anna/);
  });
});
