import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allowClearing, refuseClearing, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

// The last two of the nine, "no database" and "at boot and on every tick", are in published-sweeper-loop.test.ts.
describe('the nine cases of the published sweeper', () => {
  it('clears the id when the Stop succeeds', async () => {
    const leaked = await world.leak();
    const swept = await world.sweep();
    expect(swept?.end.result).toBe('cleared');
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
    expect(world.controlPlane.instance(leaked.instance_id ?? '')?.state).toBe('terminated');
    expect((await world.attempts()).map((a) => [a.instance_id, a.outcome])).toEqual([[leaked.instance_id, 'stopped']]);
  });

  it('keeps the id when the Stop fails, leaves the row as it was, and tries again', async () => {
    const leaked = await world.leak();
    const before = await world.row(leaked.id);
    world.controlPlane.fail(leaked.instance_id ?? '', { kind: 'status', status: 500, times: 1 });
    expect(await sweepOnce(world)).toMatchObject({ result: 'failed', counts: { failed: 1 } });
    expect(await world.row(leaked.id)).toEqual(before);
    expect(await world.orphan(leaked.id)).toMatchObject({ resolved_at: null, last_class: 'transient', attempts: 1 });

    await world.timePasses(60_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 1 } });
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
    expect((await world.attempts()).map((attempt) => attempt.outcome)).toEqual(['failed', 'stopped']);
  });

  it('does nothing when nothing leaked: no Stop, no row of the platform touched, and a sweep that says so', async () => {
    const live = await world.platform.create();
    const removed = await world.platform.create();
    await world.platform.remove(removed.id);
    const before = await world.platform.rows();
    const called = stops(world).length;
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do', counts: {}, deferred: 0, error: null });
    expect(stops(world)).toHaveLength(called);
    expect(await world.platform.rows()).toEqual(before);
    expect(world.controlPlane.instance(live.instance_id ?? '')?.state).toBe('running');
    expect(await world.sweeps()).toMatchObject([{ result: 'nothing_to_do', open: 0, stuck: 0 }]);
  });

  it.each(['first', 'second', 'last'] as const)('promise 6: when the %s one fails the others go on', async (which) => {
    const leaked = await world.leakMany(5);
    const bad = leaked[{ first: 0, second: 1, last: 4 }[which]];
    world.controlPlane.fail(bad?.instance_id ?? '', { kind: 'status', status: 500 });
    expect(await sweepOnce(world)).toMatchObject({ result: 'partial', counts: { stopped: 4, failed: 1 }, deferred: 0 });
    const kept = (await world.platform.rows()).filter((row) => row.instance_id !== null);
    expect(kept.map((row) => row.id)).toEqual([bad?.id]);
  });

  it('when the query of the platform fails nothing is stopped and nothing forgotten, and the next tick works', async () => {
    const known = await world.leak();
    await world.observe();
    await world.platformDatabase.query('alter table workspaces rename to mislaid');
    const end = await sweepOnce(world);
    expect(end).toMatchObject({ result: 'skipped', counts: {}, deferred: 0 });
    expect(end.error).toContain('has no table public.workspaces');
    expect(stops(world)).toEqual([]);
    // Promise 8: a skipped sweep never reports zero orphans.
    expect(await world.sweeps()).toMatchObject([{ result: 'skipped', error: end.error, open: 1 }]);
    await sweepOnce(world);
    expect(await world.sweeps(), 'said once').toHaveLength(1);

    await world.platformDatabase.query('alter table mislaid rename to workspaces');
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared' });
    expect((await world.row(known.id))?.instance_id).toBeNull();
  });

  it('when the update of one row fails the others go on, and the next sweep stops it again', async () => {
    const leaked = await world.leakMany(4);
    const [first] = leaked;
    const instanceId = first?.instance_id ?? '';
    await refuseClearing(world, instanceId);
    expect(await sweepOnce(world)).toMatchObject({ result: 'partial', counts: { stopped: 3, clear_failed: 1 } });
    expect((await world.row(first?.id ?? ''))?.instance_id).toBe(instanceId);
    expect(await world.orphan(first?.id ?? '')).toMatchObject({ resolved_at: null, last_outcome: 'clear_failed' });

    await allowClearing(world);
    await world.timePasses(60_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 1 } });
    expect((await world.row(first?.id ?? ''))?.instance_id).toBeNull();
    expect(stops(world).filter((id) => id === instanceId)).toHaveLength(2);
  });
});

describe('the nine cases of the published sweeper: no backend', () => {
  const NO_BACKEND = { backend: null, settings: { disabledReason: 'There is no backend: nothing is stopped.' } };
  it('stops nothing, keeps looking, and says why', async () => {
    const leaked = await world.leak();
    const end = await sweepOnce(world, NO_BACKEND);
    expect(end).toMatchObject({ result: 'skipped', counts: {}, error: 'There is no backend: nothing is stopped.' });
    expect(stops(world)).toEqual([]);
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    const later = await world.leak();
    await sweepOnce(world, NO_BACKEND);
    expect((await world.orphans()).map((orphan) => orphan.workspace_id)).toEqual([leaked.id, later.id]);
    expect(await world.attempts()).toEqual([]);
  });

  it('says it once per reason, and again when it was another reason or something else happened', async () => {
    await world.leak();
    const because = (disabledReason: string) => sweepOnce(world, { backend: null, settings: { disabledReason } });
    const written = async () => (await world.sweeps()).map(({ result, error }) => error ?? result);
    for (let i = 0; i < 3; i += 1) await because('no backend');
    expect(await written()).toEqual(['no backend']);
    for (let i = 0; i < 2; i += 1) await because('limit 0');
    expect(await written()).toEqual(['no backend', 'limit 0']);
    await sweepOnce(world);
    for (let i = 0; i < 2; i += 1) await because('limit 0');
    // Cleared by the sweep between: nothing is due any more, so there is nothing that was skipped.
    expect(await written()).toEqual(['no backend', 'limit 0', 'cleared', 'nothing_to_do', 'nothing_to_do']);
    await world.leak();
    for (let i = 0; i < 2; i += 1) await because('limit 0');
    expect((await written()).slice(-2)).toEqual(['nothing_to_do', 'limit 0']);
  });

  it('never says it when nothing was due, not even while an orphan waits for its backoff', async () => {
    const leaked = await world.leak();
    world.controlPlane.fail(leaked.instance_id ?? '', { kind: 'status', status: 403 });
    await sweepOnce(world);
    expect(await sweepOnce(world, NO_BACKEND)).toMatchObject({ result: 'nothing_to_do', error: null });
  });

  it('keeps the row of every sweep that a person asked for, however often the reason was said', async () => {
    await world.leak();
    for (let i = 0; i < 2; i += 1) await sweepOnce(world, { ...NO_BACKEND, trigger: 'manual' });
    expect((await world.sweeps()).map(({ trigger, result }) => [trigger, result])).toEqual([
      ['manual', 'skipped'],
      ['manual', 'skipped'],
    ]);
  });

  it('works again as soon as there is a backend', async () => {
    const leaked = await world.leak();
    await sweepOnce(world, NO_BACKEND);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared' });
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
  });
});
