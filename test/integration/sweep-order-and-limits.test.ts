import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gate, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const MINUTE = 60_000;
let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));
const ids = (rows: readonly { instance_id: string | null }[]) => rows.map((row) => row.instance_id);
const ONE_BY_ONE = { settings: { concurrency: 1 } };

describe('promise 4: nobody starves, and those that leaked first go first', () => {
  it('sweeps 250 by 100, 100 and 50, the oldest leaks first, and leaves the rest of each sweep alone', async () => {
    const leaked = await world.leakMany(250);
    for (const [from, to] of [
      [0, 100],
      [100, 200],
      [200, 250],
    ] as const) {
      expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: to - from }, deferred: 0 });
      expect(stops(world).slice(from).sort()).toEqual(ids(leaked.slice(from, to)).sort());
      const waiting = (await world.platform.rows()).filter((row) => row.instance_id !== null);
      expect(waiting).toHaveLength(250 - to);
    }
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do' });
    expect((await world.sweeps()).map((sweep) => sweep.open)).toEqual([150, 50, 0, 0]);
  });

  it('calls them one after the other in exactly that order', async () => {
    const leaked = await world.leakMany(20);
    await sweepOnce(world, ONE_BY_ONE);
    expect(stops(world)).toEqual(ids(leaked));
  });

  it('those first seen earlier go before those that leaked earlier but were seen later', async () => {
    const first = await world.leakMany(2);
    await world.observe();
    await world.timePasses(1_000);
    const [later] = await world.leakMany(1);
    await world.platformDatabase.query(`update workspaces set updated_at = now() - interval '7 days' where id = $1`, [
      later?.id,
    ]);
    await sweepOnce(world, { settings: { limit: 2, concurrency: 1 } });
    await sweepOnce(world, ONE_BY_ONE);
    expect(stops(world)).toEqual(ids([...first, ...(later === undefined ? [] : [later])]));
  });

  it('one that failed goes behind those that wait, also when all of them are due', async () => {
    const leaked = await world.leakMany(6);
    const [bad, ...others] = leaked;
    world.controlPlane.fail(bad?.instance_id ?? '', { kind: 'status', status: 403, times: 1 });
    await sweepOnce(world, { settings: { limit: 2, concurrency: 1 }, random: () => 0 });
    await world.timePasses(MINUTE);
    // Five are due and four fit.
    await sweepOnce(world, { settings: { limit: 4, concurrency: 1 } });
    await sweepOnce(world, ONE_BY_ONE);
    expect(stops(world)).toEqual(ids([bad, ...others, bad].filter((row) => row !== undefined)));
  });

  it('100 that are always refused stand in front of 150 good ones, which are all cleared within five sweeps', async () => {
    const leaked = await world.leakMany(250);
    for (const row of leaked.slice(0, 100)) {
      world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 403 });
    }
    for (let i = 0; i < 5; i += 1) {
      await sweepOnce(world);
      await world.timePasses(MINUTE);
    }
    const kept = (await world.platform.rows()).filter((row) => row.instance_id !== null);
    expect(ids(kept).sort()).toEqual(ids(leaked.slice(0, 100)).sort());
  });
});

describe('the limit', () => {
  it.each([1, 7])('of %i is never exceeded, and the others are not even claimed', async (limit) => {
    await world.leakMany(10);
    let claimed: unknown;
    await sweepOnce(world, {
      settings: { limit },
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          const found = await store.claim(request);
          claimed = (await world.orphans()).filter((orphan) => orphan.claimed_by !== null).length;
          return found;
        },
      }),
    });
    expect([claimed, stops(world).length]).toEqual([limit, limit]);
  });

  it('of 0 is none, never "no limit"', async () => {
    await world.leakMany(3);
    expect(await sweepOnce(world, { settings: { limit: 0 } })).toMatchObject({ result: 'nothing_to_do', counts: {} });
    expect(stops(world)).toEqual([]);
  });

  it('holds for a person too', async () => {
    await world.leakMany(5);
    await sweepOnce(world, { trigger: 'manual', settings: { limit: 3 } });
    expect(stops(world)).toHaveLength(3);
  });
});

describe('grace', () => {
  const graceMs = 10 * MINUTE;

  it.each(['interval', 'manual'] as const)('leaves alone what was first seen too recently (%s)', async (trigger) => {
    const [leaked] = await world.leakMany(1);
    // Its row is a day old: what counts is when we first saw it, for rows are touched by anybody.
    expect(await sweepOnce(world, { trigger, settings: { graceMs } })).toMatchObject({ result: 'nothing_to_do' });
    await world.timePasses(graceMs - 5_000);
    expect(await sweepOnce(world, { trigger, settings: { graceMs } })).toMatchObject({ result: 'nothing_to_do' });
    expect(stops(world)).toEqual([]);
    await world.timePasses(5_000);
    await world.platformDatabase.query('update workspaces set updated_at = now()');
    expect(await sweepOnce(world, { trigger, settings: { graceMs } })).toMatchObject({ result: 'cleared' });
    expect(stops(world)).toEqual([leaked?.instance_id]);
  });
});

describe('the scope of a sweep that a person asked for', () => {
  it.each([
    ['an empty list', []],
    ['unknown ids', ['00000000-0000-4000-8000-000000000000', 'no uuid at all', '%']],
  ])('%s: sweeps nothing', async (_what, workspaceIds) => {
    await world.leakMany(3);
    const end = await sweepOnce(world, { trigger: 'manual', workspaceIds });
    expect(end).toMatchObject({ result: 'nothing_to_do', counts: {} });
    expect(stops(world)).toEqual([]);
  });

  it('sweeps those that were named, however often, and leaves the others exactly as they were', async () => {
    const [one, two, other] = await world.leakMany(3);
    await world.observe();
    const untouched = await world.orphan(other?.id ?? '');
    await sweepOnce(world, { trigger: 'manual', workspaceIds: [two?.id ?? '', one?.id ?? '', two?.id ?? ''] });
    expect(stops(world).sort()).toEqual([one?.instance_id, two?.instance_id].sort());
    expect(await world.orphan(other?.id ?? '')).toEqual(untouched);
  });

  it('of a live workspace: nothing is stopped', async () => {
    const live = await world.platform.create();
    const end = await sweepOnce(world, { trigger: 'manual', workspaceIds: [live.id] });
    expect(end.result).toBe('nothing_to_do');
    expect(world.controlPlane.instance(live.instance_id ?? '')?.state).toBe('running');
  });
});

describe('concurrency', () => {
  it('is used in full and never exceeded', async () => {
    const fresh = await createWorld();
    try {
      const leaked = await fresh.leakMany(30);
      const held = gate();
      for (const row of leaked.slice(1)) fresh.controlPlane.onStop(row.instance_id ?? '', () => held.opened);
      const sweeping = sweepOnce(fresh, { settings: { concurrency: 7 } });
      await until(() => fresh.controlPlane.stopsInFlight() === 7, { what: 'the full width' });
      held.open();
      expect(await sweeping).toMatchObject({ counts: { stopped: 30 } });
      expect(fresh.controlPlane.mostStopsAtOnce()).toBe(7);
      expect(fresh.controlPlane.mostStopsAtOnceForOneInstance()).toBe(1);
    } finally {
      await fresh.close();
    }
  });
});
