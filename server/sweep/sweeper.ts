import { sql } from 'drizzle-orm';
import type { Backend, Containers } from '../backends/backend.ts';
import type { Database } from '../db/connect.ts';
import { tenants } from '../db/schema.ts';
import type { Act } from './audit.ts';
import type { Clock } from './clock.ts';
import { createContainerPlatform } from './containers.ts';
import { createIdentity, type Identity } from './fingerprint.ts';
import { createFresh, type Fresh } from './fresh.ts';
import { createInstances, type Instances } from './instances.ts';
import { createInventory } from './inventory.ts';
import type { Log, Repeats } from './log.ts';
import { createLoop, type Loop } from './loop.ts';
import type { Meter } from './meter.ts';
import { observe } from './observe.ts';
import { type Once, sweepOnce } from './once.ts';
import { createPlatform, type Platform } from './platform.ts';
import type { PlatformTable } from './platform-fault.ts';
import { type ControlResult, createController } from './positive-control.ts';
import { retain } from './retention.ts';
import { type Begun, createSchedule, type ManualRequest, type NotQueued, type Schedule } from './schedule.ts';
import { readLeftovers } from './steps.ts';
import { createSweepStore } from './store.ts';
import { leaseMs, type SweepSettings, sweep } from './sweep.ts';
import { createWorkspaces } from './workspaces.ts';

export interface SweeperSettings {
  readonly surgeLimit: number | 'unlimited';
  readonly positiveControl: boolean;
  /** How far apart two looks must both miss the row of a container that has none; null: it is never stopped. */
  readonly unknownGraceMs: number | null;
}

export interface SweeperDeps {
  readonly clock: Clock;
  readonly home: Database;
  readonly platformDatabase: Database;
  readonly table: PlatformTable;
  readonly backend: Backend | null;
  /** What instances there are, where the backend and not the platform's rows says so. */
  readonly containers: Containers | null;
  readonly tenant: string;
  /** Names this process among all that share the home database. */
  readonly replica: string;
  readonly settings: SweepSettings & SweeperSettings;
  /** Which platform this is: `host:port/database schema.table`. */
  readonly fingerprint: string;
  /** The fingerprint that it had before it moved. */
  readonly movedFrom: string | null;
  /** Every sweep is dry. */
  readonly dryRun: boolean;
  readonly log: Log;
  readonly repeats: Repeats;
  /** Told of attempts and looks. */
  readonly meter: Meter;
  /** From [0, 1). */
  readonly random: () => number;
}

/** The parts of one tenant's sweeper, put together. */
export interface Sweeper {
  readonly loop: Loop;
  readonly schedule: Schedule;
  readonly fresh: Fresh;
  readonly instances: Instances;
  /** One sweep that a person asks for, without the loop. */
  readonly once: (request: ManualRequest, act: Act, told: AbortSignal) => Promise<Once | NotQueued>;
  /** Makes sure that the tenant has its row, and that it is this platform's. */
  readonly open: () => Promise<void>;
  /** Only finds out whether the tenant is this platform's: for those who come by and take nothing. */
  readonly visit: () => Promise<void>;
  /** Which platform this process was set up for: `host:port/database schema.table`. */
  readonly fingerprint: string;
  /** Why this process may not touch the tenant at all; null: it may. */
  readonly refusal: () => string | null;
  /** The role as which the platform's database is asked; empty where the connection string names none. */
  readonly platformRole: string;
}

export function createSweeper(deps: SweeperDeps): Sweeper {
  const { clock, home, tenant, replica, settings, log, repeats, meter, backend, random } = deps;
  const { intervalMs } = settings;
  const platform = platformOf(deps);
  const { fingerprint, movedFrom } = deps;
  const { surgeLimit, positiveControl, secondLookMs, unknownGraceMs } = settings;
  const identity = createIdentity(home, { tenant, fingerprint, movedFrom });
  const inventory = createInventory(home, { tenant, intervalMs, surgeLimit, unknownGraceMs, fingerprint });
  const controller = createController({
    clock,
    platform,
    backend,
    enabled: positiveControl,
    timeoutMs: settings.stopTimeoutMs,
    save: (result) => saveControl(home, tenant, result),
    repeats,
  });
  const schedule = createSchedule(home, {
    tenant,
    replica,
    leaseMs: leaseMs(settings),
    intervalMs,
    dryRun: deps.dryRun,
  });
  const run = (begun: Begun, takenMs: number, told: AbortSignal) => {
    const store = createSweepStore(home, { tenant, replica, sweepId: begun.sweepId }, { secondLookMs });
    const sweepDeps = { clock, store, inventory, platform, backend, controller, settings, log, repeats, meter, random };
    return sweep(sweepDeps, { ...begun, takenMs }, told);
  };
  const sweeping = { clock, schedule: onlyOurs(schedule, identity), run, afterSweep: () => retain(home, tenant) };
  const loop = createLoop({ ...sweeping, repeats, intervalMs });
  const fresh = createFresh({
    clock,
    home,
    tenant,
    observe: () => observe({ clock, platform, inventory }),
    onError: (error) => repeats.fails('inventory', 'error', error, 'The inventory could not be brought up to date'),
  });
  const instances = createInstances({ clock, home, tenant, platform, backend, refusal: identity.refusal });
  const open = async (): Promise<void> => {
    await schedule.open();
    const refusal = await identity.check();
    if (refusal !== null) log.error({}, `Nothing is being stopped: ${refusal}`);
  };
  return {
    loop,
    schedule,
    fresh,
    instances,
    once: (request, act, told) => sweepOnce({ ...sweeping, home, tenant }, request, act, told),
    open,
    visit: async () => void (await identity.compare()),
    fingerprint,
    refusal: identity.refusal,
    platformRole: deps.platformDatabase.user,
  };
}

function platformOf({ clock, home, tenant, platformDatabase, table, containers }: SweeperDeps): Platform {
  if (containers === null) return createPlatform(platformDatabase, table);
  const workspaces = createWorkspaces(platformDatabase, table);
  return createContainerPlatform({ clock, containers, workspaces, leftovers: () => readLeftovers(home, tenant) });
}

/** A tenant that is another platform's is not touched; it is looked at again at every tick, and so heals by itself. */
function onlyOurs(schedule: Schedule, identity: Identity): Schedule {
  return {
    ...schedule,
    tick: async (trigger) => ((await identity.check()) === null ? schedule.tick(trigger) : { kind: 'foreign' }),
    beginQueued: async () => (identity.refusal() === null ? schedule.beginQueued() : null),
  };
}

/** For the console: what every replica shows. */
export async function saveControl(home: Database, tenant: string, { result, message }: ControlResult): Promise<void> {
  await home.statement(sql`
    update ${tenants} set positive_control = ${result}, positive_control_message = ${message},
      positive_control_at = now()
    where tenant = ${tenant}`);
}
