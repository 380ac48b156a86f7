import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { Backend, Containers } from '../../server/backends/backend.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { createDocker } from '../../server/backends/docker.ts';
import { createDockerEngine } from '../../server/backends/docker-engine.ts';
import { dockerLine } from '../../server/backends/docker-host.ts';
import { connect, type Database } from '../../server/db/connect.ts';
import { type SimulatedControlPlane, startControlPlane } from '../../server/demo/control-plane.ts';
import { createPlatform, type SimulatedPlatform, type WorkspaceRow } from '../../server/demo/platform.ts';
import { createRepeats } from '../../server/log/repeats.ts';
import { BY_ITSELF } from '../../server/sweep/audit.ts';
import { type Clock, systemClock } from '../../server/sweep/clock.ts';
import { createContainerPlatform } from '../../server/sweep/containers.ts';
import { createInventory, type Inventory } from '../../server/sweep/inventory.ts';
import type { Log, Repeats } from '../../server/sweep/log.ts';
import { type Meter, UNCOUNTED } from '../../server/sweep/meter.ts';
import { observe } from '../../server/sweep/observe.ts';
import { createPlatform as createPlatformTable, type Platform } from '../../server/sweep/platform.ts';
import type { PlatformTable } from '../../server/sweep/platform-fault.ts';
import { type Controller, createController } from '../../server/sweep/positive-control.ts';
import { type Begun, createSchedule, type ManualRequest, type Schedule } from '../../server/sweep/schedule.ts';
import { readLeftovers } from '../../server/sweep/steps.ts';
import { createSweepStore, type SweepEnd, type SweepStore } from '../../server/sweep/store.ts';
import { leaseMs, type SweepSettings, sweep } from '../../server/sweep/sweep.ts';
import { type SweeperSettings, saveControl } from '../../server/sweep/sweeper.ts';
import { createWorkspaces } from '../../server/sweep/workspaces.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import type { SimulatedEngine } from './simulated-engine.ts';

/** What the tenant of a world is known by, once it was claimed. */
export const FINGERPRINT = 'db.example:5432/platform public.workspaces';
const CREDENTIALS = { sharedSecret: 'shared-0f9c', adminToken: 'admin-77ab' };

export interface WorldOptions {
  readonly settings?: Partial<WorldSettings>;
  readonly statusType?: 'enum' | 'text';
  readonly idType?: 'uuid' | 'text';
  readonly indexes?: boolean;
  /** `schema.table`; `public.workspaces` unless told. */
  readonly table?: string;
  /** Of the sweeper's sessions, in both databases; the server's own unless told. */
  readonly timeZone?: string;
  /** How the sweeper reaches its databases; the test's own way is the direct one. */
  readonly ways?: Readonly<Record<'home' | 'platform', (url: string) => string>>;
  /** As in the program unless told: where much is read a busy machine may take longer. */
  readonly statementTimeoutMs?: number;
  /** Instances are containers of this engine, and the platform's table has no `instance_id`. */
  readonly engine?: SimulatedEngine;
  /** With our home database as it was made, before anything of ours is connected to it. */
  readonly prepareHome?: (home: TestDatabase) => Promise<void>;
}

/** How one sweep of a test differs from the plain one. Wrappers force faults and interleavings at their very point. */
export interface SweepOptions {
  readonly trigger?: 'boot' | 'interval' | 'manual';
  readonly workspaceIds?: readonly string[];
  readonly dryRun?: boolean;
  readonly drain?: boolean;
  /** The replica runs under SWEEP_DRY_RUN: also what was queued as a real sweep is dry. */
  readonly dryReplica?: boolean;
  readonly replica?: string;
  readonly settings?: Partial<WorldSettings>;
  /** Of the platform; the same in all sweeps of a world unless told. */
  readonly fingerprint?: string;
  readonly told?: AbortSignal;
  readonly clock?: Clock;
  readonly meter?: Meter;
  readonly random?: () => number;
  readonly backend?: Backend | null;
  /** Of one process; else each sweep is the first of a new one. */
  readonly controller?: Controller;
  readonly wrapStore?: (store: SweepStore) => SweepStore;
  readonly wrapPlatform?: (platform: Platform) => Platform;
  readonly wrapInventory?: (inventory: Inventory) => Inventory;
}

/** A row of `sweeper.orphans` as the database has it. */
export interface OrphanRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly instance_id: string;
  readonly why: string;
  readonly failures: number;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly stuck_at: Date | null;
  readonly claimed_by: string | null;
  readonly attempt_id: string | null;
  readonly last_outcome: string | null;
  readonly last_class: string | null;
  readonly last_message: string | null;
  readonly resolved_at: Date | null;
  readonly resolution: string | null;
  readonly first_seen_at: Date;
  readonly orphaned_at: Date;
  readonly second_look: string | null;
}

/** A row of `sweeper.attempts`. */
export interface AttemptRow {
  readonly id: string;
  readonly sweep_id: string;
  readonly workspace_id: string;
  readonly instance_id: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly outcome: string | null;
  readonly class: string | null;
  readonly fault: string | null;
  readonly http_status: number | null;
  readonly message: string | null;
  readonly late_answer: string | null;
  /** What the control plane was told as the name of the call. */
  readonly request_id: string;
  readonly replica: string;
}

/** A platform with its control plane, our home database beside it, and one sweep at a time, called by the test. */
export interface World {
  readonly home: TestDatabase;
  readonly platformDatabase: TestDatabase;
  readonly controlPlane: SimulatedControlPlane;
  readonly platform: SimulatedPlatform;
  /** As SQL: quoted, with its schema. */
  readonly tableName: string;
  readonly tableNames: PlatformTable;
  readonly credentials: typeof CREDENTIALS;
  readonly homeDatabase: Database;
  /** As the sweep is connected to the platform. */
  readonly platformConnection: Database;
  readonly backend: Backend;
  readonly schedule: Schedule;
  readonly log: Log;
  /** Says what repeats itself to that log. */
  readonly repeats: Repeats;
  /** The platform as the sweep sees it. */
  readonly table: Platform;
  /** A workspace whose removal went wrong half way: its row says removed, its instance runs. */
  leak(name?: string): Promise<WorkspaceRow>;
  /** Many at once, the first in the list having leaked first. Instances are registered with the control plane. */
  leakMany(count: number): Promise<WorkspaceRow[]>;
  /** Takes the lease and runs one sweep; null when the lease (or the interval) said no. */
  sweep(options?: SweepOptions): Promise<{ readonly sweepId: string; readonly end: SweepEnd } | null>;
  /** Runs one sweep that has begun; the lease is its own. */
  run(begun: Begun, options?: SweepOptions): Promise<SweepEnd>;
  observe(options?: Pick<SweepOptions, 'wrapPlatform' | 'wrapInventory' | 'settings' | 'fingerprint'>): Promise<void>;
  orphans(): Promise<OrphanRow[]>;
  orphan(workspaceId: string): Promise<OrphanRow>;
  /** The same where the workspace had several instances. */
  orphanOf(workspaceId: string, instanceId: string): Promise<OrphanRow>;
  attempts(): Promise<AttemptRow[]>;
  sweeps(): Promise<
    {
      id: string;
      trigger: string;
      result: string;
      error: string | null;
      deferred: number;
      counts: Record<string, number>;
      open: number | null;
      stuck: number | null;
      replica: string | null;
    }[]
  >;
  /** The platform's row, or undefined when there is none. */
  row(workspaceId: string): Promise<WorkspaceRow | undefined>;
  /** As if nothing had been: no workspace, no orphan, no sweep. The control plane remembers. Quicker than a new world. */
  forget(): Promise<void>;
  /** Time goes by: every timestamp of our schema moves back. */
  timePasses(ms: number): Promise<void>;
  close(): Promise<void>;
}

export type WorldSettings = SweepSettings & SweeperSettings;

/** The defaults, but for what is asked before the first Stop of a process: each sweep here would be a process. */
export const QUICK: WorldSettings = {
  intervalMs: 60_000,
  limit: 100,
  concurrency: 10,
  stopTimeoutMs: 10_000,
  deadlineMs: 30_000,
  graceMs: 0,
  secondLookMs: 300_000,
  surgeLimit: 1_000,
  positiveControl: false,
  unknownGraceMs: null,
  disabledReason: null,
};

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const home = await createTestDatabase({ migrated: true });
  await options.prepareHome?.(home);
  const platformDatabase = await createTestDatabase();
  const controlPlane = await startControlPlane(CREDENTIALS);
  const tableName = options.table ?? 'public.workspaces';
  const platform = createPlatform({
    pool: platformDatabase.pool,
    controlPlaneUrl: controlPlane.url,
    credentials: CREDENTIALS,
    table: tableName,
    ...(options.statusType === undefined ? {} : { statusType: options.statusType }),
    ...(options.idType === undefined ? {} : { idType: options.idType }),
  });
  await platform.install({ indexes: options.indexes ?? false });

  const log = pino({ level: 'silent' });
  const repeats = createRepeats(systemClock, log);
  const onError = (): void => undefined;
  const zoned = (url: string): string => {
    const parsed = new URL(url);
    if (options.timeZone !== undefined) parsed.searchParams.set('options', `-c timezone=${options.timeZone}`);
    return parsed.href;
  };
  const urls = {
    home: options.ways?.home(home.url) ?? home.url,
    platform: options.ways?.platform(platformDatabase.url) ?? platformDatabase.url,
  };
  const { statementTimeoutMs } = options;
  const limits = statementTimeoutMs === undefined ? {} : { statementTimeoutMs };
  const homeDatabase = connect(zoned(urls.home), { max: 15, indexesOnly: true, onError, ...limits });
  const theirs = connect(zoned(urls.platform), { max: 15, rowSecurityOff: true, onError, ...limits });
  const [schema = '', name = ''] = tableName.split('.');
  const names = { schema, name };
  const docker = options.engine === undefined ? null : dockerOf(options.engine);
  const table =
    docker === null ? createPlatformTable(theirs, names) : containersOf(docker, theirs, names, homeDatabase);
  const backend = docker ?? createControlPlane({ url: controlPlane.url, ...CREDENTIALS, version: '0.0.0' });
  if (docker !== null) await platformDatabase.query(`alter table ${quoted(tableName)} drop column instance_id`);
  const settings = { ...QUICK, ...options.settings };
  const scheduleOf = (replica: string, all: SweepSettings, dryRun: boolean) =>
    createSchedule(homeDatabase, {
      tenant: 'default',
      replica,
      leaseMs: leaseMs(all),
      intervalMs: all.intervalMs,
      dryRun,
    });
  const schedule = scheduleOf('test', settings, false);
  await schedule.open();

  const inventoryOf = ({ intervalMs, surgeLimit, unknownGraceMs }: WorldSettings, fingerprint = FINGERPRINT) =>
    createInventory(homeDatabase, { tenant: 'default', intervalMs, surgeLimit, unknownGraceMs, fingerprint });

  const run = (begun: Begun, of: SweepOptions = {}, takenMs = (of.clock ?? systemClock).monotonicMs()) => {
    const all = { ...settings, ...of.settings };
    const { sweepId } = begun;
    const identity = { tenant: 'default', replica: of.replica ?? 'test', sweepId };
    const store = createSweepStore(homeDatabase, identity, all);
    const inventory = inventoryOf(all, of.fingerprint);
    const clock = of.clock ?? systemClock;
    const controller = createController({
      clock,
      platform: table,
      backend,
      enabled: all.positiveControl,
      timeoutMs: all.stopTimeoutMs,
      save: (result) => saveControl(homeDatabase, 'default', result),
      repeats,
    });
    return sweep(
      {
        clock,
        controller: of.controller ?? controller,
        store: of.wrapStore?.(store) ?? store,
        inventory: of.wrapInventory?.(inventory) ?? inventory,
        platform: of.wrapPlatform?.(table) ?? table,
        backend: of.backend === undefined ? backend : of.backend,
        settings: all,
        log,
        repeats,
        meter: of.meter ?? UNCOUNTED,
        random: of.random ?? Math.random,
      },
      { ...begun, takenMs },
      of.told ?? new AbortController().signal,
    );
  };

  return {
    home,
    platformDatabase,
    controlPlane,
    platform,
    tableName: quoted(tableName),
    tableNames: { schema, name },
    credentials: CREDENTIALS,
    homeDatabase,
    platformConnection: theirs,
    backend,
    schedule,
    log,
    repeats,
    table,
    async leak(workspaceName) {
      const row = await platform.create(workspaceName);
      await platformDatabase.query(
        `update ${quoted(tableName)} set status = 'removed', updated_at = now() where id = $1`,
        [row.id],
      );
      return { ...row, status: 'removed' };
    },
    leakMany: (count) =>
      leakMany(platformDatabase.pool, quoted(tableName), controlPlane, count, options.idType ?? 'uuid'),
    async sweep(of = {}) {
      const all = { ...settings, ...of.settings };
      const replica = of.replica ?? 'test';
      const takenMs = (of.clock ?? systemClock).monotonicMs();
      const dry = of.dryReplica ?? (of.trigger !== 'manual' && (of.dryRun ?? false));
      const begun = await begin(scheduleOf(replica, all, dry), of);
      if (begun === null) return null;
      const end = await run(begun, of, takenMs);
      return { sweepId: begun.sweepId, end };
    },
    run: (begun, of) => run(begun, of),
    async observe(of = {}) {
      const inventory = inventoryOf({ ...settings, ...of.settings }, of.fingerprint);
      await observe({
        clock: systemClock,
        platform: of.wrapPlatform?.(table) ?? table,
        inventory: of.wrapInventory?.(inventory) ?? inventory,
      });
    },
    orphans: async () => (await home.query<OrphanRow>('select * from sweeper.orphans order by orphaned_at, id')).rows,
    async orphan(workspaceId) {
      const { rows } = await home.query<OrphanRow>(
        'select * from sweeper.orphans where workspace_id = $1 order by resolved_at desc nulls first',
        [workspaceId],
      );
      if (rows[0] === undefined) throw new Error(`no orphan of ${workspaceId}`);
      return rows[0];
    },
    async orphanOf(workspaceId, instanceId) {
      const { rows } = await home.query<OrphanRow>(
        `select * from sweeper.orphans where workspace_id = $1 and instance_id = $2
         order by resolved_at desc nulls first`,
        [workspaceId, instanceId],
      );
      if (rows[0] === undefined) throw new Error(`no orphan ${instanceId} of ${workspaceId}`);
      return rows[0];
    },
    attempts: async () => (await home.query<AttemptRow>('select * from sweeper.attempts order by started_at, id')).rows,
    sweeps: async () => (await home.query<SweepsRow>('select * from sweeper.sweeps order by requested_at, id')).rows,
    async row(workspaceId) {
      return (await platform.rows()).find((row) => row.id === workspaceId);
    },
    async forget() {
      for (const name of ['attempts', 'orphans', 'sweeps', 'samples', 'audit', 'notifications', 'tenants']) {
        await home.query(`delete from sweeper.${name}`);
      }
      await platformDatabase.query(`delete from ${quoted(tableName)}`);
      await schedule.open();
    },
    timePasses: (ms) => timePasses(home, ms),
    async close() {
      await Promise.all([homeDatabase.close(), theirs.close(), backend.close()]);
      await controlPlane.close();
      await Promise.all([home.drop(), platformDatabase.drop()]);
    },
  };
}

function dockerOf({ host }: SimulatedEngine): Backend & Containers {
  const line = dockerLine({ host, tlsVerify: false, certPath: null, homeFolder: '/', readFile: () => '' });
  return createDocker(createDockerEngine(line, '0.0.0'));
}

function containersOf(containers: Containers, theirs: Database, names: PlatformTable, home: Database): Platform {
  const workspaces = createWorkspaces(theirs, names);
  const leftovers = () => readLeftovers(home, 'default');
  return createContainerPlatform({ clock: systemClock, containers, workspaces, leftovers });
}

function quoted(tableName: string): string {
  return tableName
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}

type SweepsRow = Awaited<ReturnType<World['sweeps']>>[number];

async function begin(schedule: Schedule, { trigger = 'boot', workspaceIds, dryRun, drain }: SweepOptions) {
  if (trigger !== 'manual') {
    const tick = await schedule.tick(trigger);
    return tick.kind === 'begun' ? tick : null;
  }
  const request: ManualRequest = {
    workspaceIds: workspaceIds ?? null,
    expected: null,
    dryRun: dryRun ?? false,
    drain: drain ?? false,
  };
  await schedule.enqueue(request, { ...BY_ITSELF, actor: 'Tess' });
  return schedule.beginQueued();
}

async function leakMany(
  pool: Pool,
  table: string,
  controlPlane: SimulatedControlPlane,
  count: number,
  idType: 'uuid' | 'text',
): Promise<WorkspaceRow[]> {
  const prefix = randomBytes(4).toString('hex');
  const { rows } = await pool.query<WorkspaceRow>(
    `insert into ${table} (id, name, status, instance_id, updated_at)
     select ${idType === 'uuid' ? 'gen_random_uuid()' : `'ws ' || n`}, '${prefix}-' || n, 'removed', 'i-${prefix}-' || n,
       now() - make_interval(secs => 86400 - n)
     from generate_series(1, $1::int) as n
     returning id::text as id, name, status::text as status, instance_id, updated_at`,
    [count],
  );
  for (const row of rows) controlPlane.launch({ workspaceId: row.id, instanceId: row.instance_id ?? '' });
  return rows.sort((a, b) => a.updated_at.getTime() - b.updated_at.getTime());
}

const FAR_AWAY_SECONDS = 30_000_000_000;

/** Found in the catalogue, so that a new column is not forgotten. */
async function timePasses(home: TestDatabase, ms: number): Promise<void> {
  const { rows } = await home.query<{ table_name: string; column_name: string }>(
    `select table_name, column_name from information_schema.columns
     where table_schema = 'sweeper' and data_type = 'timestamp with time zone' order by table_name`,
  );
  for (const [name, columns] of grouped(rows)) {
    // Where a time is the key, a row would land on another that has not moved yet: so all of them go far away first.
    const backSeconds = name === 'samples' ? FAR_AWAY_SECONDS : 0;
    const move = (seconds: number) => {
      const sets = columns.map((column) => `${column} = ${column} - make_interval(secs => ${seconds})`);
      return home.query(`update sweeper.${name} set ${sets.join(', ')}`);
    };
    if (backSeconds > 0) await move(backSeconds);
    await move(ms / 1000 - backSeconds);
  }
}

function grouped(rows: readonly { table_name: string; column_name: string }[]): Map<string, string[]> {
  const byTable = new Map<string, string[]>();
  for (const { table_name: name, column_name: column } of rows) {
    byTable.set(name, [...(byTable.get(name) ?? []), column]);
  }
  return byTable;
}
