import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { BY_ITSELF } from '../../server/sweep/audit.ts';
import { createLoop } from '../../server/sweep/loop.ts';
import type { Begun, ManualRequest, Schedule } from '../../server/sweep/schedule.ts';
import type { SweepEnd } from '../../server/sweep/store.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { gate, startAfresh } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const ALL: ManualRequest = { workspaceIds: null, expected: null, dryRun: false, drain: false };

let world: World;
let clock: FakeClock;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  clock = createFakeClock();
});

interface Running {
  /** Called at the start of each sweep, while the loop waits for it. */
  readonly during?: (begun: Begun, told: AbortSignal) => Promise<void>;
  readonly schedule?: Schedule;
}

/** A loop over the real schedule; what it ran, in order, and how many sweeps there were at once at most. */
function startLoop({ during = async () => undefined, schedule = world.schedule }: Running = {}) {
  const ran: string[] = [];
  let atOnce = 0;
  let most = 0;
  let looks = 0;
  const loop = createLoop({
    clock,
    schedule: {
      ...schedule,
      beginQueued: () => {
        looks += 1;
        return schedule.beginQueued();
      },
    },
    repeats: world.repeats,
    intervalMs: 60_000,
    afterSweep: async () => undefined,
    run: async (begun, _takenMs, told): Promise<SweepEnd> => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      ran.push(begun.trigger);
      try {
        await during(begun, told);
        return await world.run(begun);
      } finally {
        atOnce -= 1;
      }
    },
  });
  loop.start();
  onTestFinished(() => loop.stop());
  return { loop, ran, most: () => most, looks: () => looks };
}

const resting = () => until(() => clock.waiting() === 1, { what: 'the loop to rest' });

/** The loop has slept through nothing: it has looked once more and rests again. */
async function looksAgain(looks: () => number, move: () => void): Promise<void> {
  await resting();
  const before = looks();
  move();
  await until(() => looks() > before && clock.waiting() === 1, { what: 'another look' });
}

describe('promise 10: it never stops trying: the loop', () => {
  it('never runs two sweeps at once, and counts the interval from the end of the last', async () => {
    const held = gate();
    const { ran, most, looks } = startLoop({ during: () => held.opened });
    await until(() => ran.length === 1, { what: 'the sweep at boot' });
    clock.advance(600_000);
    expect([ran, looks()]).toEqual([['boot'], 1]);
    held.open();
    await looksAgain(looks, () => clock.advance(59_999));
    expect(ran, 'the ten ticks that fell into the sweep are not made up for').toEqual(['boot']);
    clock.advance(1);
    await until(() => ran.length === 2, { what: 'the next tick' });
    expect([ran, most()]).toEqual([['boot', 'interval'], 1]);
  });

  it('survives a sweep that throws: the next tick sweeps, and what was left running is ended as interrupted', async () => {
    let throwing = true;
    const during = async () => {
      if (throwing) throw new Error('out of luck');
    };
    const { ran } = startLoop({ during });
    await until(() => ran.length === 1, { what: 'the sweep at boot' });
    throwing = false;
    await resting();
    clock.advance(1_000);
    await resting();
    expect(ran).toHaveLength(1);
    clock.advance(60_000);
    await until(async () => (await world.sweeps()).at(1)?.result === 'nothing_to_do', { what: 'the next tick' });
    expect((await world.sweeps()).map(({ trigger, result }) => [trigger, result])).toEqual([
      ['boot', 'interrupted'],
      ['interval', 'nothing_to_do'],
    ]);
  });

  it('stop() tells the sweep under way, waits for it, and none starts any more', async () => {
    const held = gate();
    let signal: AbortSignal | undefined;
    const { loop, ran } = startLoop({
      during: async (_begun, told) => {
        signal = told;
        await held.opened;
      },
    });
    await until(() => signal, { what: 'the sweep at boot' });
    expect(signal?.aborted).toBe(false);
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await world.schedule.enqueue(ALL, BY_ITSELF);
    expect([signal?.aborted, stopped]).toEqual([true, false]);
    held.open();
    await stopping;
    expect((await world.sweeps()).map(({ trigger, result }) => [trigger, result])).toEqual([
      ['boot', 'nothing_to_do'],
      ['manual', 'queued'],
    ]);
    clock.advance(600_000);
    loop.wake();
    expect([ran, clock.waiting()]).toEqual([['boot'], 0]);
  });

  it('stop() does not wait for a tick when nothing is under way, nor before the start', async () => {
    const { loop } = startLoop();
    await resting();
    await loop.stop();
    expect(clock.waiting()).toBe(0);
    const never = createLoop({
      clock,
      schedule: world.schedule,
      repeats: world.repeats,
      intervalMs: 60_000,
      run: () => Promise.reject(new Error('it was never started')),
      afterSweep: async () => undefined,
    });
    await never.stop();
  });
});

describe('the loop and a sweep that a person asked for', () => {
  it('runs it within a second, and before the tick that is due with it, which is not put off', async () => {
    const { ran } = startLoop();
    await resting();
    await world.schedule.enqueue(ALL, BY_ITSELF);
    clock.advance(1_000);
    await until(() => ran.length === 2, { what: 'the manual sweep' });
    await resting();
    await world.schedule.enqueue(ALL, BY_ITSELF);
    clock.advance(59_000);
    await until(() => ran.length === 4, { what: 'both' });
    expect(ran).toEqual(['boot', 'manual', 'manual', 'interval']);
  });

  it('runs it at once when woken, without any time going by', async () => {
    const { loop, ran } = startLoop();
    await resting();
    await world.schedule.enqueue(ALL, BY_ITSELF);
    loop.wake();
    await until(() => ran.length === 2, { what: 'the manual sweep' });
    expect([ran, clock.monotonicMs()]).toEqual([['boot', 'manual'], 0]);
  });

  it('loses no call to wake: not one that comes during a sweep', async () => {
    const held = gate();
    const { loop, ran } = startLoop({ during: () => held.opened });
    await until(() => ran.length === 1, { what: 'the sweep at boot' });
    await world.schedule.enqueue(ALL, BY_ITSELF);
    loop.wake();
    held.open();
    await until(() => ran.length === 2, { what: 'the manual sweep' });
    expect([ran, clock.monotonicMs()]).toEqual([['boot', 'manual'], 0]);
  });

  it('loses no call to wake: not one that comes when the look has already found nothing', async () => {
    const late = gate();
    let looks = 0;
    const beginQueued = async (): Promise<Begun | null> => {
      looks += 1;
      const found = await world.schedule.beginQueued();
      // The second look: the boot sweep is over, and the loop is about to rest.
      if (looks === 2) await late.opened;
      return found;
    };
    const { loop, ran } = startLoop({ schedule: { ...world.schedule, beginQueued } });
    await until(() => looks === 2, { what: 'the look after the sweep at boot' });
    await world.schedule.enqueue(ALL, BY_ITSELF);
    loop.wake();
    late.open();
    await until(() => ran.length === 2, { what: 'the manual sweep' });
    expect([ran, clock.monotonicMs()]).toEqual([['boot', 'manual'], 0]);
  });
});

describe('promise 7: one sweep per tenant at a time', () => {
  const other = () => world.sweep({ replica: 'another' });

  it('finds the lease taken: sweeps nothing, writes nothing, and tries again when it would expire', async () => {
    await world.home.query(
      `update sweeper.tenants set lease_holder = 'another', lease_until = now() + interval '20 seconds'`,
    );
    const { loop, ran } = startLoop();
    await resting();
    expect([ran, await world.sweeps()]).toEqual([[], []]);
    expect(loop.nextTickInMs()).toBeGreaterThan(10_000);
    expect(loop.nextTickInMs()).toBeLessThanOrEqual(20_050);
    await world.timePasses(20_000);
    clock.advance(20_050);
    await until(async () => (await world.sweeps())[0]?.result === 'nothing_to_do', { what: 'the sweep at boot' });
    expect(ran).toEqual(['boot']);
  });

  it('leaves its tick out when another replica has just swept, and writes nothing; the boot sweep only needs the lease', async () => {
    await other();
    const { ran, looks } = startLoop();
    await until(() => ran.length === 1, { what: 'the sweep at boot' });
    await resting();
    await other();
    await looksAgain(looks, () => clock.advance(60_000));
    expect(ran).toEqual(['boot']);
    expect(await world.sweeps()).toHaveLength(3);
    await world.timePasses(60_000);
    clock.advance(60_000);
    await until(() => ran.length === 2, { what: 'a tick one interval later' });
    expect(ran).toEqual(['boot', 'interval']);
  });
});
