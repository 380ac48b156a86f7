import type { BaseLogger } from 'pino';
import type { Backend } from '../backends/backend.ts';
import type { Database } from '../db/connect.ts';
import type { Clock } from './clock.ts';
import { createFresh } from './fresh.ts';
import { createInventory } from './inventory.ts';
import { createLoop, type Loop } from './loop.ts';
import { observe } from './observe.ts';
import { createPlatform } from './platform.ts';
import type { PlatformTable } from './platform-fault.ts';
import { retain } from './retention.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { createSweepStore } from './store.ts';
import { leaseMs, type SweepSettings, sweep } from './sweep.ts';

export interface SweeperDeps {
  readonly clock: Clock;
  readonly home: Database;
  readonly platformDatabase: Database;
  readonly table: PlatformTable;
  readonly backend: Backend | null;
  readonly tenant: string;
  /** Names this process among all that share the home database. */
  readonly replica: string;
  readonly settings: SweepSettings;
  /** Every sweep is dry. */
  readonly dryRun: boolean;
  readonly log: BaseLogger;
  /** From [0, 1). */
  readonly random: () => number;
}

/** The parts of one tenant's sweeper, put together. */
export interface Sweeper {
  readonly loop: Loop;
  readonly schedule: Schedule;
  /** Has an old inventory observed again, before it is read. */
  readonly fresh: () => Promise<void>;
}

export function createSweeper(deps: SweeperDeps): Sweeper {
  const { clock, home, tenant, replica, settings, log, backend, random } = deps;
  const { intervalMs } = settings;
  const platform = createPlatform(deps.platformDatabase, deps.table);
  const inventory = createInventory(home, tenant, intervalMs);
  const schedule = createSchedule(home, {
    tenant,
    replica,
    leaseMs: leaseMs(settings),
    intervalMs,
    dryRun: deps.dryRun,
  });
  const loop = createLoop({
    clock,
    schedule,
    log,
    intervalMs,
    run: ({ sweepId, trigger, scope, dryRun }, takenMs, told) => {
      const store = createSweepStore(home, { tenant, replica, sweepId });
      const sweepDeps = { clock, store, inventory, platform, backend, settings, log, random };
      return sweep(sweepDeps, { sweepId, trigger, scope, dryRun, takenMs }, told);
    },
    afterSweep: () => retain(home, tenant),
  });
  const fresh = createFresh({
    clock,
    home,
    tenant,
    observe: () => observe({ clock, platform, inventory }),
    onError: (error) => log.error({ err: error }, 'The inventory could not be brought up to date'),
  });
  return { loop, schedule, fresh };
}
