import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigAnswer } from '../../server/api/config.ts';
import type { Status } from '../../server/api/status.ts';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { until } from '../support/until.ts';
import { createWorld, FINGERPRINT, type World } from '../support/world.ts';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const KEY = expect.stringMatching(/^[0-9a-f]{12}$/);

/** As which the platform is asked. */
let role: string;
let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  role = new URL(world.platformDatabase.url).username;
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world, { ENVIRONMENT_NAME: 'staging', SWEEP_INTERVAL_SECONDS: '3600' });
  return () => api.close();
});

const status = async (of = api) => (await of.call<Status>('/api/status')).body;

describe('the status', () => {
  it('has exactly these fields, and no 0 that was not counted', async () => {
    expect(await status()).toEqual({
      now: TIME,
      environment: 'staging',
      version: '0.1.0',
      tenant: 'default',
      replica: 'api-test',
      anonymous: false,
      you: { name: null, role: 'admin', proof: 'open' },
      sweeper: {
        state: 'on_schedule',
        reason: null,
        intervalSeconds: 3600,
        aliveAt: null,
        nextSweepAt: null,
        lastSweep: null,
        currentSweepId: null,
      },
      lease: null,
      counts: { open: 0, waiting: 0, sweeping: 0, retrying: 0, stuck: 0, held: 0 },
      sweepable: 0,
      oldest: null,
      newInTenMinutes: 0,
      unconfirmed: 0,
      causes: [],
      backend: {
        kind: 'control-plane',
        state: 'unknown',
        error: null,
        askedAt: null,
        breaker: { state: 'closed', openedAt: null, class: null, message: null, retryAt: null },
        positiveControl: 'unknown',
        positiveControlMessage: null,
        positiveControlAt: null,
        lastSuccessAt: null,
        leftAlone: [],
      },
      brake: null,
      pause: null,
      surge: null,
      home: { state: 'answering', error: null, since: null },
      platform: { state: 'answering', error: null, since: null },
      fingerprints: { here: FINGERPRINT, known: FINGERPRINT },
      lastObserve: { observedAt: TIME, error: null },
      observedAt: TIME,
    });
  });

  it('sums up why orphans are still here, the commonest cause first', async () => {
    const leaked = await world.leakMany(5);
    const [first, ...rest] = leaked;
    world.controlPlane.fail(first?.instance_id ?? '', { kind: 'status', status: 403 });
    for (const row of rest) {
      world.controlPlane.fail(row.instance_id ?? '', {
        kind: 'status',
        status: 409,
        body: `busy with ${row.instance_id}`,
      });
    }
    const swept = await world.sweep();
    const answer = await status();
    expect(answer.causes).toEqual([
      {
        key: KEY,
        class: 'in_progress',
        outcome: 'failed',
        why: null,
        pattern: expect.stringContaining('busy with'),
        httpStatus: 409,
        count: 4,
        stuck: 0,
        since: TIME,
      },
      {
        key: KEY,
        class: 'forbidden',
        outcome: 'failed',
        why: null,
        pattern: expect.any(String),
        httpStatus: 403,
        count: 1,
        stuck: 0,
        since: TIME,
      },
    ]);
    expect(answer).toMatchObject({
      counts: { open: 5, retrying: 5 },
      newInTenMinutes: 5,
      oldest: { workspaceId: first?.id, workspaceName: first?.name, instanceId: first?.instance_id, orphanedAt: TIME },
      sweeper: { lastSweep: { id: swept?.sweepId, result: 'failed', counts: { failed: 5 } } },
      backend: { lastSuccessAt: null },
    });
  });

  it('a cause is as old as its first failure in this way, whatever its orphans failed of before', async () => {
    const row = await world.leak();
    const since = async () => (await status()).causes?.map((cause) => [cause.httpStatus, cause.since]);
    const failWith = async (httpStatus: number) => {
      world.controlPlane.heal();
      world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: httpStatus });
      await world.sweep({ trigger: 'manual' });
      return since();
    };
    const first = await failWith(403);
    expect(first).toEqual([[403, TIME]]);
    expect(await failWith(403)).toEqual(first);
    const second = await failWith(409);
    expect(second).toEqual([[409, TIME]]);
    expect(Date.parse(String(second?.[0]?.[1]))).toBeGreaterThan(Date.parse(String(first?.[0]?.[1])));
    expect(await failWith(409)).toEqual(second);
  });

  it('counts as sweepable what a sweep by hand would attempt: not what is in its grace, nor what is never stopped', async () => {
    const [first] = await world.leakMany(3);
    const graceful = await createApi(world, { SWEEP_GRACE_SECONDS: '3600' });
    expect(await status()).toMatchObject({ counts: { open: 3 }, sweepable: 3 });
    expect(await status(graceful)).toMatchObject({ counts: { open: 3 }, sweepable: 0 });
    await world.platform.reprovision(first?.id ?? '');
    await world.observe();
    expect(await status()).toMatchObject({ counts: { open: 3, stuck: 1 }, sweepable: 2 });
    await graceful.close();
  });

  it('says of the control plane what its last Stops brought, and nothing from what was never sent', async () => {
    await world.leak();
    expect((await status()).backend).toMatchObject({ state: 'unknown', error: null, askedAt: null });
    await world.controlPlane.startOutage('refuse');
    await world.sweep();
    const refused = (await status()).backend;
    expect(refused).toMatchObject({ state: 'not_answering', askedAt: TIME });
    expect(refused.error).toContain('ECONNREFUSED');

    await world.sweep({
      trigger: 'manual',
      wrapPlatform: (platform) => ({
        ...platform,
        recheck: () => Promise.reject(new PlatformFault('unreachable', 'It is away.', new Error('away'))),
      }),
    });
    expect((await status()).backend).toEqual(refused);

    await world.controlPlane.endOutage();
    await world.sweep({ trigger: 'manual' });
    expect((await status()).backend).toMatchObject({ state: 'answering', error: null, askedAt: TIME });
  });

  it('shows the sweep that runs and who holds the lease, and neither when it has ended', async () => {
    const leaked = await world.leak();
    let during: Status | undefined;
    world.controlPlane.onStop(leaked.instance_id ?? '', async () => {
      during = await status();
    });
    const swept = await world.sweep();
    expect(during).toMatchObject({
      sweeper: { currentSweepId: swept?.sweepId },
      lease: { holder: 'test', sweepId: swept?.sweepId, until: TIME },
      counts: { open: 1, sweeping: 1 },
    });
    expect(await status()).toMatchObject({
      sweeper: { currentSweepId: null, lastSweep: { id: swept?.sweepId } },
      lease: null,
      counts: { open: 0 },
      backend: { lastSuccessAt: TIME },
    });
  });

  it('says late when no loop has been heard of for 2.5 intervals, and not a moment before', async () => {
    await world.sweep();
    await world.timePasses(2.4 * 3_600_000);
    expect((await status()).sweeper.state).toBe('on_schedule');
    await world.timePasses(0.2 * 3_600_000);
    expect((await status()).sweeper).toMatchObject({ state: 'late', reason: expect.stringContaining('2.5 intervals') });
  });

  it.each([
    [{ SWEEP_DRY_RUN: 'true' }, 'dry_run', 'SWEEP_DRY_RUN is true'],
    [{ CONTROL_PLANE_URL: '' }, 'disabled', 'no control plane is configured (set CONTROL_PLANE_URL and restart)'],
    [{ SWEEP_LIMIT: '0', SWEEP_DRY_RUN: 'true' }, 'disabled', 'SWEEP_LIMIT is 0 (set it to 1 or more and restart)'],
  ])('under %j says %s', async (env, state, reason) => {
    const other = await createApi(world, env);
    expect((await status(other)).sweeper).toMatchObject({ state, reason });
    await other.close();
  });

  it('warns of a surge that the brake lets pass, from a tenth of its limit on, and only of what no release covers', async () => {
    const other = await createApi(world, { SWEEP_SURGE_LIMIT: '100' });
    await world.leakMany(9);
    expect((await status(other)).surge).toBeNull();
    await world.leakMany(1);
    await world.observe();
    expect((await status(other)).surge).toEqual({ newOrphans: 10, limit: 100 });
    expect((await status()).surge, 'far below 1000').toBeNull();
    await world.home.query('update sweeper.tenants set brake_covered_until = clock_timestamp()');
    expect(await status(other)).toMatchObject({ surge: null, newInTenMinutes: 10 });
    await other.close();
  });

  it("shows whose the tenant's orphans are, where they are another platform's than this process was set up for", async () => {
    await world.home.query(`update sweeper.tenants set platform_fingerprint = 'elsewhere:5432/db public.workspaces'`);
    expect((await status()).fingerprints).toEqual({
      here: FINGERPRINT,
      known: 'elsewhere:5432/db public.workspaces',
    });
  });

  it('shows what the breaker and the positive control have found', async () => {
    await world.home.query(`update sweeper.tenants set breaker_opened_at = now(), breaker_class = 'throttled',
      breaker_message = 'slowly', breaker_retry_at = now() + interval '1 min', positive_control = 'not_known',
      positive_control_message = 'It knows none of our instances.', positive_control_at = now()`);
    expect((await status()).backend).toMatchObject({
      breaker: { state: 'open', openedAt: TIME, class: 'throttled', message: 'slowly', retryAt: TIME },
      positiveControl: 'not_known',
      positiveControlMessage: 'It knows none of our instances.',
      positiveControlAt: TIME,
    });
  });

  it('counts as unconfirmed what was stopped within a day and nobody could confirm', async () => {
    await world.leakMany(2);
    await world.sweep();
    expect((await status()).unconfirmed).toBe(0);
    await world.home.query(`update sweeper.orphans set second_look = 'unconfirmed', second_look_due_at = null`);
    expect((await status()).unconfirmed).toBe(2);
    await world.timePasses(25 * 3_600_000);
    expect((await status()).unconfirmed).toBe(0);
  });

  it('of a pause, a brake and silence says the worst', async () => {
    await world.sweep();
    await world.home.query(`update sweeper.tenants set paused_at = now(), paused_by = 'Anna', pause_reason = 'a move',
      pause_until = now() + interval '1 day'`);
    const dry = await createApi(world, { SWEEP_DRY_RUN: 'true', SWEEP_INTERVAL_SECONDS: '3600' });
    expect((await status(dry)).sweeper.state).toBe('paused');
    await world.timePasses(3 * 3_600_000);
    expect((await status(dry)).sweeper.state).toBe('late');
    await world.home.query('update sweeper.tenants set brake_at = now(), brake_orphans = 5');
    expect((await status(dry)).sweeper.state).toBe('brake');
    await dry.close();
  });

  it('while the tenant is another platform’s it is disabled, and nothing may be changed', async () => {
    await world.home.query(
      `update sweeper.tenants set platform_fingerprint = 'elsewhere:5432/theirs public.workspaces'`,
    );
    const other = await createApi(world);
    const reason = expect.stringContaining('PLATFORM_MOVED_FROM=elsewhere:5432/theirs public.workspaces');
    expect(await status(other)).toMatchObject({
      sweeper: { state: 'disabled', reason },
      platform: { state: 'failing', error: reason, since: null, fault: { kind: 'not_ours', role } },
    });
    const payload = { actor: 'Anna', reason: 'a move', until: new Date(Date.now() + 3_600_000).toISOString() };
    for (const request of [
      { method: 'PUT', url: '/api/pause', payload },
      { method: 'PUT', url: '/api/orphans/x/hold', payload },
      { method: 'POST', url: '/api/sweeps', payload: {} },
    ] as const) {
      expect(await other.call(request)).toMatchObject({ status: 409, body: { code: 'sweeper_disabled' } });
    }
    await other.close();
  });

  it('names what the platform refuses, which is no reason not to answer', async () => {
    await world.platformDatabase.query('alter table workspaces rename to elsewhere');
    const answer = await status();
    await world.platformDatabase.query('alter table elsewhere rename to workspaces');
    expect(answer.platform).toEqual({
      state: 'failing',
      error: expect.stringMatching(/PLATFORM_TABLE/),
      since: null,
      fault: { kind: 'no_table', role },
    });
    expect(answer.counts).toBeNull();
  });

  it('does not name a kind of fault that another version has written, and says what it is all the same', async () => {
    await status();
    await world.home.query(`update sweeper.tenants set platform_write_error = 'New.', platform_write_fault = 'new'`);
    expect((await status()).platform).toEqual({ state: 'failing', error: 'New.', since: null });
  });
});

describe('an ETag', () => {
  /** The next answer comes from another look at the platform, at another time, however long the last one took. */
  const lookAgain = () => world.home.query(`update sweeper.tenants set observed_at = observed_at - interval '1 hour'`);
  const get = (url: string, headers: Record<string, string> = {}) => api.call<unknown>({ url, headers });

  it.each(['/api/orphans', '/api/status'])('of %s is the same while only the time goes on', async (url) => {
    const leaked = await world.leak();
    const paths = url === '/api/orphans' ? [url, `${url}/${leaked.id}`] : [url];
    for (const path of paths) {
      const first = await get(path);
      const etag = first.header('etag') ?? '';
      expect(etag).toMatch(/^"[\w-]{20,}"$/);
      await lookAgain();
      const second = await get(path);
      expect(second.header('etag')).toBe(etag);
      expect(second.text).not.toBe(first.text);
      await lookAgain();
      const third = await get(path, { 'if-none-match': etag });
      expect(third).toMatchObject({ status: 304, text: '' });
      // What the body would have said of its age is said all the same.
      const ages = [first, second, third].map((answer) => answer.header('x-observed-at'));
      expect(new Set(ages).size).toBe(3);
    }
  });

  it.each(['/api/orphans', '/api/status'])('of %s changes when something changes', async (url) => {
    const etag = (await get(url)).header('etag') ?? '';
    await world.leak();
    await lookAgain();
    const second = await get(url, { 'if-none-match': etag });
    expect(second.status).toBe(200);
    expect(second.header('etag')).not.toBe(etag);
  });

  it('stays the same while the loop waits for its next tick', async () => {
    api.sweeper.loop.start();
    await until(async () => (await status()).sweeper.nextSweepAt !== null && (await status()).sweeper.lastSweep, {
      what: 'the sweep at boot to end',
    });
    const etags = new Set<string | undefined>();
    for (let i = 0; i < 10; i++) {
      const answer = await api.call<Status>('/api/status');
      etags.add(answer.header('etag'));
      expect(Date.parse(answer.body.sweeper.nextSweepAt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    }
    expect(etags.size).toBe(1);
  });

  it('is not what two different refusals share', async () => {
    const [one, other] = [await get('/api/sweeps/x'), await get('/api/sweeps/x')];
    expect(one.header('etag')).not.toBe(other.header('etag'));
  });

  it('never lets a change be answered with 304', async () => {
    const post = (headers: Record<string, string>) =>
      api.call<unknown>({ method: 'POST', url: '/api/sweeps', headers });
    const first = await post({});
    const joined = await post({});
    expect(joined.status).toBe(202);
    const again = await post({ 'if-none-match': joined.header('etag') ?? 'none' });
    expect(again.status).toBe(202);
    expect(first.status).toBe(202);
  });
});

describe('GET /api/config', () => {
  it('shows every setting with its source, and of a secret only that it is set', async () => {
    const answer = await api.call<ConfigAnswer>('/api/config');
    const of = (name: string) => answer.body.settings.find((setting) => setting.name === name);
    expect(Object.keys(answer.body)).toEqual(['version', 'replica', 'settings']);
    for (const setting of answer.body.settings) {
      expect(Object.keys(setting)).toEqual(['name', 'value', 'source', 'secret', 'set', 'meaning', 'wants']);
    }
    expect(of('SWEEP_INTERVAL_SECONDS')).toMatchObject({ value: 3600, source: 'environment', secret: false });
    expect(of('SWEEP_LIMIT')).toMatchObject({ value: 100, source: 'default' });
    for (const name of [
      'DATABASE_URL',
      'PLATFORM_DATABASE_URL',
      'CONTROL_PLANE_SHARED_SECRET',
      'CONTROL_PLANE_ADMIN_TOKEN',
    ]) {
      expect(of(name)).toMatchObject({ value: null, secret: true, set: true });
    }
    const { sharedSecret, adminToken } = world.credentials;
    const secrets = [sharedSecret, adminToken, new URL(world.home.url).password];
    expect(secrets.filter((secret) => secret === '' || answer.text.includes(secret))).toEqual([]);
  });
});
