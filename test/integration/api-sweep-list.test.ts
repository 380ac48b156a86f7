import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../../server/api/attempts.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { NO_COUNTS, SWEEP_FIELDS } from '../support/sweep-fields.ts';
import { createWorld, type World } from '../support/world.ts';

interface List<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}
type ListedSweep = Sweep & { readonly quietBefore?: number; readonly quietCursor?: string };

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
const list = async (query = '') =>
  (await api.call<List<ListedSweep> & { readonly quietAfter?: number }>(`/api/sweeps${query}`)).body;

describe('GET /api/sweeps', () => {
  it('lists newest first, by trigger and by result', async () => {
    await world.leakMany(2);
    await world.sweep();
    await world.sweep({ trigger: 'interval' });
    const asked = await post({ workspaceIds: ['x'] });
    const all = await list();
    expect(all.items.map((item) => [item.trigger, item.result])).toEqual([
      ['manual', 'queued'],
      ['interval', 'nothing_to_do'],
      ['boot', 'cleared'],
    ]);
    for (const item of all.items) expect(Object.keys(item)).toEqual(SWEEP_FIELDS);
    expect(Object.keys(all)).toEqual(['items', 'nextCursor']);
    expect((await list('?trigger=manual')).items.map((item) => item.id)).toEqual([asked.body.id]);
    expect((await list('?result=cleared')).items.map((item) => item.counts['stopped'])).toEqual([2]);
    expect((await list('?result=failed')).items).toEqual([]);
  });

  it('with quiet=false leaves out those that found nothing, and says how many came right before each', async () => {
    await seedSweeps([
      'nothing_to_do',
      'nothing_to_do',
      'cleared',
      'failed',
      'nothing_to_do',
      'partial',
      'nothing_to_do',
    ]);
    const { items } = await list('?quiet=false');
    expect(items.map((item) => [item.result, item.quietBefore])).toEqual([
      ['partial', 1],
      ['failed', 0],
      ['cleared', 2],
    ]);
    for (const item of items) expect(Object.keys(item)).toEqual([...SWEEP_FIELDS, 'quietBefore', 'quietCursor']);
    const first = await list('?quiet=false&limit=1');
    const second = await list(`?quiet=false&limit=1&cursor=${first.nextCursor}`);
    const third = await list(`?quiet=false&limit=1&cursor=${second.nextCursor}`);
    expect([first, second, third].map((page) => page.items[0]?.quietBefore)).toEqual([1, 0, 2]);
    expect(third.nextCursor).toBeNull();
    expect((await list('?quiet=true')).items).toHaveLength(7);
  });

  it('with quiet=false says how many came after the first of the list, and where each fold unfolds', async () => {
    await seedSweeps(['nothing_to_do', 'cleared', 'nothing_to_do', 'failed', 'nothing_to_do', 'nothing_to_do']);
    const folded = await list('?quiet=false');
    expect(folded.quietAfter).toBe(2);
    expect(folded.items.map((item) => [item.result, item.quietBefore])).toEqual([
      ['failed', 1],
      ['cleared', 1],
    ]);
    for (const { quietCursor, quietBefore, id } of folded.items) {
      const unfolded = (await list(`?cursor=${quietCursor}`)).items.map((item) => item.result);
      expect(unfolded.slice(0, quietBefore), id).toEqual(Array(quietBefore).fill('nothing_to_do'));
    }
    const later = await list(`?quiet=false&cursor=${(await list('?quiet=false&limit=1')).nextCursor}`);
    expect(later.quietAfter, 'counted on the page before').toBe(0);
    await world.home.query(`update sweeper.sweeps set result = 'nothing_to_do'`);
    expect(await list('?quiet=false')).toEqual({ items: [], nextCursor: null, quietAfter: 6 });
  });

  it('with quiet=false counts those of the trigger that was asked for, and no others', async () => {
    await seedSweeps(['nothing_to_do', 'nothing_to_do'], 'manual');
    await seedSweeps(['nothing_to_do']);
    await seedSweeps(['failed'], 'manual');
    await seedSweeps(['nothing_to_do', 'nothing_to_do', 'nothing_to_do']);
    await seedSweeps(['nothing_to_do'], 'manual');
    const { items, quietAfter } = await list('?quiet=false&trigger=manual');
    expect([quietAfter, items.map((item) => item.quietBefore)]).toEqual([1, [2]]);
  });

  it('pages lose and double none, though all were asked for in the same moment', async () => {
    await seedSweeps(Array(23).fill('cleared'));
    await world.home.query(`update sweeper.sweeps set requested_at = '2026-01-02T03:04:05.678901Z'`);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await list(`?limit=5${cursor}`);
      seen.push(...page.items.map((item) => item.id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
      // One that comes meanwhile is newer than every page to come.
      await seedSweeps(['cleared']);
    }
    expect(seen).toHaveLength(23);
    expect(new Set(seen).size).toBe(23);
  });

  it('shows the outcomes of one that still runs', async () => {
    const leaked = await world.leakMany(5);
    const last = leaked.at(-1)?.instance_id ?? '';
    let during: Sweep | undefined;
    world.controlPlane.onStop(last, async () => {
      const { items } = await list();
      during = items[0];
    });
    await world.sweep({ settings: { concurrency: 1 } });
    expect(during).toMatchObject({ result: 'running', claimed: 5, counts: { ...NO_COUNTS, stopped: 4 } });
  });

  it('shows the attempts of one, newest first, page by page', async () => {
    const leaked = await world.leakMany(4);
    world.controlPlane.fail(leaked[1]?.instance_id ?? '', { kind: 'status', status: 403 });
    const swept = await world.sweep({ settings: { concurrency: 1 } });
    const url = `/api/sweeps/${swept?.sweepId}/attempts`;
    const { body } = await api.call<List<Attempt>>(url);
    expect(body.items.map((attempt) => attempt.instanceId)).toEqual(leaked.map((row) => row.instance_id).reverse());
    expect(body.items[0]).toEqual({
      id: expect.any(String),
      sweepId: swept?.sweepId,
      workspaceId: leaked[3]?.id,
      workspaceName: leaked[3]?.name,
      instanceId: leaked[3]?.instance_id,
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
      outcome: 'stopped',
      error: null,
      requestId: expect.any(String),
      trigger: 'boot',
      requestedBy: null,
      requestVerified: false,
      reason: null,
    });
    expect(body.items[2]).toMatchObject({
      outcome: 'failed',
      error: { class: 'forbidden', httpStatus: 403, message: expect.any(String) },
    });
    expect(world.controlPlane.calls.map((call) => call.requestId)).toContain(body.items[0]?.requestId);
    const first = await api.call<List<Attempt>>(`${url}?limit=3`);
    const second = await api.call<List<Attempt>>(`${url}?limit=3&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...second.body.items]).toEqual(body.items);
    expect(second.body.nextCursor).toBeNull();
  });

  it('shows the attempts of one that ended in one way, page by page, and none of another sweep', async () => {
    const leaked = await world.leakMany(7);
    for (const i of [1, 3, 4]) {
      world.controlPlane.fail(leaked[i]?.instance_id ?? '', { kind: 'status', status: 403 });
    }
    const swept = await world.sweep({ settings: { concurrency: 1 } });
    await world.sweep({ trigger: 'manual' });
    const url = `/api/sweeps/${swept?.sweepId}/attempts`;
    const instances = async (query: string) => {
      const { body } = await api.call<List<Attempt>>(`${url}?${query}`);
      return { ids: body.items.map((attempt) => attempt.instanceId), nextCursor: body.nextCursor };
    };
    const failed = [4, 3, 1].map((i) => leaked[i]?.instance_id);
    expect(await instances('outcome=failed')).toEqual({ ids: failed, nextCursor: null });
    const first = await instances('outcome=failed&limit=2');
    expect(first.ids).toEqual(failed.slice(0, 2));
    const second = await instances(`outcome=failed&limit=2&cursor=${first.nextCursor}`);
    expect(second).toEqual({ ids: failed.slice(2), nextCursor: null });
    expect((await instances('outcome=stopped')).ids).toHaveLength(4);
    expect(await instances('outcome=shared')).toEqual({ ids: [], nextCursor: null });
    const nowhere = '/api/sweeps/00000000-0000-4000-8000-000000000000/attempts?outcome=failed';
    expect(await api.call(nowhere)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each(['', '/attempts'])('answers 404 to one that is not kept%s', async (tail) => {
    const url = `/api/sweeps/00000000-0000-4000-8000-000000000000${tail}`;
    expect(await api.call(url)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

/** Sweeps that have ended, the last in the list being the newest. */
async function seedSweeps(results: readonly string[], trigger: 'interval' | 'manual' = 'interval'): Promise<void> {
  for (const result of results) {
    await world.home.query(
      `insert into sweeper.sweeps (tenant, trigger, result, started_at, finished_at, requested_at)
       values ('default', $2::sweeper.trigger, $1::sweeper.sweep_result, now(), now(), clock_timestamp())`,
      [result, trigger],
    );
  }
}
