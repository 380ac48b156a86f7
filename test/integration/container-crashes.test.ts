import { beforeAll, describe, expect, it } from 'vitest';
import { type ContainerWorld, createContainerWorld } from '../support/containers.ts';
import { LEASE_OVER_MS } from '../support/pasts.ts';
import { createLife, Died, mortal } from '../support/promises/mortal.ts';

/** So many calls at least does a sweep make that stops a container with two volumes: an empty run would be red. */
const FEWEST_CALLS = 20;
const MOST_CALLS = 100;
/** Longer than any backoff. */
const ALL_DUE_MS = 120 * 60_000;

let all: ContainerWorld;
beforeAll(async () => {
  all = await createContainerWorld();
  return () => all.close();
});

/** A workspace with two volumes of its own, one of another's, and a neighbour that lives. */
async function stage() {
  await all.startAfresh();
  const id = await all.addRow('removed');
  const volumes = [`ws-${id}-configs`, `ws-${id}-claude-sessions`];
  const container = all.engine.run({ name: `ws-${id}`, volumes: [...volumes, 'cache'] });
  const live = await all.addRow('online');
  const neighbour = all.engine.run({ name: `ws-${live}`, volumes: [`ws-${live}-configs`] });
  return { id, container, volumes, neighbour };
}

/** @returns whether it died */
async function sweepUntil(nth: number, effect: 'none' | 'done'): Promise<boolean> {
  const life = createLife(nth, effect);
  try {
    await all.world.sweep(mortal(life));
  } catch (error) {
    if (!(error instanceof Died)) throw error;
  }
  return life.dead();
}

describe.each(['none', 'done'] as const)('a process that dies at a call, its effect %s', (effect) => {
  it('loses neither container nor volume, wherever it dies', { timeout: 300_000 }, async () => {
    let died = 0;
    for (let nth = 1; nth <= MOST_CALLS; nth += 1) {
      const { id, container, volumes, neighbour } = await stage();
      if (!(await sweepUntil(nth, effect))) break;
      died += 1;
      await all.world.timePasses(LEASE_OVER_MS);
      await all.world.observe();
      for (let sweeps = 0; sweeps < 3; sweeps += 1) {
        await all.world.timePasses(ALL_DUE_MS);
        await all.world.sweep();
      }
      const { engine, world } = all;
      const where = `the ${nth}th call`;
      expect([engine.containers.has(container), ...volumes.map((one) => engine.volumes.has(one))], where).toEqual([
        ...[false, false, false],
      ]);
      expect([engine.containers.has(neighbour), engine.volumes.has('cache')], where).toEqual([true, true]);
      expect(await world.orphans(), where).toMatchObject([{ workspace_id: id, resolution: 'stopped' }]);
      const attempts = await world.attempts();
      expect(attempts.length, where).toBeGreaterThan(0);
      expect(attempts.filter((one) => one.outcome === null)).toEqual([]);
    }
    expect(died).toBeGreaterThanOrEqual(FEWEST_CALLS);
    expect(died).toBeLessThan(MOST_CALLS);
  });
});
