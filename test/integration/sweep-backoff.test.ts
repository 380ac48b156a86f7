import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { movedMs, refuseClearing, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

const MINUTE = 60_000;
let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

/** A leaked workspace whose Stop always fails so. */
async function leakFailing(code: number): Promise<string> {
  const { id, instance_id: instanceId } = await world.leak();
  world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: code });
  return id;
}

const stuck = async () => (await world.sweeps()).at(-1)?.stuck;

describe('backoff', () => {
  it.each([
    ['without luck', 0, [60, 60, 60, 60, 60, 60, 60, 60]],
    ['in the middle', 0.5, [60, 90, 150, 270, 510, 990, 1_830, 1_830]],
  ] as const)(
    "an orphan's own failures: twice as far each time up to an hour, jitter on all above one interval (%s)",
    async (_luck, random, seconds) => {
      const id = await leakFailing(403);
      for (const [i, expected] of seconds.entries()) {
        await sweepOnce(world, { random: () => random });
        expect((await world.orphan(id)).failures).toBe(i + 1);
        expect(await movedMs(world, id)).toBeCloseTo(expected * 1_000, 0);
        await world.timePasses(60 * MINUTE);
      }
    },
  );

  it("the control plane's failures: one interval, however often, and none of them counts", async () => {
    const id = await leakFailing(500);
    for (let i = 0; i < 7; i += 1) {
      await sweepOnce(world, { random: () => 1 });
      expect(await movedMs(world, id)).toBeCloseTo(MINUTE, 0);
      await world.timePasses(MINUTE);
    }
    expect(await world.orphan(id)).toMatchObject({ failures: 0, attempts: 7 });
  });

  it('a failed clear backs off too, though nobody is at fault', async () => {
    const leaked = await world.leak();
    await refuseClearing(world, leaked.instance_id ?? '');
    for (const expected of [MINUTE, 90_000, 150_000]) {
      await sweepOnce(world, { random: () => 0.5 });
      expect(await movedMs(world, leaked.id)).toBeCloseTo(expected, 0);
      await world.timePasses(60 * MINUTE);
    }
    expect((await world.attempts()).map(({ fault }) => fault)).toEqual(['nobody', 'nobody', 'nobody']);
  });

  it('counts from the start of the sweep, so that a sweep that took long does not cost an interval', async () => {
    const id = await leakFailing(403);
    await sweepOnce(world, {
      wrapStore: (store) => ({
        ...store,
        async finish(...ending) {
          await world.home.query(`update sweeper.sweeps set started_at = started_at - interval '20 seconds'`);
          return store.finish(...ending);
        },
      }),
    });
    expect(await movedMs(world, id)).toBeCloseTo(MINUTE, 0);
    await world.timePasses(40_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'failed' });
  });

  it('is waited out by a tick, ignored by a person, and never shortened by one', async () => {
    const id = await leakFailing(403);
    for (let i = 0; i < 4; i += 1) {
      await sweepOnce(world, { random: () => 0.5 });
      await world.timePasses(270_000);
    }
    await sweepOnce(world, { random: () => 0.999 });
    const { next_attempt_at: before, attempts } = await world.orphan(id);
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do' });
    expect(await sweepOnce(world, { trigger: 'manual', random: () => 0 })).toMatchObject({ result: 'failed' });
    const after = await world.orphan(id);
    expect([after.attempts, after.next_attempt_at]).toEqual([attempts + 1, before]);
    world.controlPlane.heal();
    expect(await sweepOnce(world, { trigger: 'manual' })).toMatchObject({ result: 'cleared' });
  });
});

describe('promise 1: nothing is forgotten', () => {
  it('there is no attempt limit: the hundredth failure is followed by another attempt', async () => {
    const id = await leakFailing(403);
    await sweepOnce(world);
    await world.home.query('update sweeper.orphans set failures = 1000, attempts = 1000');
    await world.timePasses(60 * MINUTE);
    await sweepOnce(world);
    expect(await world.orphan(id)).toMatchObject({ failures: 1001, attempts: 1001, resolved_at: null });
    await world.timePasses(60 * MINUTE);
    world.controlPlane.heal();
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared' });
  });
});

describe('stuck: needs a person', () => {
  it('after five failures of its own, not after four', async () => {
    await leakFailing(403);
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i += 1) {
      await sweepOnce(world, { random: () => 0 });
      seen.push(await stuck());
      await world.timePasses(MINUTE);
    }
    expect(seen).toEqual([0, 0, 0, 0, 1]);
  });

  it("half an hour after its first failure, though all were the control plane's, and later ones put nothing off", async () => {
    await leakFailing(500);
    const seen: unknown[] = [];
    for (const minutes of [0, 15, 14, 1]) {
      await world.timePasses(minutes * MINUTE);
      await sweepOnce(world);
      seen.push(await stuck());
    }
    expect(seen).toEqual([0, 0, 0, 1]);
  });

  it('is tried again all the same, and is no longer counted once it is stopped', async () => {
    await leakFailing(500);
    await sweepOnce(world);
    await world.timePasses(31 * MINUTE);
    await sweepOnce(world);
    expect(await stuck()).toBe(1);
    world.controlPlane.heal();
    await world.timePasses(MINUTE);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared' });
    expect(await stuck()).toBe(0);
    expect(stops(world)).toHaveLength(3);
  });

  it('one that has only waited is not stuck, however long', async () => {
    await world.leak();
    await world.observe();
    await world.timePasses(24 * 60 * MINUTE);
    await sweepOnce(world, { settings: { disabledReason: 'not today' } });
    expect(await stuck()).toBe(0);
  });

  it('shared is stuck at once, and says which live workspace', async () => {
    const leaked = await world.leak();
    const live = await world.platform.create('dev-7');
    await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [
      live.id,
      leaked.instance_id,
    ]);
    await sweepOnce(world);
    expect(await world.sweeps()).toMatchObject([{ open: 1, stuck: 1 }]);
    expect((await world.orphan(leaked.id)).last_message).toBe(
      `The live workspace dev-7 (${live.id}) names the same instance: not called.`,
    );
  });

  it('stopped_live is stuck at once, and never stopped again', async () => {
    const leaked = await world.leak();
    world.controlPlane.onStop(leaked.instance_id ?? '', async () => void (await world.platform.restore(leaked.id)));
    await sweepOnce(world);
    await world.timePasses(7_200_000);
    expect(await sweepOnce(world, { trigger: 'manual' })).toMatchObject({ result: 'nothing_to_do' });
    expect(await world.sweeps()).toMatchObject([{ stuck: 1 }, { open: 1, stuck: 1 }]);
    expect(stops(world)).toHaveLength(1);
  });
});
