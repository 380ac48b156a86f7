import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../server/db/connect.ts';
import { BY_ITSELF } from '../../server/sweep/audit.ts';
import { UNCOUNTED } from '../../server/sweep/meter.ts';
import { createSweeper } from '../../server/sweep/sweeper.ts';
import { createApi, emptyWorld } from '../support/api.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { portOf } from '../support/proxy.ts';
import { type RecordedLog, recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';
import { createWorld, FINGERPRINT, QUICK, type World } from '../support/world.ts';

let world: World;
let clock: FakeClock;
let recorded: RecordedLog;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  clock = createFakeClock();
  recorded = recordLog(clock);
});

/** The whole sweeper of one process, whose loop does not run: each sweep is asked for. */
function createProcess(home: Database = world.homeDatabase) {
  return createSweeper({
    clock,
    home,
    platformDatabase: world.platformConnection,
    table: { schema: 'public', name: 'workspaces' },
    backend: world.backend,
    containers: null,
    tenant: 'default',
    replica: 'the process',
    settings: QUICK,
    fingerprint: FINGERPRINT,
    movedFrom: null,
    dryRun: false,
    log: recorded.log,
    repeats: recorded.repeats,
    meter: UNCOUNTED,
    random: () => 0,
  });
}

async function sweepByHand(): Promise<void> {
  const request = { workspaceIds: null, expected: null, dryRun: false, drain: false };
  await createProcess().once(request, { ...BY_ITSELF, actor: 'Tess' }, new AbortController().signal);
}
const sweepLines = () => recorded.lines().filter(({ msg }) => msg === 'Sweep ended');

describe('a sweep', () => {
  it('that tried something is one line: what it was, what it came to, what is left, and how long it took', async () => {
    await world.leakMany(3);
    await sweepByHand();
    const [row] = await world.sweeps();
    expect(sweepLines()).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        tenant: 'default',
        replica: 'the process',
        sweepId: row?.id,
        trigger: 'manual',
        result: 'cleared',
        counts: { stopped: 3 },
        deferred: 0,
        looks: 0,
        error: null,
        durationMs: expect.any(Number),
        open: 0,
        stuck: 0,
        msg: 'Sweep ended',
      },
    ]);
    expect(recorded.said('info', 'warn', 'error')).toEqual(['info Sweep ended']);
  });

  it('in which an attempt failed is a warning', async () => {
    const [leaked] = await world.leakMany(2);
    world.controlPlane.fail(leaked?.instance_id ?? '', { kind: 'status', status: 400, on: 'stop' });
    await sweepByHand();
    expect(sweepLines()).toMatchObject([
      { level: 'warn', result: 'partial', counts: { stopped: 1, failed: 1 }, open: 1, stuck: 0 },
    ]);
  });

  it('that found nothing is said to nobody but who wants to see everything', async () => {
    await sweepByHand();
    expect(sweepLines()).toMatchObject([{ level: 'debug', result: 'nothing_to_do' }]);
    expect(recorded.said('info', 'warn', 'error')).toEqual([]);
  });

  it('that was skipped says why, once for each reason', async () => {
    const { loop } = createProcess();
    await world.platformDatabase.query('alter table workspaces rename to elsewhere');
    onTestFinished(() => world.platformDatabase.query('alter table elsewhere rename to workspaces').then());
    loop.start();
    onTestFinished(() => loop.stop());
    const rested = (count: number) =>
      until(() => sweepLines().length === count && loop.nextTickInMs() !== null && clock.waiting() === 1, {
        what: `${count} sweeps to end`,
      });
    await rested(1);
    clock.advance(QUICK.intervalMs);
    await rested(2);
    expect(sweepLines()).toMatchObject([
      { level: 'warn', result: 'skipped', error: expect.stringContaining('no table') },
      { level: 'debug', result: 'skipped', error: expect.stringContaining('no table') },
    ]);
  });
});

describe('an attempt that failed', () => {
  it('is a warning with what happened, whose fault it was, and how the control plane and the console know it', async () => {
    const leaked = await world.leak('shop');
    world.controlPlane.failAll({ kind: 'status', status: 400, body: '{"error":"no such id"}', on: 'stop' });
    await sweepByHand();
    const [attempt] = await world.attempts();
    const [warning] = recorded.lines().filter(({ level }) => level === 'warn');
    expect(warning).toMatchObject({
      outcome: 'failed',
      class: 'rejected',
      fault: 'orphan',
      httpStatus: 400,
      workspaceId: leaked.id,
      workspaceName: 'shop',
      instanceId: leaked.instance_id,
      attemptId: attempt?.id,
      sweepId: attempt?.sweep_id,
      msg: attempt?.message,
    });
    expect(warning?.['attemptId']).toBe(attempt?.request_id);
  });

  it('for the same cause as others is counted: twelve that fail in two sweeps are one warning, and one with a number', async () => {
    await world.leakMany(12);
    world.controlPlane.failAll({ kind: 'status', status: 400, body: '{"error":"no such id"}', on: 'stop' });
    await sweepByHand();
    await sweepByHand();
    const warnings = () => recorded.said('warn').filter((line) => line !== 'warn Sweep ended');
    expect(warnings()).toEqual([expect.stringContaining('no such id')]);
    expect(await world.attempts()).toHaveLength(24);
    recorded.repeats.tellAll();
    expect(warnings()).toEqual([expect.anything(), expect.stringMatching(/no such id.* \(23 more in 0 s\)$/)]);
  });

  it('after which a workspace lives without its instance is an error, and never counted away', async () => {
    const leaked = await world.leakMany(2);
    for (const { id, instance_id: instanceId } of leaked) {
      world.controlPlane.onStop(instanceId ?? '', async () => {
        await world.platformDatabase.query(`update workspaces set status = 'online' where id = $1`, [id]);
      });
    }
    await sweepByHand();
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['stopped_live', 'stopped_live']);
    expect(recorded.said('error')).toHaveLength(2);
  });
});

describe('a home database that is away', () => {
  it('is said once while it is, and when it is back, with how often it was asked in vain', async () => {
    let away = false;
    const refused = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
    const home: Database = {
      ...world.homeDatabase,
      transaction: (run) => (away ? refused() : world.homeDatabase.transaction(run)),
      statement: (statement) => (away ? refused() : world.homeDatabase.statement(statement)),
    };
    const { loop } = createProcess(home);
    loop.start();
    onTestFinished(() => loop.stop());
    await until(() => loop.nextTickInMs() !== null && clock.waiting() === 1, { what: 'the sweep at boot' });
    away = true;
    const failures = () => recorded.lines().filter(({ msg }) => msg.startsWith('A sweep or its')).length;
    for (let asked = 1; asked <= 5; asked += 1) {
      clock.advance(1_000);
      await until(() => failures() === asked && clock.waiting() === 1, { what: `failure ${asked}` });
    }
    away = false;
    clock.advance(1_000);
    await until(() => clock.waiting() === 1, { what: 'a look that works' });
    clock.advance(1_000);
    const back = 'info Sweeping works again (after 5 failures)';
    await until(() => recorded.said('info').includes(back), { what: 'the good news' });
    expect(recorded.said('error')).toEqual(['error A sweep or its housekeeping could not run; tried again as planned']);
  });
});

describe('a request', () => {
  async function startApi(env = {}) {
    const api = await createApi(world, env, recorded);
    onTestFinished(() => api.close().catch(() => undefined));
    return api;
  }
  const requests = () => recorded.lines().filter(({ msg }) => msg === 'Request');

  it('is a line for whoever wants to see everything: its route, never its path or query, under the id of its answer', async () => {
    const { app } = await startApi();
    recorded.log.debug({}, 'from here');
    const answers = [
      await app.inject('/api/orphans/TheirWorkspace?x=TheirQuery'),
      await app.inject('/api/TheirPath?token=TheirQuery'),
      await app.inject({ method: 'PUT', url: '/api/pause', payload: { reason: 'TheirReason' } }),
    ];
    await until(() => requests().length >= 4, { what: 'their lines' });
    const lines = requests().slice(-3);
    expect(lines.map(({ method, route, status }) => [method, route, status])).toEqual([
      ['GET', '/api/orphans/:workspaceId', answers[0]?.statusCode],
      ['GET', null, 404],
      ['PUT', '/api/pause', answers[2]?.statusCode],
    ]);
    expect(lines.map(({ requestId }) => requestId)).toEqual(answers.map(({ headers }) => headers['x-request-id']));
    expect(lines).toMatchObject([{ ms: expect.any(Number) }, { level: 'debug' }, { level: 'debug' }]);
    expect(recorded.text()).not.toContain('Their');
    expect(recorded.said('info', 'warn', 'error')).toEqual([]);
  });

  it('that fails for our reasons is a warning with its id, the same reason said once', async () => {
    const { app } = await startApi();
    await world.home.query('alter table sweeper.tenants rename to elsewhere');
    onTestFinished(() => world.home.query('alter table if exists sweeper.elsewhere rename to tenants').then());
    const answer = await app.inject('/api/orphans?q=TheirQuery');
    await app.inject('/api/orphans?q=TheirQuery');
    await app.inject('/api/orphans?q=TheirQuery');
    await world.home.query('alter table sweeper.elsewhere rename to tenants');
    expect(answer.statusCode).toBe(503);
    const failed = recorded.lines().filter(({ level }) => level === 'warn');
    expect(failed).toMatchObject([
      {
        requestId: answer.headers['x-request-id'],
        method: 'GET',
        route: '/api/orphans',
        msg: 'The home database failed',
      },
    ]);
    recorded.repeats.tellAll();
    expect(recorded.said('warn').at(-1)).toMatch(/^warn The home database failed \(2 more in /);
    expect(recorded.text()).not.toContain('Their');
  });

  it("is not spoken of any more once the server closes: one that comes or ends then is nobody's failure", async () => {
    const api = await startApi();
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const port = portOf(api.app.server.address());
    const open = api.holdPlatform();
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const ask = () => socket.write(`GET /api/status HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const ended = once(socket.resume(), 'close');
    ask();
    await until(() => api.looks() > 0, { what: 'the request to be under way' });
    const before = recorded.lines().length;
    let came = 0;
    api.app.server.on('request', () => {
      came += 1;
    });
    const closing = api.app.close();
    await until(() => !api.app.server.listening, { what: 'the server to close' });
    ask();
    await until(() => came === 1, { what: 'the late request' });
    open();
    await Promise.all([closing, ended]);
    expect(recorded.lines().slice(before)).toEqual([]);
  });
});
