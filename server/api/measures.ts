import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Config } from '../config.ts';
import type { Meter } from '../sweep/meter.ts';
import { FAILURE_CLASSES, type FailureClass, OPEN_STATES, OUTCOMES, type Outcome } from '../sweep/outcome.ts';
import type { Sight } from './watch.ts';

/** Everything that is measured, in a registry of its own. */
export interface Measures {
  /** Counts what this process does. */
  readonly meter: Meter;
  readonly contentType: string;
  /**
   * What a scrape is answered.
   *
   * @param disabled null: not known yet
   */
  tell(sight: Sight, disabled: boolean | null): Promise<string>;
  /** Adds memory, CPU, event loop and the like. They are observed until the process ends: once in a process. */
  measureProcess(): void;
}

/** From an answer at once to the longest STOP_TIMEOUT_SECONDS. */
const DURATION_BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];

/** The `class` of an attempt that has none. */
const NO_CLASS = 'none';
/** What can go together. */
const CLASSES: Readonly<Record<Outcome, readonly (FailureClass | typeof NO_CLASS)[]>> = {
  stopped: [NO_CLASS],
  already_gone: [NO_CLASS],
  stopped_live: [NO_CLASS],
  superseded: [NO_CLASS],
  shared: [NO_CLASS],
  failed: FAILURE_CLASSES,
  clear_failed: ['platform'],
  interrupted: [NO_CLASS],
  would_stop: [NO_CLASS],
};

export function createMeasures(config: Config, version: string): Measures {
  const registry = new Registry();
  const { tenant, environmentName } = config;
  registry.setDefaultLabels({ tenant, ...(environmentName === null ? {} : { environment: environmentName }) });
  const meter = createMeter(registry);
  const gauges = createGauges(registry);
  tellSettings(registry, config, version);

  return {
    meter,
    contentType: registry.contentType,
    tell(sight, disabled) {
      gauges.show(sight, disabled);
      return registry.metrics();
    },
    measureProcess: () => collectDefaultMetrics({ register: registry }),
  };
}

/** This process's own work. Each starts at 0, so that its first increase is one. */
function createMeter(registry: Registry): Meter {
  const registers = [registry];
  const attempts = new Counter({
    name: 'sweeper_attempts_total',
    help: 'Attempts that this process has made, by outcome and failure class (none: the outcome has none)',
    labelNames: ['outcome', 'class'],
    registers,
  });
  for (const outcome of OUTCOMES) for (const of of CLASSES[outcome]) attempts.inc({ outcome, class: of }, 0);
  const durations = new Histogram({
    name: 'sweeper_attempt_duration_seconds',
    help: 'How long the attempts of this process took in which a Stop was sent: from before they were written down to their end',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const reappeared = new Counter({
    name: 'sweeper_reappeared_total',
    help: 'Instances that second looks of this process found running although their Stop had been accepted',
    registers,
  });
  return {
    attempted({ outcome, class: failureClass, called }, tookMs) {
      attempts.inc({ outcome, class: failureClass ?? NO_CLASS });
      if (called) durations.observe(tookMs / 1000);
    },
    reappeared: () => reappeared.inc(),
  };
}

const OF_THE_TENANT = "The tenant's, whichever replica is asked; absent while it is not known.";

/** What the home database knows, as of the scrape. */
function createGauges(registry: Registry) {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const orphans = new Gauge({
    name: 'sweeper_orphans',
    help: `Open orphans by state (stuck: they need a person), as of the last observe. ${OF_THE_TENANT}`,
    labelNames: ['state'],
    registers: [registry],
  });
  const oldest = gauge(
    'sweeper_oldest_orphan_seconds',
    `For how long the oldest open orphan has been one, those that are held left out; 0: there is none. ${OF_THE_TENANT}`,
  );
  const lastSweep = gauge(
    'sweeper_last_sweep_timestamp_seconds',
    'When the last sweep ended that was neither skipped, failed, interrupted nor cancelled; by hand, one of all orphans ' +
      `that was not dry. ${OF_THE_TENANT}`,
  );
  const lastObserve = gauge(
    'sweeper_last_observe_timestamp_seconds',
    `When the last successful observe of the platform began, by a sweep or for a console. ${OF_THE_TENANT}`,
  );
  const breakerOpen = gauge(
    'sweeper_breaker_open',
    `1: the control plane fails as a whole, and a sweep sends one probe instead of a batch. ${OF_THE_TENANT}`,
  );
  const brake = gauge(
    'sweeper_brake',
    `1: the brake is latched, nothing is stopped until a person releases it. ${OF_THE_TENANT}`,
  );
  const paused = gauge(
    'sweeper_paused',
    `1: a person has paused automatic sweeping, until a time that was given. ${OF_THE_TENANT}`,
  );
  const disabled = gauge(
    'sweeper_disabled',
    "1: this process stops nothing: no control plane, SWEEP_LIMIT=0, or the tenant is another platform's. Absent while it is not known.",
  );
  const homeUp = gauge('sweeper_home_database_up', '1: the home database has just answered this process');

  return {
    show({ homeUp: up, watched }: Sight, isDisabled: boolean | null): void {
      homeUp.set(Number(up));
      show(disabled, isDisabled);
      for (const state of OPEN_STATES) {
        const count = watched?.orphans?.[state];
        if (count === undefined) orphans.remove(state);
        else orphans.set({ state }, count);
      }
      show(oldest, watched?.oldestSeconds);
      show(lastSweep, watched?.lastSweepSeconds);
      show(lastObserve, watched?.lastObserveSeconds);
      show(breakerOpen, watched?.breakerOpen);
      show(brake, watched?.braked);
      show(paused, watched?.paused);
    },
  };
}

/** Not known is absent: a 0 would end an alert. */
function show(gauge: Gauge, value: number | boolean | null | undefined): void {
  if (value === null || value === undefined) gauge.remove();
  else gauge.set(Number(value));
}

function tellSettings(registry: Registry, { sweep }: Config, version: string): void {
  const registers = [registry];
  new Gauge({
    name: 'sweeper_interval_seconds',
    help: 'SWEEP_INTERVAL_SECONDS: how long after the end of a sweep the next one begins',
    registers,
  }).set(sweep.intervalMs / 1000);
  new Gauge({
    name: 'sweeper_dry_run',
    help: '1: SWEEP_DRY_RUN is true, every sweep only shows what it would stop',
    registers,
  }).set(Number(sweep.dryRun));
  new Gauge({
    name: 'sweeper_build_info',
    help: '1, with the version of this process',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
}
