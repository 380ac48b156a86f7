import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sweep } from '../../server/api/sweeps.ts';
import { audited } from '../support/acting.ts';
import { type Api, type ApiAnswer, createApi, emptyWorld } from '../support/api.ts';
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

const post = <Body = Sweep>(payload: object, of = api): Promise<ApiAnswer<Body>> =>
  of.call<Body>({ method: 'POST', url: '/api/sweeps', payload });
const cancel = <Body = Sweep>(id: string | undefined, payload: object = { actor: 'Anna', reason: 'wrong ones' }) =>
  api.call<Body>({ method: 'DELETE', url: `/api/sweeps/${id}`, payload });
const acts = async () => (await audited(world)).map(({ action, target, refused }) => [action, target, refused]);

describe('a drain', () => {
  it('is a sweep by hand with a name on it, and its row says so to whoever begins it', async () => {
    const asked = await post({ drain: true, actor: 'Anna', reason: 'all of them' });
    expect(asked).toMatchObject({ status: 202, body: { drain: true, requestedBy: 'Anna', reason: 'all of them' } });
    expect(await world.schedule.beginQueued()).toMatchObject({
      sweepId: asked.body.id,
      drain: true,
      trigger: 'manual',
    });
    expect(await acts()).toEqual([['drain', asked.body.id, null]]);
  });

  it('is joined by a drain, and not by a sweep that is none', async () => {
    const drain = await post({ drain: true, actor: 'Anna' });
    const plain = await post({});
    expect((await post({ drain: true, actor: 'Bodo' })).body).toMatchObject({ id: drain.body.id, joined: true });
    expect((await post({ drain: false })).body).toMatchObject({ id: plain.body.id, joined: true });
    expect(plain.body.id).not.toBe(drain.body.id);
    expect(await acts(), 'joining is not written down').toHaveLength(2);
  });

  it('is never a dry run', async () => {
    const both = { drain: true, dryRun: true, actor: 'Anna' };
    expect(await post<unknown>(both)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const dry = await createApi(world, { SWEEP_DRY_RUN: 'true' });
    expect(await post<unknown>({ drain: true, actor: 'Anna' }, dry)).toMatchObject({
      status: 409,
      body: { code: 'dry_run' },
    });
    await dry.close();
    const none = await createApi(world, { SWEEP_LIMIT: '0' });
    expect(await post<unknown>({ drain: true, actor: 'Anna' }, none)).toMatchObject({
      status: 409,
      body: { code: 'sweeper_disabled' },
    });
    await none.close();
    expect(await world.sweeps()).toEqual([]);
  });
});

describe('a cancel', () => {
  it('ends a queued sweep at once: nobody begins it', async () => {
    const { body } = await post({ actor: 'Anna' });
    const cancelled = await cancel(body.id);
    expect(cancelled).toMatchObject({
      status: 200,
      body: { id: body.id, result: 'cancelled', finishedAt: expect.any(String), cancelRequestedBy: 'Anna' },
    });
    expect(await world.schedule.beginQueued()).toBeNull();
    expect((await post({})).body.id, 'is not joined either').not.toBe(body.id);
  });

  it('is told to one that runs, once, and written down once', async () => {
    const { body } = await post({ actor: 'Anna' });
    await world.schedule.beginQueued();
    const first = await cancel(body.id, { actor: 'Bodo' });
    expect(first).toMatchObject({
      status: 200,
      body: { result: 'running', finishedAt: null, cancelRequestedAt: expect.any(String), cancelRequestedBy: 'Bodo' },
    });
    expect((await cancel(body.id, { actor: 'Anna' })).body).toMatchObject({
      cancelRequestedAt: first.body.cancelRequestedAt,
      cancelRequestedBy: 'Bodo',
    });
    expect(await acts()).toEqual([
      ['sweep', body.id, null],
      ['cancel', body.id, null],
    ]);
  });

  it('of one that was cancelled changes nothing; of one that has ended is refused', async () => {
    const { body } = await post({});
    const first = await cancel(body.id, {});
    expect(await cancel(body.id, {})).toMatchObject({ status: 200, body: first.body });
    await world.sweep();
    const [ended] = (await world.sweeps()).filter(({ trigger }) => trigger === 'boot');
    expect(await cancel<unknown>(ended?.id)).toMatchObject({ status: 409, body: { code: 'sweep_finished' } });
    expect(await acts()).toEqual([
      ['sweep', body.id, null],
      ['cancel', body.id, null],
      ['cancel', ended?.id, 'sweep_finished'],
    ]);
  });

  it('of one whose replica died finds it interrupted', async () => {
    const { body } = await post({});
    await world.schedule.beginQueued();
    await world.timePasses(60_000);
    expect(await cancel<unknown>(body.id)).toMatchObject({ status: 409, body: { code: 'sweep_finished' } });
    expect(await world.sweeps()).toMatchObject([{ id: body.id, result: 'interrupted' }]);
  });

  it('that comes when the sweep begins is heard: it was queued, or it runs', async () => {
    const { body } = await post({});
    const [, begun] = await Promise.all([cancel(body.id), world.schedule.beginQueued()]);
    const { body: now } = await api.call<Sweep>(`/api/sweeps/${body.id}`);
    expect(now.cancelRequestedAt).not.toBeNull();
    expect(now.result).toBe(begun === null ? 'cancelled' : 'running');
  });
});
