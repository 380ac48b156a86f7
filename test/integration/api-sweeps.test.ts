import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sweep } from '../../server/api/sweeps.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { NO_COUNTS, SWEEP_FIELDS } from '../support/sweep-fields.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world);
  return () => api.close();
});

const post = <Body = Sweep>(payload?: unknown, headers: Record<string, string> = {}) =>
  api.call<Body>({
    method: 'POST',
    url: '/api/sweeps',
    headers: payload === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });

describe('POST /api/sweeps', () => {
  it.each([
    ['no body and no content type', undefined, {}],
    ['no body but a content type', undefined, { 'content-type': 'application/json' }],
    ['an empty object', {}, {}],
    ['a content type with a charset', {}, { 'content-type': 'application/json; charset=utf-8' }],
  ])('with %s asks for a sweep of all', async (_what, payload, headers) => {
    const answer = await post(payload, headers);
    expect(answer.status).toBe(202);
    expect(answer.header('location')).toBe(`/api/sweeps/${answer.body.id}`);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      tenant: 'default',
      trigger: 'manual',
      workspaceIds: null,
      requestedBy: null,
      requestVerified: false,
      reason: null,
      dryRun: false,
      drain: false,
      requestedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      startedAt: null,
      finishedAt: null,
      cancelRequestedAt: null,
      cancelRequestedBy: null,
      cancelVerified: false,
      result: 'queued',
      claimed: 0,
      counts: NO_COUNTS,
      looks: 0,
      open: null,
      stuck: null,
      error: null,
      replica: null,
      joined: false,
    });
  });

  it('keeps all that was asked for, and what became of it', async () => {
    const leaked = await world.leakMany(3);
    const scope = leaked.slice(0, 2).map((row) => row.id);
    const asked = { workspaceIds: scope, expected: 2, dryRun: true, reason: 'a look', actor: 'Anna' };
    const answer = await post(asked);
    expect(answer.body).toMatchObject({
      workspaceIds: [...scope].sort(),
      requestedBy: 'Anna',
      reason: 'a look',
      dryRun: true,
      result: 'queued',
    });
    await world.sweep({ trigger: 'manual', workspaceIds: scope, dryRun: true });
    const { body } = await api.call<Sweep>(answer.header('location') ?? '');
    expect(Object.keys(body)).toEqual(SWEEP_FIELDS);
    expect(body).toMatchObject({
      id: answer.body.id,
      result: 'dry_run',
      claimed: 2,
      counts: { ...NO_COUNTS, would_stop: 2 },
      open: 3,
      stuck: 0,
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
      replica: 'test',
      joined: false,
    });
    expect((await world.platform.rows()).every((row) => row.instance_id !== null)).toBe(true);
  });

  it('ten times at once makes one sweep, which the others join', async () => {
    const answers = await inTheSameMoment(10, () => post({ reason: 'quick' }));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(202));
    expect(answers.filter((answer) => !answer.body.joined)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.header('location'))).size).toBe(1);
    expect(await world.sweeps()).toHaveLength(1);
  });

  it('joins an equal one only: another scope, or a dry one, is a sweep of its own', async () => {
    const all = await post({});
    const one = await post({ workspaceIds: ['b', 'a', 'b'] });
    const same = await post({ workspaceIds: ['a', 'b'] });
    const none = await post({ workspaceIds: [] });
    const dry = await post({ dryRun: true });
    expect([all, one, same, none, dry].map((answer) => answer.body.joined)).toEqual([false, false, true, false, false]);
    expect(same.body.id).toBe(one.body.id);
    expect(await world.sweeps()).toHaveLength(4);
  });

  it('takes up to 1000 workspaces', async () => {
    const answer = await post({ workspaceIds: Array.from({ length: 1000 }, () => randomUUID()) });
    expect(answer.status).toBe(202);
    expect(answer.body.workspaceIds).toHaveLength(1000);
  });

  it('with an empty list of workspaces sweeps nothing', async () => {
    await world.leakMany(2);
    const asked = await post({ workspaceIds: [] });
    const swept = await world.sweep({ trigger: 'manual', workspaceIds: [] });
    expect(swept).toMatchObject({ sweepId: asked.body.id, end: { result: 'nothing_to_do' } });
    expect(await world.attempts()).toEqual([]);
  });

  it('with another number than there is queues nothing, and says both numbers', async () => {
    const leaked = await world.leakMany(3);
    expect(await post({ expected: 2 })).toMatchObject({
      status: 409,
      body: { code: 'expected_mismatch', detail: '2 orphans were expected, but there are 3.', orphans: 3 },
    });
    expect(await post({ expected: 3, workspaceIds: [leaked[0]?.id] })).toMatchObject({
      status: 409,
      body: { orphans: 1 },
    });
    expect(await world.sweeps()).toEqual([]);
    expect((await post({ expected: 3 })).status).toBe(202);
    expect((await post({ expected: 1, workspaceIds: [leaked[0]?.id] })).status).toBe(202);
  });

  it('takes the actor from the body, else from the header', async () => {
    const header = { 'x-actor': 'Hedy' };
    expect((await post({ workspaceIds: ['1'] }, header)).body.requestedBy).toBe('Hedy');
    expect((await post({ workspaceIds: ['2'], actor: 'Bodo' }, header)).body.requestedBy).toBe('Bodo');
    expect((await post(undefined, header)).body.requestedBy).toBe('Hedy');
  });

  it.each(['', ' ', 'x'.repeat(81), 'a\tb'])('refuses the actor %j, in the body and in the header', async (actor) => {
    expect(await post({ actor })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(await post({}, { 'x-actor': actor })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(await world.sweeps()).toEqual([]);
  });

  it('is refused after 60 changes a minute from one address; joining, and others, are not', async () => {
    const scope = (n: number) => ({ workspaceIds: [`w${n}`] });
    for (let n = 0; n < 60; n++) expect((await post(scope(n))).status).toBe(202);
    for (let n = 0; n < 5; n++) expect((await post(scope(n))).body.joined).toBe(true);
    const refused = await post(scope(60));
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_changes' } });
    const seconds = Number(refused.header('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await world.sweeps()).toHaveLength(60);
    // A button that is pressed again still answers.
    expect((await post(scope(0))).status).toBe(202);
    const elsewhere = { method: 'POST' as const, url: '/api/sweeps', remoteAddress: '192.0.2.7' };
    expect((await api.call(elsewhere)).status).toBe(202);
  });
});

describe('POST /api/sweeps under other settings', () => {
  it.each([
    [{ CONTROL_PLANE_URL: '' }, /CONTROL_PLANE_URL/],
    [{ SWEEP_LIMIT: '0' }, /SWEEP_LIMIT/],
  ])('is refused where nothing can be stopped: %j', async (env, reason) => {
    const other = await createApi(world, env);
    const answer = await other.call({ method: 'POST', url: '/api/sweeps' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'sweeper_disabled' } });
    expect(answer.body.detail).toMatch(reason);
    expect(await world.sweeps()).toEqual([]);
    await other.close();
  });

  it('is always dry under SWEEP_DRY_RUN, and says so', async () => {
    const other = await createApi(world, { SWEEP_DRY_RUN: 'true' });
    const answer = await other.call<Sweep>({ method: 'POST', url: '/api/sweeps', payload: { dryRun: false } });
    expect(answer).toMatchObject({ status: 202, body: { dryRun: true } });
    await other.close();
  });
});

/** Holds up everybody who would write a sweep until all of them wait for that, then lets them go together. */
async function inTheSameMoment<T>(count: number, ask: () => Promise<T>): Promise<T[]> {
  const holder = await world.home.pool.connect();
  await holder.query('begin; lock table sweeper.sweeps in share mode');
  const answers = Promise.all(Array.from({ length: count }, ask));
  await until(
    async () => {
      const { rows } = await world.home.query<{ waiting: number }>(
        `select count(*)::int as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows[0]?.waiting === count;
    },
    { what: 'all of them to wait' },
  );
  await holder.query('commit');
  holder.release();
  return answers;
}
