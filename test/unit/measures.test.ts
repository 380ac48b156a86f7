import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMeasures, type Measures } from '../../server/api/measures.ts';
import type { Sight } from '../../server/api/watch.ts';
import { parseConfig } from '../../server/config.ts';
import type { Environment } from '../../server/environment.ts';
import type { Ending } from '../../server/sweep/finish.ts';
import { FAILURE_CLASSES, OPEN_STATES, OUTCOMES } from '../../server/sweep/outcome.ts';
import type { Watched } from '../../server/sweep/watched.ts';
import { measured, readExposition } from '../support/exposition.ts';

const measuresOf = (env: Environment = {}): Measures =>
  createMeasures(
    parseConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', ...env }, () => ''),
    '1.2.3',
  );

const BLIND: Sight = { homeUp: false, watched: null };
const KNOWN: Watched = {
  orphans: { waiting: 1, sweeping: 2, retrying: 3, stuck: 0, held: 5 },
  oldestSeconds: 90.5,
  lastSweepSeconds: 1_700_000_000.25,
  lastObserveSeconds: 1_700_000_001,
  breakerOpen: true,
  braked: false,
  paused: true,
};
const tell = async (measures: Measures, sight: Sight = BLIND, disabled: boolean | null = null) =>
  readExposition(await measures.tell(sight, disabled));

const ended = (of: Partial<Ending>): Ending => ({
  outcome: 'stopped',
  class: null,
  fault: null,
  httpStatus: null,
  message: null,
  called: true,
  ...of,
});

/** What only the home database knows. */
const OF_THE_TENANT = [
  'sweeper_orphans',
  'sweeper_oldest_orphan_seconds',
  'sweeper_last_sweep_timestamp_seconds',
  'sweeper_last_observe_timestamp_seconds',
  'sweeper_breaker_open',
  'sweeper_brake',
  'sweeper_paused',
];

describe('what is not known', () => {
  it('is absent, never 0: before it is known, and when it is not known any more', async () => {
    const measures = measuresOf();
    const there = async (sight: Sight) => {
      const names = new Set((await tell(measures, sight)).map(({ name }) => name));
      return OF_THE_TENANT.filter((name) => names.has(name));
    };
    expect(await there(BLIND)).toEqual([]);
    expect(await there({ homeUp: true, watched: KNOWN })).toEqual(OF_THE_TENANT);
    expect(await there(BLIND)).toEqual([]);
    const unseen = { ...KNOWN, orphans: null, oldestSeconds: null, lastSweepSeconds: null, lastObserveSeconds: null };
    expect(await there({ homeUp: true, watched: unseen })).toEqual(OF_THE_TENANT.slice(4));
  });

  it('is nothing that a home database says which did not answer; that it did not is known', async () => {
    const measures = measuresOf();
    expect(measured(await tell(measures), 'sweeper_home_database_up')).toBe(0);
    expect(measured(await tell(measures, { homeUp: true, watched: null }), 'sweeper_home_database_up')).toBe(1);
  });

  it.each([
    [null, undefined],
    [false, 0],
    [true, 1],
  ] as const)('disabled: %s is told as %s', async (disabled, value) => {
    expect(measured(await tell(measuresOf(), BLIND, disabled), 'sweeper_disabled')).toBe(value);
  });
});

describe('what is known', () => {
  it('is told as it is, 0 included', async () => {
    const samples = await tell(measuresOf(), { homeUp: true, watched: KNOWN }, false);
    const orphans = OPEN_STATES.map((state) => [state, measured(samples, 'sweeper_orphans', { state })]);
    expect(Object.fromEntries(orphans)).toEqual(KNOWN.orphans);
    expect(OF_THE_TENANT.slice(1).map((name) => measured(samples, name))).toEqual([
      90.5, 1_700_000_000.25, 1_700_000_001, 1, 0, 1,
    ]);
  });

  it('is what the settings say, also while the home database is away', async () => {
    const plain = await tell(measuresOf());
    expect(measured(plain, 'sweeper_interval_seconds')).toBe(60);
    expect(measured(plain, 'sweeper_dry_run')).toBe(0);
    expect(measured(plain, 'sweeper_build_info', { version: '1.2.3' })).toBe(1);
    const careful = await tell(measuresOf({ SWEEP_DRY_RUN: 'true', SWEEP_INTERVAL_SECONDS: '5' }));
    expect(measured(careful, 'sweeper_interval_seconds')).toBe(5);
    expect(measured(careful, 'sweeper_dry_run')).toBe(1);
  });

  it('carries the tenant, and the environment where it has a name', async () => {
    for (const { labels } of await tell(measuresOf())) {
      expect(labels).toMatchObject({ tenant: 'default' });
      expect(labels).not.toHaveProperty('environment');
    }
    const named = await tell(measuresOf({ TENANT: 'eu', ENVIRONMENT_NAME: 'staging' }));
    for (const { labels } of named) expect(labels).toMatchObject({ tenant: 'eu', environment: 'staging' });
  });
});

describe('what this process has done', () => {
  it('is 0 from the start, for every outcome with every class that it can have', async () => {
    const attempts = (await tell(measuresOf())).filter(({ name }) => name === 'sweeper_attempts_total');
    expect(attempts.map(({ value }) => value)).toEqual(attempts.map(() => 0));
    const pairs = attempts.map(({ labels }) => `${labels['outcome']} ${labels['class']}`);
    const without = OUTCOMES.filter((outcome) => outcome !== 'failed' && outcome !== 'clear_failed');
    expect(pairs.sort()).toEqual(
      [
        ...FAILURE_CLASSES.map((one) => `failed ${one}`),
        'clear_failed platform',
        ...without.map((outcome) => `${outcome} none`),
      ].sort(),
    );
    const other = await tell(measuresOf());
    expect(measured(other, 'sweeper_reappeared_total')).toBe(0);
    expect(measured(other, 'sweeper_attempt_duration_seconds_count')).toBe(0);
  });

  it('is counted by outcome and class', async () => {
    const measures = measuresOf();
    const { meter } = measures;
    meter.attempted(ended({}), 10);
    meter.attempted(ended({}), 10);
    meter.attempted(ended({ outcome: 'failed', class: 'timeout' }), 10);
    meter.reappeared();
    const samples = await tell(measures);
    const counted = samples.filter(({ name, value }) => name === 'sweeper_attempts_total' && value > 0);
    expect(counted.map(({ labels, value }) => [labels['outcome'], labels['class'], value])).toEqual([
      ['stopped', 'none', 2],
      ['failed', 'timeout', 1],
    ]);
    expect(measured(samples, 'sweeper_reappeared_total')).toBe(1);
  });

  it('took as long as the Stops took that were sent: nothing is known of one that was not', async () => {
    const measures = measuresOf();
    const { meter } = measures;
    for (const ms of [20, 50, 700, 9_000, 400_000]) meter.attempted(ended({}), ms);
    meter.attempted(ended({ outcome: 'superseded', called: false }), 1);
    const samples = await tell(measures);
    const upTo = (le: string) => measured(samples, 'sweeper_attempt_duration_seconds_bucket', { le });
    expect(['0.025', '0.05', '0.5', '1', '5', '10', '300', '+Inf'].map(upTo)).toEqual([1, 2, 2, 3, 3, 4, 4, 5]);
    expect(measured(samples, 'sweeper_attempt_duration_seconds_sum')).toBeCloseTo(409.77);
    expect(measured(samples, 'sweeper_attempt_duration_seconds_count')).toBe(5);
  });

  it("is nobody else's: each program has a registry of its own, and the library's is left alone", async () => {
    const [one, other] = [measuresOf(), measuresOf()];
    one.meter.reappeared();
    expect(measured(await tell(one), 'sweeper_reappeared_total')).toBe(1);
    expect(measured(await tell(other), 'sweeper_reappeared_total')).toBe(0);
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});

describe('the process itself', () => {
  it('is measured where that was asked for', async () => {
    const measures = measuresOf();
    const names = async () => new Set((await tell(measures)).map(({ name }) => name));
    expect((await names()).has('process_resident_memory_bytes')).toBe(false);
    measures.measureProcess();
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']) {
      expect(await names()).toContain(name);
    }
  });
});

it('each metric says what it is, in one sentence at least', async () => {
  const text = await measuresOf().tell({ homeUp: true, watched: KNOWN }, false);
  const told = new Map([...text.matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]));
  const typed = [...text.matchAll(/^# TYPE (\w+) \w+$/gm)].map(([, name]) => name);
  expect([...told.keys()]).toEqual(typed);
  for (const [name, help] of told) {
    expect(name).toMatch(/^sweeper_[a-z_]+$/);
    expect(help, name).toMatch(/\w{4}.{15}/);
  }
});
