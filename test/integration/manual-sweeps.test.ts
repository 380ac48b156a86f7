import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Act } from '../../server/sweep/audit.ts';
import { createSchedule, type ManualRequest, type Schedule } from '../../server/sweep/schedule.ts';
import { startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

const MINUTE = 60_000;
const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';
const ALL: ManualRequest = { workspaceIds: null, expected: null, dryRun: false, drain: false };
const TESS: Act = { actor: 'Tess', verified: false, address: null, requestId: null, reason: 'a test' };

let world: World;
let schedule: Schedule;
beforeAll(async () => {
  world = await createWorld();
  schedule = world.schedule;
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const another = () =>
  createSchedule(world.homeDatabase, {
    tenant: 'default',
    replica: 'another',
    leaseMs: 20_000,
    intervalMs: MINUTE,
    dryRun: false,
  });

async function queue(request: ManualRequest): Promise<string> {
  const answer = await schedule.enqueue(request, TESS);
  if (answer.kind !== 'queued') throw new Error(`not queued: ${answer.kind}`);
  return answer.sweepId;
}

const written = async () => (await world.sweeps()).map(({ id, result }) => [id, result]);

describe('a sweep that a person asked for is a row first', () => {
  it('queued with who and why; then it runs, and the row says what came of it', async () => {
    await world.leak();
    const id = await queue(ALL);
    expect(await world.sweeps()).toMatchObject([
      { id, trigger: 'manual', result: 'queued', requested_by: 'Tess', reason: 'a test', started_at: null },
    ]);
    const begun = await schedule.beginQueued();
    expect(begun).toMatchObject({ kind: 'begun', sweepId: id, trigger: 'manual', scope: null, dryRun: false });
    if (begun !== null) await world.run(begun);
    expect(await world.sweeps()).toMatchObject([{ id, result: 'cleared', counts: { stopped: 1 } }]);
  });

  it('is begun once, by whichever replica is first; the other finds the lease taken and leaves it alone', async () => {
    const id = await queue(ALL);
    const [one, two] = await Promise.all([schedule.beginQueued(), another().beginQueued()]);
    expect([one, two].filter((begun) => begun !== null)).toMatchObject([{ sweepId: id }]);
    expect(await schedule.beginQueued()).toBeNull();
  });

  it('the one that was asked for first begins first, and the second only when the lease is free', async () => {
    const first = await queue({ ...ALL, workspaceIds: [A] });
    const second = await queue({ ...ALL, workspaceIds: [B] });
    const begun = await schedule.beginQueued();
    expect(begun?.sweepId).toBe(first);
    expect(await another().beginQueued()).toBeNull();
    if (begun !== null) await world.run(begun);
    expect((await another().beginQueued())?.sweepId).toBe(second);
  });
});

describe('joining', () => {
  it('an equal one that is queued is joined: same scope in any order and with doubles, same dry run', async () => {
    const all = await queue(ALL);
    const some = await queue({ ...ALL, workspaceIds: [B, A] });
    const joined = async (request: ManualRequest) => schedule.enqueue(request, TESS);
    expect(await joined(ALL)).toEqual({ kind: 'joined', sweepId: all });
    expect(await joined({ ...ALL, workspaceIds: [A, B] })).toEqual({ kind: 'joined', sweepId: some });
    expect(await joined({ ...ALL, workspaceIds: [A, B, A] })).toEqual({ kind: 'joined', sweepId: some });
    expect(await schedule.findEqual({ ...ALL, workspaceIds: [A, B] })).toBe(some);
    expect(await world.sweeps()).toHaveLength(2);
  });

  it('a different one is not: another scope, none, an empty one, or dry where the other is real', async () => {
    const requests = [
      ALL,
      { ...ALL, dryRun: true },
      { ...ALL, workspaceIds: [] },
      { ...ALL, workspaceIds: [A] },
      { ...ALL, workspaceIds: [A, B] },
      { ...ALL, workspaceIds: [A], dryRun: true },
    ];
    const ids = [];
    for (const request of requests) ids.push(await queue(request));
    expect(new Set(ids).size).toBe(requests.length);
  });

  it('ten equal requests at once make one sweep', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => schedule.enqueue(ALL, TESS)));
    expect(new Set(answers.map((answer) => 'sweepId' in answer && answer.sweepId)).size).toBe(1);
    expect(answers.filter((answer) => answer.kind === 'queued')).toHaveLength(1);
    expect(await world.sweeps()).toHaveLength(1);
  });

  it('one that is running is joined; one that has ended is not, nor one that runs by itself', async () => {
    await schedule.tick('boot');
    const id = await queue(ALL);
    const begun = await schedule.beginQueued();
    expect(await schedule.enqueue(ALL, TESS)).toEqual({ kind: 'joined', sweepId: id });
    if (begun !== null) await world.run(begun);
    expect(await queue(ALL)).not.toBe(id);
  });

  it('"running" of a dead lease is not joined: it is ended as interrupted, with what its attempts came to', async () => {
    const [first] = await world.leakMany(3);
    const killed = (): Promise<never> => Promise.reject(new Error('killed'));
    world.controlPlane.fail(first?.instance_id ?? '', { kind: 'status', status: 403 });
    const dead = world.sweep({
      trigger: 'manual',
      replica: 'another',
      settings: { concurrency: 1 },
      wrapStore: (store) => ({
        ...store,
        // The first attempt is finished, the second is not, the third was never begun.
        finish: (...ending) => (ending[1].instanceId === first?.instance_id ? store.finish(...ending) : killed()),
        end: killed,
      }),
    });
    await expect(dead).rejects.toThrow('killed');
    const [{ id = '' } = {}] = await world.sweeps();
    expect(await schedule.enqueue(ALL, TESS), 'its lease is still valid').toEqual({ kind: 'joined', sweepId: id });
    await world.timePasses(25_000);
    expect(await queue(ALL)).not.toBe(id);
    expect(await world.sweeps()).toMatchObject([
      { id, result: 'interrupted', counts: { failed: 1, interrupted: 1 } },
      { result: 'queued' },
    ]);
  });

  it('"running" of a dead lease is also ended by whoever takes the lease', async () => {
    const tick = await another().tick('boot');
    if (tick.kind !== 'begun') throw new Error('the tick did not begin');
    await world.timePasses(25_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do' });
    expect(await written()).toEqual([[tick.sweepId, 'interrupted'], expect.arrayContaining(['nothing_to_do'])]);
  });
});

describe('what a person saw', () => {
  it('another number of open orphans than expected: nothing is queued, and the number is told', async () => {
    const [one] = await world.leakMany(3);
    await world.observe();
    expect(await schedule.enqueue({ ...ALL, expected: 2 }, TESS)).toEqual({ kind: 'mismatch', open: 3 });
    const scope = { ...ALL, workspaceIds: [one?.id ?? '', A] };
    expect(await schedule.enqueue({ ...scope, expected: 2 }, TESS)).toEqual({ kind: 'mismatch', open: 1 });
    expect(await world.sweeps()).toEqual([]);
    expect(await schedule.enqueue({ ...scope, expected: 1 }, TESS)).toMatchObject({ kind: 'queued' });
    expect(await schedule.enqueue({ ...ALL, expected: 3 }, TESS)).toMatchObject({ kind: 'queued' });
  });

  it('0 is a number too: what was cleared by then does not count', async () => {
    await world.leak();
    await sweepOnce(world);
    expect(await schedule.enqueue({ ...ALL, expected: 1 }, TESS)).toEqual({ kind: 'mismatch', open: 0 });
    expect(await schedule.enqueue({ ...ALL, expected: 0 }, TESS)).toMatchObject({ kind: 'queued' });
  });
});

describe('a queued sweep that nobody begins', () => {
  it('ends after five minutes as skipped, with the reason; its row is kept, and nothing was stopped', async () => {
    await world.leak();
    const id = await queue(ALL);
    await world.timePasses(5 * MINUTE + 1_000);
    expect(await schedule.beginQueued()).toBeNull();
    const [row, ...others] = await world.sweeps();
    expect(row).toMatchObject({ id, result: 'skipped', counts: {}, finished_at: expect.any(Date) });
    expect(row?.error).toContain('Not begun within 5 min');
    expect([others, stops(world)]).toEqual([[], []]);
    expect(await schedule.beginQueued(), 'ended for good').toBeNull();
  });

  it('is begun just before that', async () => {
    const id = await queue(ALL);
    await world.timePasses(5 * MINUTE - 5_000);
    expect(await schedule.beginQueued()).toMatchObject({ sweepId: id });
  });

  it('is not joined any more, and does not keep the one behind it waiting', async () => {
    const old = await queue(ALL);
    await world.timePasses(5 * MINUTE + 1_000);
    const fresh = await queue(ALL);
    await schedule.beginQueued();
    expect(await schedule.beginQueued()).toMatchObject({ sweepId: fresh });
    expect(await written()).toEqual([
      [old, 'skipped'],
      [fresh, 'running'],
    ]);
  });
});
