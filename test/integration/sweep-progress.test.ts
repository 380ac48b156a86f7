import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSweep } from '../../server/sweep/sweep-list.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

describe('a sweep that is under way', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  it('shows how many it set out to attempt and what came of them so far, and counts none that is still open', async () => {
    const leaked = await world.leakMany(5);
    let answer = (): void => {};
    const last = leaked[4]?.instance_id ?? '';
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.controlPlane.onStop(last, () => held);

    const sweeping = world.sweep();
    const read = async () => {
      const [row] = await world.sweeps();
      return row === undefined ? null : readSweep(world.homeDatabase, 'default', row.id);
    };
    await until(async () => (await read())?.counts.stopped === 4, { timeoutMs: 20_000, what: 'four are stopped' });
    const running = await read();
    expect([running?.result, running?.claimed, running?.counts]).toEqual(['running', 5, { stopped: 4 }]);

    answer();
    expect((await sweeping)?.end.counts).toEqual({ stopped: 5 });
    expect((await read())?.counts).toEqual({ stopped: 5 });
  });
});
