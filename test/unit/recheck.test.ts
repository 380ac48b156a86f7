import { describe, expect, it } from 'vitest';
import type { Platform, Target } from '../../server/sweep/platform.ts';
import { createRechecker } from '../../server/sweep/recheck.ts';
import { createSteppedClock } from '../support/stepped-clock.ts';

const target = (n: number): Target => ({ workspaceId: `w${n}`, instanceId: `i${n}` });
const refuse = (): never => {
  throw new Error('not part of a recheck');
};

function rechecking(tookMs: number, claimed: Target[] = []) {
  const clock = createSteppedClock();
  const asked: Target[][] = [];
  const platform: Platform = {
    look: refuse,
    read: refuse,
    mayClear: refuse,
    isEmpty: refuse,
    liveRows: refuse,
    clear: refuse,
    async recheck(targets) {
      asked.push([...targets]);
      await clock.delay(tookMs);
      const own = targets.map(
        ({ workspaceId, instanceId }) => [workspaceId, { workspaceId, removed: true, instanceId }] as const,
      );
      return { own: new Map(own), live: new Map(), tableEmpty: false };
    },
  };
  return { clock, asked, recheck: createRechecker(clock, platform, claimed) };
}

describe('a recheck', () => {
  it('asks once for all that are about to go', async () => {
    const { clock, asked, recheck } = rechecking(100);
    const answers = [1, 2, 3].map((n) => recheck(target(n)));
    await clock.walk(100);
    expect((await Promise.all(answers)).map(({ row }) => row?.instanceId)).toEqual(['i1', 'i2', 'i3']);
    expect(asked).toEqual([[target(1), target(2), target(3)]]);
  });

  it('also serves those that come next, while it is young', async () => {
    const { clock, asked, recheck } = rechecking(50, [target(2), target(3)]);
    const first = recheck(target(1));
    await clock.walk(50);
    await first;
    await clock.walk(400);
    expect((await recheck(target(2))).askedMs).toBe((await first).askedMs);
    expect(asked).toHaveLength(1);
  });

  it('asks for nobody twice who is asked for already', async () => {
    const all = [1, 2, 3].map(target);
    const { clock, asked, recheck } = rechecking(50, all);
    const answers = all.map(recheck);
    await clock.walk(50);
    await Promise.all(answers);
    expect(asked).toEqual([all]);
  });

  it('also serves those that are being started when it is asked: they are about to ask', async () => {
    const { clock, asked, recheck } = rechecking(50, [1, 2].map(target));
    const first = recheck(target(1));
    await clock.walk(10);
    const second = recheck(target(2));
    await clock.walk(50);
    expect((await second).askedMs).toBe((await first).askedMs);
    expect(asked).toHaveLength(1);
  });

  it('is asked again for the next one when it has got older than ten times what it took', async () => {
    const { clock, asked, recheck } = rechecking(5, [target(2)]);
    const first = recheck(target(1));
    await clock.walk(5);
    await first;
    await clock.walk(50);
    const second = recheck(target(2));
    await clock.walk(5);
    expect((await second).askedMs).toBeGreaterThan((await first).askedMs);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['cheap, for few', 5, 21],
    ['dear, for all that are left', 50, 59],
  ])('is asked for as many as it can serve before it is too old: where it is %s', async (_how, tookMs, asksFor) => {
    const { clock, asked, recheck } = rechecking(
      tookMs,
      Array.from({ length: 60 }, (_, n) => target(n)),
    );
    const first = recheck(target(0));
    await clock.walk(tookMs);
    await first;
    await clock.walk(tookMs * 10);
    const second = recheck(target(1));
    await clock.walk(tookMs);
    await second;
    expect(asked.map((targets) => targets.length)).toEqual([60, asksFor]);
  });

  it('serves nobody that it was not asked about', async () => {
    const { clock, asked, recheck } = rechecking(100);
    const first = recheck(target(1));
    await clock.walk(100);
    await first;
    const second = recheck(target(2));
    await clock.walk(100);
    expect((await second).row?.instanceId).toBe('i2');
    expect(asked).toHaveLength(2);
  });

  it('is used for no other one after a second, however long it took', async () => {
    const { clock, asked, recheck } = rechecking(900, [target(2)]);
    const first = recheck(target(1));
    await clock.walk(1_000);
    await first;
    const second = recheck(target(2));
    await clock.walk(900);
    await second;
    expect(asked).toHaveLength(2);
  });
});
