import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { InstanceAnswer } from '../../server/api/instance.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { createDigest, type Digest } from '../support/digest.ts';
import { calls, startAfresh } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { withoutTable } from '../support/without-table.ts';
import { createWorld, type World } from '../support/world.ts';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let world: World;
let api: Api;
let digest: () => Promise<Digest>;
beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  digest = await createDigest(world);
  return async () => {
    await api.close();
    await world.close();
  };
});

let row: WorkspaceRow;
beforeEach(async () => {
  await emptyWorld(world);
  await startAfresh(world);
  await api.sweeper.open();
  world.controlPlane.setStatusRoute(true);
  row = await world.leak('dev-7');
  await world.observe();
});

const url = ({ id }: { readonly id: string } = row) => `/api/orphans/${id}/instance`;
const ask = (of: Api = api) => of.call<InstanceAnswer>(url());
const asked = () => calls(world).filter((call) => call.route === 'status');
const instanceId = () => row.instance_id ?? '';

const LEAKED = () => ({ row: { removed: true, instanceId: instanceId() }, liveRows: [], tableEmpty: false });

describe('what both sides say of a workspace', () => {
  it("is the platform's row and the backend's word, as they are now", async () => {
    expect((await ask()).body).toEqual({
      workspaceId: row.id,
      askedAt: TIME,
      platform: { answer: LEAKED(), error: null },
      instances: [{ instanceId: instanceId(), state: 'running', error: null }],
    });
    world.controlPlane.setState(instanceId(), 'terminated');
    await world.platformDatabase.query(`update workspaces set status = 'online', instance_id = 'i-new' where id = $1`, [
      row.id,
    ]);
    // Not what the inventory says, and not what was answered a moment ago.
    expect((await ask()).body).toMatchObject({
      platform: { answer: { row: { removed: false, instanceId: 'i-new' }, liveRows: [] } },
      instances: [{ instanceId: instanceId(), state: 'terminated' }],
    });
    await world.platformDatabase.query('delete from workspaces');
    expect((await ask()).body.platform).toEqual({ answer: { row: null, liveRows: [], tableEmpty: true }, error: null });
  });

  it('names a live row that has the instance', async () => {
    const live = await world.platform.create('neighbour');
    await world.platformDatabase.query('update workspaces set instance_id = $1 where id = $2', [instanceId(), live.id]);
    expect((await ask()).body.platform.answer?.liveRows).toEqual([
      { workspaceId: live.id, workspaceName: 'neighbour', instanceId: instanceId() },
    ]);
  });

  it('is asked for each instance that is open, and for none that is done', async () => {
    world.controlPlane.launch({ workspaceId: row.id, instanceId: 'i-second' });
    await world.platformDatabase.query(`update workspaces set instance_id = 'i-second' where id = $1`, [row.id]);
    await world.observe();
    const { instances } = (await ask()).body;
    expect(instances.map((one) => one.instanceId).sort()).toEqual([instanceId(), 'i-second'].sort());
    await world.home.query(`update sweeper.orphans set resolved_at = now(), resolution = 'external'`);
    const before = asked().length;
    expect((await ask()).body).toMatchObject({
      platform: { answer: { row: { removed: true, instanceId: 'i-second' }, tableEmpty: false } },
      instances: [],
    });
    expect(asked()).toHaveLength(before);
    await world.platformDatabase.query('delete from workspaces');
    expect((await ask()).body.platform.answer).toEqual({ row: null, liveRows: [], tableEmpty: true });
  });

  it('changes nothing, stops nothing, and has nobody look', async () => {
    await world.timePasses(60_000);
    const [before, callsBefore, looksBefore] = [await digest(), calls(world).length, api.looks()];
    await ask();
    expect(api.looks() - looksBefore, 'the row, and no more').toBe(1);
    expect(await digest()).toEqual(before);
    const made = calls(world).slice(callsBefore);
    expect(made.map((call) => call.route)).toEqual(['status']);
    expect(made[0]).toMatchObject({ method: 'GET', workspaceId: row.id, instanceId: instanceId() });
  });

  it('is kept by nobody', async () => {
    const answer = await ask();
    expect(answer.header('cache-control')).toBe('no-store');
    expect(answer.header('etag')).toBeUndefined();
    const again = await api.call<unknown>({ url: url(), headers: { 'if-none-match': '*' } });
    expect(again.status).toBe(200);
    expect(asked()).toHaveLength(2);
  });

  it('is not asked of a workspace that was never seen', async () => {
    const live = await world.platform.create('alive');
    for (const id of ['nobody', live.id]) {
      const answer = await api.call(url({ id }));
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(answer.header('cache-control')).toBe('no-store');
    }
    expect(await api.call(`${url()}?limit=1`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(asked()).toEqual([]);
  });
});

describe('one side that fails does not hide the other', () => {
  it('a platform without its table', async () => {
    const { body, status } = await withoutTable(world.platformDatabase, 'public.workspaces', () => ask());
    expect(status).toBe(200);
    expect(body).toMatchObject({
      platform: { answer: null, error: expect.stringContaining('has no table public.workspaces. Set PLATFORM_TABLE.') },
      instances: [{ state: 'running', error: null }],
    });
  });

  it('a platform that does not answer, in time', async () => {
    onTestFinished(api.holdPlatform());
    const { body } = await ask();
    expect(body).toMatchObject({
      platform: { answer: null, error: 'The platform did not answer within 5 s.' },
      instances: [{ state: 'running', error: null }],
    });
  });

  it.each([
    [{ kind: 'status', status: 500, body: 'out of order' }, /out of order.*\(transient\)/],
    [{ kind: 'status', status: 401 }, /\(unauthorized\)/],
    [{ kind: 'reset' }, /\(unreachable\)/],
    [{ kind: 'hang' }, /no whole answer before the time was up \(timeout\)/],
    [{ kind: 'html' }, /cannot be asked for the state of an instance: answered 200, but a page/],
  ] as const)('a control plane that answers with %j', async (fault, error) => {
    world.controlPlane.failAll(fault);
    const { body } = await ask();
    expect(body).toMatchObject({
      platform: { answer: LEAKED(), error: null },
      instances: [{ instanceId: instanceId(), state: null, error: expect.stringMatching(error) }],
    });
  });

  it('a control plane that has no status route', async () => {
    world.controlPlane.setStatusRoute(false);
    expect((await ask()).body.instances[0]?.error).toContain('cannot be asked for the state of an instance');
  });

  it('neither of both', async () => {
    world.controlPlane.failAll({ kind: 'reset' });
    const { body, status } = await withoutTable(world.platformDatabase, 'public.workspaces', () => ask());
    expect(status).toBe(200);
    expect(body).toMatchObject({ platform: { answer: null }, instances: [{ state: null }] });
  });

  it('no control plane at all', async () => {
    const none = await createApi(world, {
      CONTROL_PLANE_URL: '',
      CONTROL_PLANE_SHARED_SECRET: '',
      CONTROL_PLANE_ADMIN_TOKEN: '',
    });
    expect((await ask(none)).body).toMatchObject({
      platform: { answer: LEAKED() },
      instances: [{ state: null, error: 'There is no backend to ask: none is configured.' }],
    });
    await none.close();
  });
});

describe('their systems', () => {
  it('are asked once for all who wait, and again for who comes later', async () => {
    const looks = api.looks();
    const read = api.homeAnswers();
    const letGo = api.holdPlatform();
    onTestFinished(letGo);
    const asking = Array.from({ length: 8 }, () => ask());
    // Each has read its orphans, and the one that asks whether the backend is to be left alone, too: now all wait.
    await until(() => api.homeAnswers() - read === 9, { what: 'eight calls that wait for one answer' });
    letGo();
    const answers = await Promise.all(asking);
    expect(answers.map((answer) => answer.body)).toEqual(answers.map(() => answers[0]?.body));
    expect(asked()).toHaveLength(1);
    expect(api.looks() - looks).toBe(1);
    await ask();
    expect(asked()).toHaveLength(2);
  });

  it('are asked about three workspaces at once at most', async () => {
    const rows = await Promise.all(Array.from({ length: 9 }, (_, n) => world.leak(`ws-${n}`)));
    await world.observe();
    let most = 0;
    world.controlPlane.failAll({ kind: 'delay', ms: 100, on: 'status' });
    const watching = setInterval(() => {
      most = Math.max(most, asked().filter((call) => call.endedAt === null).length);
    }, 5);
    const answers = await Promise.all(rows.map((of) => api.call<InstanceAnswer>(url(of))));
    clearInterval(watching);
    expect(answers.map((answer) => answer.body.instances[0]?.state)).toEqual(rows.map(() => 'running'));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('that do not answer about one instance are not asked about the next', async () => {
    await world.platformDatabase.query(`update workspaces set instance_id = 'i-second' where id = $1`, [row.id]);
    await world.observe();
    world.controlPlane.failAll({ kind: 'reset' });
    const { instances } = (await ask()).body;
    expect(instances.map((one) => one.error)).toEqual([
      expect.stringContaining('(unreachable)'),
      'Not asked: the question before it has failed.',
    ]);
    expect(asked()).toHaveLength(1);
  });

  it('that asked a sweep to be left alone are left alone', async () => {
    await world.home.query(`
      update sweeper.tenants set breaker_opened_at = now(), breaker_class = 'throttled',
        breaker_retry_at = now() + interval '1 min'`);
    expect((await ask()).body).toMatchObject({
      platform: { answer: LEAKED() },
      instances: [{ state: null, error: expect.stringMatching(/^Not asked: .* left alone until \d{4}-.*Z\.$/) }],
    });
    expect(asked()).toEqual([]);
    await world.home.query(`update sweeper.tenants set breaker_retry_at = now() - interval '1 s'`);
    expect((await ask()).body.instances[0]?.state).toBe('running');
  });

  it('that ask to be left alone when they are asked are left alone from then on', async () => {
    const throttled = await createApi(world);
    world.controlPlane.failAll({
      kind: 'status',
      status: 429,
      headers: { 'retry-after': '60' },
      on: 'status',
      times: 1,
    });
    expect((await ask(throttled)).body.instances[0]?.error).toContain('(throttled)');
    expect((await ask(throttled)).body.instances[0]?.error).toBe(
      'Not asked: the control plane has asked to be left alone.',
    );
    expect(asked()).toHaveLength(1);
    await throttled.close();
  });

  it("that are another platform's than the tenant's are not asked", async () => {
    await world.home.query(`update sweeper.tenants set platform_fingerprint = 'elsewhere:5432/db public.workspaces'`);
    const foreign = await createApi(world);
    const { body } = await ask(foreign);
    expect(body.platform).toEqual({ answer: null, error: expect.stringContaining('elsewhere:5432/db') });
    expect(body.instances).toEqual([{ instanceId: instanceId(), state: null, error: body.platform.error }]);
    expect(asked()).toEqual([]);
    expect(foreign.looks()).toBe(0);
    await foreign.close();
  });

  it('that hang do not keep the server from closing', async () => {
    const closing = await createApi(world);
    world.controlPlane.failAll({ kind: 'hang' });
    const letGo = closing.holdPlatform();
    const answering = ask(closing);
    await until(() => asked().length === 1, { what: 'the question' });
    const startedMs = performance.now();
    await closing.app.close();
    const { body } = await answering;
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(body).toMatchObject({ platform: { answer: null }, instances: [{ state: null }] });
    letGo();
    await closing.close();
  });
});
