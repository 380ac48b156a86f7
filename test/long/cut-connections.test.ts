import { beforeAll, describe, expect, it } from 'vitest';
import type { WayFault } from '../support/faulty-way.ts';
import {
  createFaultyWorld,
  expectNothingLost,
  expectRecovery,
  type FaultyWorld,
  type Side,
} from '../support/faulty-world.ts';
import { at, once, POINTS } from '../support/points.ts';

let faulty: FaultyWorld;
beforeAll(async () => {
  faulty = await createFaultyWorld();
  return () => faulty.close();
});

/** What a sweep of three orphans sends at least. */
const CASES: readonly (readonly [Side, WayFault, number])[] = [
  ['home', 'lost', 25],
  ['home', 'unheard', 25],
  ['platform', 'lost', 6],
  ['platform', 'unheard', 6],
  ['home', 'garbled', 25],
  ['platform', 'garbled', 6],
  ['control plane', 'lost', 3],
  ['control plane', 'unheard', 3],
  ['control plane', 'garbled', 3],
];

describe('promise 10: it never stops trying: a connection that breaks', () => {
  it.each(CASES)(
    'to the %s, a packet %s, at whatever packet of a sweep: nothing is lost, and the next sweep works',
    async (side, fault, least) => {
      const way = faulty.ways[side];
      for (let nth = 1; ; nth += 1) {
        const staged = await faulty.stage();
        way.strike(fault, nth);
        try {
          const end = await faulty.sweep();
          way.heal();
          if (side !== 'home') expect(end, 'only the home database may fail a sweep').not.toBeNull();
          await expectNothingLost(faulty, staged);
          await expectRecovery(faulty, staged);
        } catch (error) {
          throw new Error(`${side}, ${fault}, packet ${nth}`, { cause: error });
        }
        if (way.struck()) continue;
        // It has sent less than that: every packet has had its turn.
        expect(nth).toBeGreaterThan(least);
        break;
      }
    },
  );

  it.each(['home', 'platform', 'control plane'] as const)(
    'to the %s, idle and cut just as a sweep begins, costs that sweep at most',
    async (side) => {
      for (let time = 0; time < 10; time += 1) {
        const staged = await faulty.stage();
        faulty.ways[side].cut();
        await faulty.sweep();
        await expectNothingLost(faulty, staged);
        await expectRecovery(faulty, staged);
      }
    },
  );
});

describe('promise 10: it never stops trying: a server that ends all our sessions', () => {
  const CASES = (['home', 'platform'] as const).flatMap((side) => POINTS.map((point) => [side, point] as const));

  it.each(CASES)('of the %s %s: nothing is lost, and the next sweep works', async (side, point) => {
    const staged = await faulty.stage();
    const { world } = faulty;
    const [first] = staged.leaked;
    const database = side === 'home' ? world.home : world.platformDatabase;
    let ended = 0;
    const endSessions = once(async () => {
      const { rowCount } = await database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
      ended = rowCount ?? 0;
    });
    const instanceId = first?.instance_id ?? '';
    const end = await faulty.sweep(at(point, { world, platform: world.table, instanceId }, endSessions));
    world.controlPlane.onStop(instanceId, null);
    expect(ended).toBeGreaterThan(0);
    if (side === 'platform') expect(end).not.toBeNull();
    await expectNothingLost(faulty, staged);
    await expectRecovery(faulty, staged);
  });
});
