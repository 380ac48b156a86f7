import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultKind } from '../../server/demo/faults.ts';
import { createFaultyWorld, expectNothingLost, expectRecovery, type FaultyWorld } from '../support/faulty-world.ts';

let faulty: FaultyWorld;
beforeAll(async () => {
  faulty = await createFaultyWorld();
  return () => faulty.close();
});

const SPOILT: readonly FaultKind[] = [
  { kind: 'stall' },
  { kind: 'dribble', everyMs: 5 },
  { kind: 'half' },
  { kind: 'reset' },
  { kind: 'html' },
  { kind: 'redirect', location: 'http://elsewhere.example' },
  { kind: 'status', status: 200, body: '\u0000\ufffd{"state":', contentType: 'application/octet-stream' },
  { kind: 'status', status: 404, body: '<html>no such page</html>', contentType: 'text/html' },
  { kind: 'status', status: 503, body: '', headers: { connection: 'close' } },
];

/** Whatever its body is: the promise to stop it. One that is not kept is for the second look to find. */
function isAccepted(fault: FaultKind): boolean {
  return fault.kind === 'status' && fault.status === 200;
}

const CASES = SPOILT.flatMap((fault) =>
  (isAccepted(fault) ? [true] : [false, true]).map((terminates) => {
    const what = fault.kind === 'status' ? `a ${fault.status} of garbage` : fault.kind;
    return [
      what,
      terminates ? 'although the instance is gone' : 'and the instance runs on',
      fault,
      terminates,
    ] as const;
  }),
);

describe('promise 1: nothing is forgotten: a control plane that spoils every answer', () => {
  it.each(CASES)(
    'by %s, %s: no id is lost, and the next sweeps stop them all',
    async (_what, _how, fault, terminates) => {
      const staged = await faulty.stage();
      const { controlPlane } = faulty.world;
      controlPlane.failAll({ ...fault, terminates });
      const end = await faulty.sweep();
      controlPlane.heal();
      expect(end, 'a spoilt answer fails no sweep').not.toBeNull();
      const tried = (await faulty.world.attempts()).filter(
        ({ instance_id: id }) => id === staged.leaked[0]?.instance_id,
      );
      expect(tried).toMatchObject([{ outcome: isAccepted(fault) ? 'stopped' : 'failed' }]);
      await expectNothingLost(faulty, staged);
      await expectRecovery(faulty, staged);
    },
  );
});
