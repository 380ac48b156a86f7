import { pino } from 'pino';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createMeasures } from '../../server/api/measures.ts';
import type { Status } from '../../server/api/status.ts';
import { buildApp } from '../../server/app.ts';
import { parseConfig } from '../../server/config.ts';
import { connect, type Database } from '../../server/db/connect.ts';
import { OPEN_STATES, SWEEP_RESULTS } from '../../server/sweep/outcome.ts';
import { latchBrake } from '../support/acting.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { measured, readExposition, type Sample } from '../support/exposition.ts';
import { nobodyTold } from '../support/notifying.ts';
import { sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world, { ENVIRONMENT_NAME: 'staging' });
  return () => api.close();
});

/** An answer is kept for a second, so each test asks once, at its end. */
async function scrape(of = api): Promise<Sample[]> {
  const answer = await of.call('/metrics');
  expect(answer.status, answer.text).toBe(200);
  return readExposition(answer.text);
}

const namesOf = (samples: readonly Sample[]) => [...new Set(samples.map(({ name }) => name))];
/** In seconds, from when a time was. */
const age = (seconds: number | undefined) => Date.now() / 1000 - (seconds ?? Number.NaN);

describe('a scrape', () => {
  it('is text that Prometheus reads, of this moment, without a cookie', async () => {
    const answer = await api.call('/metrics');
    expect(answer.header('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.header('cache-control')).toBe('no-store');
    expect(answer.header('set-cookie')).toBeUndefined();
    expect(answer.header('x-content-type-options')).toBe('nosniff');
    for (const { labels } of readExposition(answer.text)) {
      expect(labels).toMatchObject({ tenant: 'default', environment: 'staging' });
    }
  });

  it('is refused under a foreign name, as everything is', async () => {
    const answer = await api.call({ url: '/metrics', headers: { host: 'evil.example' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'unknown_host' } });
  });

  it('asks the home database once for all that come together, and the platform never', async () => {
    await world.leakMany(3);
    await world.observe();
    // By now the status would have the platform looked at again.
    await world.timePasses(60_000);
    const before = { looks: api.looks(), asked: api.homeQuestions() };
    const answers = await Promise.all([scrape(), scrape(), scrape()]);
    expect(answers.map((samples) => measured(samples, 'sweeper_orphans', { state: 'waiting' }))).toEqual([3, 3, 3]);
    expect(api.homeQuestions() - before.asked).toBe(1);
    expect(api.looks()).toBe(before.looks);
  });
});

describe('the numbers of the tenant', () => {
  it('are those of the status', async () => {
    const leaked = await world.leakMany(6);
    world.controlPlane.fail(leaked[0]?.instance_id ?? '', { kind: 'status', status: 403 });
    world.controlPlane.fail(leaked[1]?.instance_id ?? '', { kind: 'status', status: 409 });
    await sweepOnce(world, { settings: { limit: 4, concurrency: 1 } });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await api.call({
      method: 'PUT',
      url: `/api/orphans/${leaked[5]?.id}/hold`,
      payload: { actor: 'Anna', reason: 'looking', until },
    });
    await world.home.query(`update sweeper.orphans set stuck_at = now() - interval '1 min' where workspace_id = $1`, [
      leaked[1]?.id,
    ]);
    const { body: status } = await api.call<Status>('/api/status');
    expect(status.counts).toEqual({ open: 4, waiting: 1, sweeping: 0, retrying: 1, stuck: 1, held: 1 });
    const samples = await scrape();
    for (const state of OPEN_STATES) {
      expect(measured(samples, 'sweeper_orphans', { state }), state).toBe(status.counts?.[state]);
    }
    const oldest = measured(samples, 'sweeper_oldest_orphan_seconds');
    expect(Math.abs((oldest ?? 0) - age(Date.parse(status.oldest?.orphanedAt ?? '') / 1000))).toBeLessThan(60);
    const observed = Date.parse(status.lastObserve.observedAt ?? '') / 1000;
    expect(measured(samples, 'sweeper_last_observe_timestamp_seconds')).toBeCloseTo(observed, 2);
    const swept = Date.parse(status.sweeper.lastSweep?.finishedAt ?? '') / 1000;
    expect(measured(samples, 'sweeper_last_sweep_timestamp_seconds')).toBeCloseTo(swept, 2);
    const flags = ['breaker_open', 'brake', 'paused', 'disabled', 'dry_run', 'home_database_up'];
    expect(flags.map((name) => measured(samples, `sweeper_${name}`))).toEqual([0, 0, 0, 0, 0, 1]);
    expect(measured(samples, 'sweeper_interval_seconds')).toBe(status.sweeper.intervalSeconds);
    expect(measured(samples, 'sweeper_build_info', { version: status.version })).toBe(1);
  });

  it('say what keeps everything from being stopped', async () => {
    await world.observe();
    await latchBrake(world);
    await world.home.query(`
      update sweeper.tenants set breaker_opened_at = now(), breaker_class = 'timeout', pause_until = now() + interval '1 h'`);
    const samples = await scrape();
    const flags = ['breaker_open', 'brake', 'paused'];
    expect(flags.map((name) => measured(samples, `sweeper_${name}`))).toEqual([1, 1, 1]);
  });

  it('say nothing of orphans before anybody has looked, nor of a sweep that has not been', async () => {
    const names = namesOf(await scrape());
    for (const name of [
      'orphans',
      'oldest_orphan_seconds',
      'last_sweep_timestamp_seconds',
      'last_observe_timestamp_seconds',
    ])
      expect(names).not.toContain(`sweeper_${name}`);
    // These the tenant's row knows from the start.
    for (const name of ['breaker_open', 'brake', 'paused']) expect(names).toContain(`sweeper_${name}`);
  });

  it('are 0 where somebody has looked and found none', async () => {
    await world.observe();
    const samples = await scrape();
    for (const state of OPEN_STATES) expect(measured(samples, 'sweeper_orphans', { state })).toBe(0);
    expect(measured(samples, 'sweeper_oldest_orphan_seconds')).toBe(0);
    expect(namesOf(samples)).not.toContain('sweeper_last_sweep_timestamp_seconds');
  });

  it('let nobody be woken by an orphan that a person holds', async () => {
    const [held, waiting] = await world.leakMany(2);
    await world.observe();
    await world.home.query(
      `update sweeper.orphans set orphaned_at = now() - case when workspace_id = $1 then interval '3 d' else interval '2 h' end,
         held_at = case when workspace_id = $1 then now() end,
         hold_until = case when workspace_id = $1 then now() + interval '1 h' end`,
      [held?.id],
    );
    expect(waiting).toBeDefined();
    const oldest = measured(await scrape(), 'sweeper_oldest_orphan_seconds') ?? 0;
    expect(oldest).toBeGreaterThan(7_199);
    expect(oldest).toBeLessThan(86_400);
  });

  it('are absent where the home database holds nothing of it', async () => {
    await world.home.query('delete from sweeper.tenants');
    const samples = await scrape();
    expect(measured(samples, 'sweeper_home_database_up')).toBe(1);
    for (const name of ['orphans', 'brake', 'paused']) expect(namesOf(samples)).not.toContain(`sweeper_${name}`);
  });
});

describe('when the last sweep ended well', () => {
  /** A sweep that ended an hour ago, unless told. */
  async function ended(of: {
    result: string;
    trigger?: string;
    scope?: string[];
    dryRun?: boolean;
    requestedAgo?: number;
    finishedAgo?: number;
  }): Promise<void> {
    const { finishedAgo = 3_600, requestedAgo = finishedAgo + 30 } = of;
    await world.home.query(
      `insert into sweeper.sweeps (tenant, trigger, result, scope, dry_run, requested_at, started_at, finished_at)
       values ('default', $1, $2, $3, $4, now() - make_interval(secs => $5), now() - make_interval(secs => $5),
         now() - make_interval(secs => $6))`,
      [of.trigger ?? 'interval', of.result, of.scope ?? null, of.dryRun ?? false, requestedAgo, finishedAgo],
    );
  }
  const lastSweep = async () => measured(await scrape(), 'sweeper_last_sweep_timestamp_seconds');

  it.each(
    SWEEP_RESULTS.map((result) => ({
      result,
      counts: ['cleared', 'partial', 'nothing_to_do', 'dry_run'].includes(result),
    })),
  )('$result counts: $counts', async ({ result, counts }) => {
    await ended({ result });
    const seconds = await lastSweep();
    if (!counts) expect(seconds).toBeUndefined();
    else expect(Math.abs(age(seconds) - 3_600)).toBeLessThan(60);
  });

  it('is not moved by one that did not', async () => {
    await ended({ result: 'cleared', finishedAgo: 7_200 });
    await ended({ result: 'failed', finishedAgo: 60 });
    await ended({ result: 'skipped', finishedAgo: 30 });
    expect(Math.abs(age(await lastSweep()) - 7_200)).toBeLessThan(60);
  });

  it('is the end of the one that ended last, whatever its result, and whenever it was asked for', async () => {
    await ended({ result: 'nothing_to_do', finishedAgo: 1_000 });
    await ended({ result: 'cleared', trigger: 'manual', requestedAgo: 1_200, finishedAgo: 500 });
    await ended({ result: 'cleared', requestedAgo: 1_100, finishedAgo: 1_050 });
    expect(Math.abs(age(await lastSweep()) - 500)).toBeLessThan(60);
  });

  it.each([
    ['of all orphans', { result: 'cleared', trigger: 'manual' }, true],
    ['of some', { result: 'cleared', trigger: 'manual', scope: ['a'] }, false],
    ['of none', { result: 'nothing_to_do', trigger: 'manual', scope: [] }, false],
    ['that was dry', { result: 'dry_run', trigger: 'manual', dryRun: true }, false],
  ])('counts one by hand %s: %j', async (_what, sweep, counts) => {
    await ended(sweep);
    expect((await lastSweep()) !== undefined).toBe(counts);
  });

  it('is only of this tenant', async () => {
    await ended({ result: 'cleared' });
    await world.home.query("update sweeper.sweeps set tenant = 'other'");
    expect(await lastSweep()).toBeUndefined();
  });
});

describe('while something is away', () => {
  async function appOn(database: Database | null, env = {}) {
    const config = parseConfig(
      { DATABASE_URL: world.home.url, CONTROL_PLANE_URL: world.controlPlane.url, ...env },
      () => '',
    );
    const { sweeper } = api;
    const app = await buildApp({
      config,
      version: '0.1.0',
      replica: 'one',
      startedAt: new Date(),
      state: () => ({ home: database === null ? null : { database, sweeper }, error: null }),
      measures: createMeasures(config, '0.1.0'),
      notifier: nobodyTold(),
      log: pino({ level: 'silent' }),
      repeats: world.repeats,
      webRoot: null,
    });
    onTestFinished(() => app.close());
    const response = await app.inject('/metrics');
    expect(response.statusCode, response.body).toBe(200);
    return readExposition(response.body);
  }

  it.each(['refuses', 'is not ready yet'])(
    'the home database %s: what the process knows is told, and nothing else',
    async (how) => {
      await world.leak();
      await world.observe();
      const nowhere = connect('postgres://nobody@127.0.0.1:1/none', { max: 1, onError: () => undefined });
      onTestFinished(() => nowhere.close());
      const samples = await appOn(how === 'refuses' ? nowhere : null);
      expect(measured(samples, 'sweeper_home_database_up')).toBe(0);
      const gauges = namesOf(samples).filter((name) => !/_total$|_duration_/.test(name));
      expect(gauges.sort()).toEqual([
        'sweeper_build_info',
        // A home database that was reached once has said whose tenant it is.
        ...(how === 'refuses' ? ['sweeper_disabled'] : []),
        'sweeper_dry_run',
        'sweeper_home_database_up',
        'sweeper_interval_seconds',
      ]);
    },
  );

  it('says that nothing is stopped where the settings say so, also before it is ready', async () => {
    expect(measured(await appOn(null, { SWEEP_LIMIT: '0' }), 'sweeper_disabled')).toBe(1);
    expect(measured(await appOn(null, { CONTROL_PLANE_URL: '' }), 'sweeper_disabled')).toBe(1);
  });

  it("says that nothing is stopped for a tenant that is another platform's", async () => {
    await world.home.query(`update sweeper.tenants set platform_fingerprint = 'elsewhere'`);
    await api.sweeper.visit();
    expect(measured(await scrape(), 'sweeper_disabled')).toBe(1);
  });

  it('is told in the same way while the platform does not answer: as of the last look', async () => {
    await world.leakMany(2);
    await world.observe();
    await world.timePasses(3_600_000);
    const samples = await scrape();
    expect(measured(samples, 'sweeper_orphans', { state: 'waiting' })).toBe(2);
    expect(age(measured(samples, 'sweeper_last_observe_timestamp_seconds'))).toBeGreaterThan(3_599);
  });
});
