import { beforeAll, describe, expect, it } from 'vitest';
import {
  createFaultyWorld,
  expectNothingLost,
  expectRecovery,
  type FaultyWorld,
  type Side,
} from '../support/faulty-world.ts';
import { at, once } from '../support/points.ts';

let faulty: FaultyWorld;
beforeAll(async () => {
  faulty = await createFaultyWorld();
  return () => faulty.close();
});

/** A client gives up a statement after 8 s, and a Stop after two; each of these waits for that. */
const SILENCES: readonly (readonly [Side, number])[] = [
  // Its lease, the claim, a start, an end.
  ...[1, 9, 14, 30].map((nth) => ['home', nth] as const),
  // The look, whether it may be cleared, a clearing.
  ...[1, 3, 6].map((nth) => ['platform', nth] as const),
  ...[1, 2].map((nth) => ['control plane', nth] as const),
];

describe('promise 10: it never stops trying: a server that takes everything and says nothing', () => {
  it.each(SILENCES)('the %s, from packet %i on: nothing is lost, and the next sweep works', async (side, nth) => {
    const way = faulty.ways[side];
    const staged = await faulty.stage();
    way.strike('silent', nth);
    const end = await faulty.sweep().finally(way.heal);
    expect(way.struck()).toBe(true);
    if (side === 'home') expect(end, 'nothing can be written down').toBeNull();
    else expect(end?.result).not.toBe('cleared');
    await expectNothingLost(faulty, staged);
    await expectRecovery(faulty, staged);
  });
});

describe('promise 10: it never stops trying: a table of ours that somebody else has locked', () => {
  it.each([
    ['orphans', 'after observe'],
    ['orphans', 'during the Stop'],
    ['attempts', 'during the Stop'],
    ['sweeps', 'during the Stop'],
    ['tenants', 'during the Stop'],
  ] as const)(
    '%s, %s: the statement is given up in time, nothing is lost, and the next sweep works',
    async (table, moment) => {
      const staged = await faulty.stage();
      const { world } = faulty;
      const instanceId = staged.leaked[0]?.instance_id ?? '';
      const blocker = await world.home.pool.connect();
      const lock = once(async () => void (await blocker.query(`begin; lock table sweeper.${table}`)));
      const end = await faulty.sweep(at(moment, { world, platform: world.table, instanceId }, lock));
      world.controlPlane.onStop(instanceId, null);
      await blocker.query('commit');
      blocker.release();
      expect(end, 'nothing can be written down').toBeNull();
      await expectNothingLost(faulty, staged);
      await expectRecovery(faulty, staged);
    },
  );
});
