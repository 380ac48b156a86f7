import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { Platform } from '../../server/sweep/platform.ts';
import { hanging } from '../support/outages.ts';
import { frozen, LEASE_OVER_MS } from '../support/pasts.ts';
import { startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

const MINUTE = 60_000;
let world: World;
beforeAll(async () => {
  // How many sweeps it takes must not depend on how quick the machine is.
  world = await createWorld({ settings: { deadlineMs: 600_000 } });
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const ids = (rows: readonly WorkspaceRow[]) => rows.map((row) => row.instance_id ?? '');

/** How many of these still have their instance. */
async function left(instanceIds: readonly string[]): Promise<number> {
  return (await world.platform.rows()).filter((row) => instanceIds.includes(row.instance_id ?? '')).length;
}

/** One sweep per interval until `done`, `most` at most. */
async function sweepsUntil(done: () => Promise<boolean>, most: number, options: SweepOptions): Promise<number> {
  for (let sweeps = 1; sweeps <= most; sweeps += 1) {
    await sweepOnce(world, options);
    if (await done()) return sweeps;
    await world.timePasses(MINUTE);
  }
  return Number.POSITIVE_INFINITY;
}

describe('promise 4: nobody starves', () => {
  // As many as there are; and as few as the deadline lets through when each takes its whole timeout.
  it.each([100, 20])(
    'behind 200 that always hang the first good one is cleared within 20 sweeps, a new one within 4 (limit %i)',
    async (limit) => {
      const leaked = ids(await world.leakMany(300));
      const bad = new Set(leaked.slice(0, 200));
      const good = leaked.slice(200);
      const options: SweepOptions = {
        settings: { limit },
        backend: hanging(world.backend, (instanceId) => bad.has(instanceId)),
        random: () => 0,
      };
      const first = await sweepsUntil(async () => (await left(good)) < good.length, 20, options);
      expect(first).toBeLessThanOrEqual(20);
      await world.timePasses(MINUTE);
      for (let i = 0; i < 5; i += 1) {
        const [fresh = ''] = ids([await world.leak()]);
        const took = await sweepsUntil(async () => (await left([fresh])) === 0, 4, options);
        expect(took, `new orphan ${i + 1}`).toBeLessThanOrEqual(4);
        await world.timePasses(MINUTE);
      }
      await sweepsUntil(async () => (await left(good)) === 0, 30, options);
      expect([await left(good), await left([...bad])], 'and none that hangs is given up').toEqual([0, 200]);
    },
  );

  it.each([403, 500])(
    '100 that always answer %i in front of 150 good ones: those go within 5 sweeps',
    async (status) => {
      const leaked = ids(await world.leakMany(250));
      const [bad, good] = [leaked.slice(0, 100), leaked.slice(100)];
      for (const instanceId of bad) world.controlPlane.fail(instanceId, { kind: 'status', status });
      const took = await sweepsUntil(async () => (await left(good)) === 0, 5, { random: () => 0 });
      expect(took).toBeLessThanOrEqual(5);
      expect(await left(bad)).toBe(100);
    },
  );
});

describe('promise 6: one bad orphan is one bad orphan', () => {
  const died = new Error('the process has died');

  /** A sweep by a process that dies as soon as a Stop for one of these is under way, and with it all it was doing. */
  async function sweepOrDie(bad: ReadonlySet<string>): Promise<void> {
    let dead = false;
    const alive = <T>(work: () => Promise<T>): Promise<T> => (dead ? Promise.reject(died) : work());
    const wrapPlatform = (platform: Platform): Platform => ({
      ...platform,
      clear: (target) => alive(() => platform.clear(target)),
      recheck: (targets) => alive(() => platform.recheck(targets)),
    });
    const swept = world.sweep({
      wrapPlatform,
      wrapStore: (store) => ({
        ...frozen(store),
        start: (orphan) => alive(() => store.start(orphan)),
        finish: (...ending) => alive(() => store.finish(...ending)),
        saveBreaker: (change) => alive(() => store.saveBreaker(change)),
        claim: (request) => alive(() => store.claim(request)),
        end: (end) => alive(() => store.end(end)),
      }),
      backend: {
        ...world.backend,
        stop(target, request) {
          if (bad.has(target.instanceId)) dead = true;
          return world.backend.stop(target, request);
        },
      },
    });
    await swept.catch((error: unknown) => {
      if (error !== died) throw error;
    });
  }

  it('five that crash the process in the backend: the others are swept all the same', async () => {
    const leaked = ids(await world.leakMany(60));
    const bad = new Set(leaked.slice(0, 5));
    const good = leaked.slice(5);
    for (let i = 0; i < 20 && (await left(good)) > 0; i += 1) {
      await sweepOrDie(bad);
      await world.timePasses(LEASE_OVER_MS);
    }
    expect(await left(good)).toBe(0);
    expect(await left([...bad])).toBe(5);
  });

  it('so is one that leaks while they crash it again and again', async () => {
    const bad = new Set(ids(await world.leakMany(5)));
    for (let i = 0; i < 6; i += 1) {
      await sweepOrDie(bad);
      await world.timePasses(LEASE_OVER_MS);
    }
    for (let round = 0; round < 4; round += 1) {
      const [fresh = ''] = ids([await world.leak()]);
      for (let i = 0; i < 8 && (await left([fresh])) > 0; i += 1) {
        await sweepOrDie(bad);
        await world.timePasses(LEASE_OVER_MS);
      }
      expect(await left([fresh]), `new orphan ${round + 1}`).toBe(0);
    }
    expect(await left([...bad]), 'and none of them is given up').toBe(5);
    const tried = (await world.orphans()).filter((orphan) => bad.has(orphan.instance_id)).map((one) => one.attempts);
    expect(Math.min(...tried), 'each in its turn').toBeGreaterThanOrEqual(Math.max(2, Math.max(...tried) - 1));
  });
});
