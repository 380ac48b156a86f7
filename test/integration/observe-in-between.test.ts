import { beforeAll, describe, expect, it } from 'vitest';
import { sweepOnly } from '../support/pasts.ts';
import { at, once } from '../support/points.ts';
import { CASES } from '../support/race-verdicts.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, type World } from '../support/world.ts';

type Case = (typeof CASES)[number];

/** An observe that sees a change before the attempt has been written concludes by itself: then there is none. */
function expectedOf({ change, point, verdict }: Case) {
  const early = (point === 'after observe' || point === 'after the claim') && !verdict.called;
  if (!early) return { ...verdict, outcomes: [verdict.outcome] };
  if (change !== 'deleted') {
    return { ...verdict, orphan: { ...verdict.orphan, last_outcome: null }, outcomes: [] };
  }
  // Kept, and stopped by the id that is kept: at once where it is claimed as such, else by the next sweep.
  return point === 'after the claim'
    ? { ...verdict, outcomes: ['superseded'] }
    : {
        called: true,
        orphan: { resolution: 'stopped', why: 'row_gone', last_outcome: 'stopped' },
        outcomes: ['stopped'],
      };
}

describe('an observe between claim, start, Stop, clear and finish', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    return () => world.close();
  });

  it.each(CASES.map((one) => [one.change, one.point, one] as const))(
    'that sees it (%s %s) changes nothing of what follows',
    async (change, point, one) => {
      const expected = expectedOf(one);
      const { id, instance_id } = await world.leak();
      const instanceId = instance_id ?? '';
      const happen = once(async () => {
        await CHANGES[change](world, id);
        await world.observe();
      });
      await sweepOnly(world, id, at(point, { world, platform: world.table, instanceId }, happen));
      const attempts = (await world.attempts()).filter((one) => one.instance_id === instanceId);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(expected.outcomes);
      const calls = world.controlPlane.calls.filter((one) => one.route === 'stop' && one.instanceId === instanceId);
      expect(calls).toHaveLength(expected.called ? 1 : 0);
      expect(await world.orphanOf(id, instanceId)).toMatchObject({ ...expected.orphan, attempt_id: null });
      // And the next one sees it as it is.
      await world.observe();
      expect(await world.orphanOf(id, instanceId)).toMatchObject(expected.orphan);
    },
  );

  it('has been tried with every change at every point', () => {
    expect(CASES).toHaveLength(56);
  });
});
