import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../../server/db/connect.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { createFresh } from '../../server/sweep/fresh.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});

it('who has read the age before a look began, and hears it when that is over, does not look again', async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reads = 0;
  const home: Database = {
    ...world.homeDatabase,
    async transaction(run) {
      reads += 1;
      const isFirst = reads === 1;
      const answer = await world.homeDatabase.transaction(run);
      if (isFirst) await released;
      return answer;
    },
  };
  let looks = 0;
  const observe = async (): Promise<void> => {
    looks += 1;
    await world.observe();
  };
  const onError = (error: unknown): never => {
    throw error;
  };
  const fresh = createFresh({ clock: systemClock, home, tenant: 'default', observe, onError });
  // Nobody has ever looked.
  const slow = fresh.ifOld();
  await fresh.ifOld();
  expect([reads, looks]).toEqual([2, 1]);
  release();
  await slow;
  expect(looks).toBe(1);
});
