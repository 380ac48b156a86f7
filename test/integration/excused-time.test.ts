import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endHold, hold } from '../../server/sweep/hold.ts';
import { pause, resume } from '../../server/sweep/pause.ts';
import { ANNA, minutesFromNow } from '../support/acting.ts';
import { startAfresh } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

const STEP_MINUTES = 5;

let world: World;
let workspaceId: string;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  workspaceId = (await world.leak()).id;
  await world.observe();
});

/** What happens, one thing after another, five minutes apart. */
type Step = 'fails' | 'hold' | 'hold ends' | 'pause' | 'pause ends';

/** All orders in which a hold and a pause can begin and end. */
const ORDERS: readonly (readonly Step[])[] = [
  ['hold', 'hold ends', 'pause', 'pause ends'],
  ['hold', 'pause', 'hold ends', 'pause ends'],
  ['hold', 'pause', 'pause ends', 'hold ends'],
  ['pause', 'hold', 'hold ends', 'pause ends'],
  ['pause', 'hold', 'pause ends', 'hold ends'],
  ['pause', 'pause ends', 'hold', 'hold ends'],
];

const SCENARIOS = ORDERS.flatMap((order) =>
  [...order.keys(), order.length].map((at) => [...order.slice(0, at), 'fails' as const, ...order.slice(at)]),
);

/** Between the first failure and the end, the minutes in which a hold or a pause was in force. */
function excusedMinutes(steps: readonly Step[]): number {
  const open = new Set<string>();
  let failed = false;
  let minutes = 0;
  for (const step of steps) {
    if (step === 'fails') failed = true;
    else if (step.endsWith(' ends')) open.delete(step.replace(' ends', ''));
    else open.add(step);
    if (failed && open.size > 0) minutes += STEP_MINUTES;
  }
  return minutes;
}

const fail = () =>
  world.home.query(`update sweeper.orphans set stuck_at = now() + interval '30 minutes', last_outcome = 'failed'`);

/** How many minutes were added to `stuck_at`, given how many have passed since the first failure. */
async function addedMinutes(sinceFailure: number): Promise<number> {
  const { rows } = await world.home.query<{ minutes: number }>(
    `select (extract(epoch from stuck_at - now()) / 60)::float8 as minutes from sweeper.orphans`,
  );
  return (rows[0]?.minutes ?? Number.NaN) - 30 + sinceFailure;
}

const later = () => world.timePasses(STEP_MINUTES * 60_000);
/** Half a step: a busy machine takes its time, too, but not so much. */
const NEARLY = { within: STEP_MINUTES / 2 };

function expectNearly(measured: number, wanted: number, what: string): void {
  expect(Math.abs(measured - wanted), `${what}: ${measured} instead of ${wanted} min`).toBeLessThan(NEARLY.within);
}

describe('time in which nothing could be stopped is added to stuck_at, each moment once', () => {
  it('in every order of a hold, a pause and the first failure', () => {
    expect(new Set(SCENARIOS.map((steps) => steps.join())).size).toBe(30);
  });

  it.each(SCENARIOS.map((steps) => [steps.join(', '), steps] as const))('%s', async (name, steps) => {
    const acts: Readonly<Record<Step, () => Promise<unknown>>> = {
      fails: fail,
      hold: () => hold(world.homeDatabase, 'default', ANNA, workspaceId, minutesFromNow(600)),
      'hold ends': () => endHold(world.homeDatabase, 'default', ANNA, workspaceId),
      pause: () => pause(world.homeDatabase, 'default', ANNA, minutesFromNow(600)),
      'pause ends': () => resume(world.homeDatabase, 'default', ANNA),
    };
    for (const step of steps) {
      await acts[step]();
      await later();
    }
    const sinceFailure = (steps.length - steps.indexOf('fails')) * STEP_MINUTES;
    expectNearly(await addedMinutes(sinceFailure), excusedMinutes(steps), name);
  });
});

describe('what has run out long before anybody notices is added up to its true end', () => {
  it.each(ORDERS.map((order) => [order.join(', '), order] as const))('%s', async (name, order) => {
    await fail();
    await later();
    const endOf = (step: Step, at: number) =>
      minutesFromNow((order.indexOf(step === 'hold' ? 'hold ends' : 'pause ends') - at) * STEP_MINUTES);
    for (const [at, step] of order.entries()) {
      // Nobody looks meanwhile: whatever ends does so unnoticed, unless another act comes by.
      if (step === 'hold') await hold(world.homeDatabase, 'default', ANNA, workspaceId, endOf(step, at));
      if (step === 'pause') await pause(world.homeDatabase, 'default', ANNA, endOf(step, at));
      await later();
    }
    await world.schedule.tick('interval');
    expectNearly(await addedMinutes((1 + order.length) * STEP_MINUTES), excusedMinutes(['fails', ...order]), name);
  });

  it('and until it is noticed nobody is called for it', async () => {
    await fail();
    await hold(world.homeDatabase, 'default', ANNA, workspaceId, minutesFromNow(20));
    await world.timePasses(31 * 60_000);
    const stuck = async () => {
      await world.sweep({ trigger: 'manual', workspaceIds: [] });
      const sweeps = await world.sweeps();
      return sweeps.at(-1)?.stuck;
    };
    expect(await stuck()).toBe(0);
    await world.schedule.tick('interval');
    await world.timePasses(18 * 60_000);
    expect(await stuck()).toBe(0);
    await world.timePasses(2 * 60_000);
    expect(await stuck()).toBe(1);
  });
});

describe('what needs a person already', () => {
  it.each(['hold', 'pause'])('still does after a %s', async (which) => {
    await world.home.query(
      `update sweeper.orphans set stuck_at = now() - interval '1 second', last_outcome = 'shared'`,
    );
    if (which === 'hold') {
      await hold(world.homeDatabase, 'default', ANNA, workspaceId, minutesFromNow(60));
      await later();
      await endHold(world.homeDatabase, 'default', ANNA, workspaceId);
    } else {
      await pause(world.homeDatabase, 'default', ANNA, minutesFromNow(60));
      await later();
      await resume(world.homeDatabase, 'default', ANNA);
    }
    const { rows } = await world.home.query(
      'select stuck_at < now() - make_interval(mins => 5) as stuck from sweeper.orphans',
    );
    expect(rows).toEqual([{ stuck: true }]);
  });

  it('a hold that is replaced counts on without a gap', async () => {
    await fail();
    for (let n = 0; n < 3; n++) {
      await hold(world.homeDatabase, 'default', ANNA, workspaceId, minutesFromNow(60));
      await later();
    }
    await endHold(world.homeDatabase, 'default', ANNA, workspaceId);
    expectNearly(await addedMinutes(15), 15, 'three holds');
  });
});
