import { expect, it } from 'vitest';
import { ORPHAN } from '../support/console.ts';
import { createServedWorld } from '../support/served-world.ts';
import { measureFirstData } from '../support/slow-phone.ts';

it('the Now page shows its first data on a slow phone (printed, not judged)', async () => {
  const served = await createServedWorld();
  await served.world.leakMany(14);
  served.world.controlPlane.failAll({ kind: 'status', status: 503, on: 'stop' });
  await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  const runs = await measureFirstData(served.origin, { row: ORPHAN });
  expect(runs).toHaveLength(5);
});
