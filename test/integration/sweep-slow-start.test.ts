import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import { createJumpingClock } from '../support/fake-clock.ts';
import { gate, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
let leaked: WorkspaceRow[];
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  leaked = await world.leakMany(30);
});

const instance = (n: number) => leaked[n]?.instance_id ?? '';
const fail = (n: number, status: number) => world.controlPlane.fail(instance(n), { kind: 'status', status });
const inFlight = (count: number) =>
  until(() => world.controlPlane.stopsInFlight() === count, { what: `${count} Stops in flight` });

/** Holds back the answers to these until each is let go. */
function holdBack(...which: readonly number[]) {
  const gates = new Map(which.map((n) => [n, gate()]));
  for (const [n, { opened }] of gates) world.controlPlane.onStop(instance(n), () => opened);
  return (n: number) => gates.get(n)?.open();
}

/** Counts the attempts that have been begun: written, on their way to a Stop. */
function counting(): SweepOptions & { begun: () => number } {
  let begun = 0;
  return {
    begun: () => begun,
    wrapStore: (store) => ({
      ...store,
      start(orphan) {
        begun += 1;
        return store.start(orphan);
      },
    }),
  };
}

const finished = (count: number) =>
  until(async () => (await world.attempts()).filter((one) => one.outcome !== null).length === count, {
    what: `${count} finished attempts`,
  });

describe('slow start (promise 5: no storms)', () => {
  it('begins three and waits for the first answer; a failure frees no place; three failures defer the rest', async () => {
    const release = holdBack(0, 1, 2);
    for (const n of [0, 1, 2]) fail(n, 500);
    const options = counting();
    const sweeping = sweepOnce(world, options);
    await inFlight(3);
    release(0);
    await finished(1);
    release(1);
    await finished(2);
    // By now the sweep has taken note of the first failure: it began none in its place.
    expect([options.begun(), stops(world).length]).toEqual([3, 3]);
    release(2);
    expect(await sweeping).toMatchObject({ result: 'failed', counts: { failed: 3 }, deferred: 27 });
    expect(stops(world).sort()).toEqual([0, 1, 2].map(instance).sort());
  });

  it('says why the rest was deferred, and leaves them as they were: no attempt, no claim, their place kept', async () => {
    world.controlPlane.failAll({ kind: 'status', status: 502 });
    const end = await sweepOnce(world);
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 3 }, deferred: 27 });
    expect(end.error).toMatch(/^The control plane is not answering: answered 502/);
    for (const orphan of (await world.orphans()).slice(3)) {
      expect(orphan).toMatchObject({ attempts: 0, failures: 0, claimed_by: null, stuck_at: null, last_outcome: null });
      expect(orphan.next_attempt_at).toEqual(orphan.first_seen_at);
    }
    world.controlPlane.heal();
    // The three that failed by its fault wait no longer than those that were not tried.
    expect(await sweepOnce(world), 'due at the very next sweep').toMatchObject({ counts: { stopped: 30 } });
  });

  it.each([
    ['the first', 0],
    ['the last', 2],
  ] as const)('a success of %s opens the full width', async (_which, good) => {
    const release = holdBack(...leaked.keys());
    for (const n of [0, 1, 2]) if (n !== good) fail(n, 500);
    const sweeping = sweepOnce(world, { settings: { concurrency: 8 } });
    await inFlight(3);
    for (const n of [0, 1, 2]) release(n);
    await inFlight(8);
    for (const n of leaked.keys()) release(n);
    expect(await sweeping).toMatchObject({ counts: { stopped: 28, failed: 2 }, deferred: 0 });
  });

  it.each([
    ['403 forbidden', 403],
    ['409 in progress', 409],
    ['400 rejected', 400],
  ])('%s is an answer too: it proves that the control plane is up', async (_what, status) => {
    const release = holdBack(...leaked.keys());
    fail(0, status);
    const sweeping = sweepOnce(world, { settings: { concurrency: 8 } });
    await inFlight(3);
    release(0);
    await inFlight(8);
    for (const n of leaked.keys()) release(n);
    expect(await sweeping).toMatchObject({ result: 'partial', counts: { stopped: 29, failed: 1 }, deferred: 0 });
  });

  it.each([1, 2])('never begins more than a concurrency of %i', async (concurrency) => {
    const fresh = await createWorld();
    try {
      await fresh.leakMany(12);
      expect(await sweepOnce(fresh, { settings: { concurrency } })).toMatchObject({ counts: { stopped: 12 } });
      expect(fresh.controlPlane.mostStopsAtOnce()).toBeLessThanOrEqual(concurrency);
      expect(fresh.controlPlane.connections(), 'kept alive between Stops').toBeLessThanOrEqual(concurrency);
    } finally {
      await fresh.close();
    }
  });

  it('an answer frees its place before its id is cleared, and Stops in flight never exceed the width', async () => {
    const fresh = await createWorld();
    const [clearing, answering] = [gate(), gate()];
    let clears = 0;
    try {
      const all = await fresh.leakMany(40);
      for (const { instance_id: id } of all.slice(3)) fresh.controlPlane.onStop(id ?? '', () => answering.opened);
      const sweeping = sweepOnce(fresh, {
        settings: { concurrency: 4 },
        wrapPlatform: (platform) => ({
          ...platform,
          async clear(target) {
            clears += 1;
            await clearing.opened;
            return platform.clear(target);
          },
        }),
      });
      await until(() => clears === 3 && fresh.controlPlane.stopsInFlight() === 4, {
        what: 'the full width in flight while the first three wait to be cleared',
      });
      answering.open();
      clearing.open();
      expect(await sweeping).toMatchObject({ result: 'cleared', counts: { stopped: 40 }, deferred: 0 });
      expect(fresh.controlPlane.mostStopsAtOnce()).toBe(4);
    } finally {
      answering.open();
      clearing.open();
      await fresh.close();
    }
  });

  it('starts slowly in every sweep: what the sweep before has seen is old by now', async () => {
    await sweepOnce(world, { settings: { limit: 10 } });
    world.controlPlane.failAll({ kind: 'status', status: 500 });
    expect(await sweepOnce(world)).toMatchObject({ counts: { failed: 3 }, deferred: 17 });
  });

  it('one that needed no Stop frees its place: it has neither helped nor harmed', async () => {
    const release = holdBack(...leaked.keys());
    const sweeping = sweepOnce(world, {
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          const claimed = await store.claim(request);
          await world.platform.restore(leaked[0]?.id ?? '');
          return claimed;
        },
      }),
    });
    await inFlight(3);
    expect(stops(world).sort()).toEqual([1, 2, 3].map(instance).sort());
    for (const n of leaked.keys()) release(n);
    expect(await sweeping).toMatchObject({ counts: { superseded: 1, stopped: 29 } });
  });
});

describe("failures of the platform's database", () => {
  /** The first so many rechecks fail; one at a time, so that each asks for itself. */
  function failingRechecks(count: number): SweepOptions {
    let left = count;
    const clock = createJumpingClock();
    return {
      clock,
      settings: { concurrency: 1 },
      wrapPlatform: (platform) => ({
        ...platform,
        async recheck(targets) {
          left -= 1;
          if (left >= 0) throw new PlatformFault('failed', 'The disk is full.', new Error('disk full'));
          return platform.recheck(targets);
        },
      }),
    };
  }

  it('two in a row are two orphans that wait an interval; the others go on', async () => {
    const end = await sweepOnce(world, failingRechecks(2));
    expect(end).toMatchObject({ result: 'partial', counts: { failed: 2, stopped: 28 }, deferred: 0, error: null });
    expect((await world.orphans()).map((orphan) => orphan.failures)).toEqual(leaked.map(() => 0));
  });

  it('three in a row end the sweep: nothing is stopped, the rest is deferred, and it says why', async () => {
    const end = await sweepOnce(world, failingRechecks(3));
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 3 }, deferred: 27, error: 'The disk is full.' });
    expect(stops(world)).toEqual([]);
    for (const orphan of (await world.orphans()).slice(3)) {
      expect(orphan).toMatchObject({ attempts: 0, claimed_by: null, next_attempt_at: orphan.first_seen_at });
    }
  });

  it('three with an answer between them do not', async () => {
    const clock = createJumpingClock();
    const bad = [0, 1, 3, 5, 6].map(instance);
    const end = await sweepOnce(world, {
      clock,
      settings: { concurrency: 1, deadlineMs: 300_000 },
      wrapPlatform: (platform) => ({
        ...platform,
        recheck: (targets) =>
          bad.includes(targets[0]?.instanceId ?? '')
            ? Promise.reject(new PlatformFault('failed', 'The disk is full.', new Error('disk full')))
            : platform.recheck(targets),
        // Too late for the answer about those that come next to be used: each asks for itself.
        clear: (target) => {
          clock.jump(1_500);
          return platform.clear(target);
        },
      }),
    });
    expect(end).toMatchObject({ counts: { failed: 5, stopped: 25 }, deferred: 0, error: null });
  });
});
