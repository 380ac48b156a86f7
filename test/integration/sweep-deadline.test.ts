import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createJumpingClock, type JumpingClock } from '../support/fake-clock.ts';
import { startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

const MINUTE = 60_000;
let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const ids = (rows: readonly { instance_id: string | null }[]) => rows.map((row) => row.instance_id);

/** Stands still but for its jumps. */
const standing = (): JumpingClock => createJumpingClock(undefined, () => 0);

/** One after another, each Stop taking so long by the sweep's clock. */
function slowly(stopMs: number, clock: JumpingClock = standing()): SweepOptions {
  return {
    clock,
    settings: { concurrency: 1 },
    backend: {
      ...world.backend,
      stop(target, request) {
        clock.jump(stopMs);
        return world.backend.stop(target, request);
      },
    },
  };
}

describe('the deadline', () => {
  it('no Stop starts later than the deadline less one timeout, so that it cuts none', async () => {
    const leaked = await world.leakMany(10);
    // Deadline 30 s, timeout 10 s: at 0, 6, 12 and 18 s, and not at 24.
    const end = await sweepOnce(world, slowly(6_000));
    expect(end).toMatchObject({ result: 'cleared', counts: { stopped: 4 }, deferred: 6 });
    expect(stops(world)).toEqual(ids(leaked.slice(0, 4)));
  });

  it('leaves the untried ones as they were: no attempt, no claim, their place kept, and they go first next time', async () => {
    const leaked = await world.leakMany(6);
    await sweepOnce(world, slowly(12_000));
    const open = (await world.orphans()).filter((orphan) => orphan.resolved_at === null);
    expect(ids(open)).toEqual(ids(leaked.slice(2)));
    for (const orphan of open) {
      expect(orphan).toMatchObject({ attempts: 0, claimed_by: null, next_attempt_at: orphan.first_seen_at });
    }
    expect(await world.attempts()).toHaveLength(2);
    await sweepOnce(world, slowly(12_000));
    expect(stops(world)).toEqual(ids(leaked.slice(0, 4)));
  });

  it('a look that took it all: none is tried, which is "skipped" with the reason, never "nothing to do"', async () => {
    await world.leakMany(3);
    const clock = createJumpingClock();
    const end = await sweepOnce(world, {
      clock,
      wrapPlatform: (platform) => ({
        ...platform,
        look() {
          clock.jump(25_000);
          return platform.look();
        },
      }),
    });
    expect(end).toMatchObject({ result: 'skipped', counts: {}, deferred: 3 });
    expect(end.error).toContain('the deadline or the lease came first');
    expect([stops(world), await world.attempts()]).toEqual([[], []]);
  });

  it('no Stop follows a recheck that was asked two seconds ago or more', async () => {
    await world.leakMany(2);
    const clock = createJumpingClock();
    const end = await sweepOnce(world, {
      clock,
      wrapPlatform: (platform) => ({
        ...platform,
        async recheck(targets) {
          const answer = await platform.recheck(targets);
          clock.jump(2_000);
          return answer;
        },
      }),
    });
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 2 } });
    expect(await world.attempts()).toMatchObject([{ class: 'platform' }, { class: 'platform' }]);
    expect(stops(world)).toEqual([]);
  });

  it('asks again when one answer came too late, and stops on the second', async () => {
    await world.leakMany(1);
    const clock = createJumpingClock();
    let asked = 0;
    const end = await sweepOnce(world, {
      clock,
      wrapPlatform: (platform) => ({
        ...platform,
        async recheck(targets) {
          const answer = await platform.recheck(targets);
          asked += 1;
          if (asked === 1) clock.jump(2_000);
          return answer;
        },
      }),
    });
    expect([end.counts, asked]).toEqual([{ stopped: 1 }, 2]);
  });
});

const SMALL = { stopTimeoutMs: 300, deadlineMs: 8_000 };

describe('a control plane that always hangs', () => {
  it('the sweep ends in time; three were tried, the others keep their place', async () => {
    const leaked = await world.leakMany(100);
    world.controlPlane.failAll({ kind: 'hang' });
    const beganAt = performance.now();
    const end = await sweepOnce(world, { settings: SMALL });
    expect(performance.now() - beganAt, 'deadline and five seconds').toBeLessThan(13_000);
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 3 }, deferred: 97 });
    expect((await world.attempts()).map((one) => [one.class, one.fault])).toEqual(
      Array(3).fill(['timeout', 'control_plane']),
    );
    for (const orphan of (await world.orphans()).slice(3)) {
      expect(orphan).toMatchObject({ attempts: 0, claimed_by: null, next_attempt_at: orphan.first_seen_at });
    }
    expect(ids(await world.platform.rows())).toEqual(expect.arrayContaining(ids(leaked)));
  });

  it('so it does when only the first of them answers', async () => {
    const leaked = await world.leakMany(100);
    for (const row of leaked.slice(1)) world.controlPlane.fail(row.instance_id ?? '', { kind: 'hang' });
    const beganAt = performance.now();
    const end = await sweepOnce(world, { settings: { stopTimeoutMs: 1_000, deadlineMs: 2_500 } });
    expect(performance.now() - beganAt, 'deadline and five seconds').toBeLessThan(7_500);
    // Interrupted are those that the deadline met between their start and their Stop.
    const { stopped = 0, failed = 0, interrupted = 0 } = end.counts;
    expect([stopped, stopped + failed + interrupted + end.deferred]).toEqual([1, 100]);
    expect(end.deferred, 'the deadline came first').toBeGreaterThan(0);
    const untried = (await world.orphans()).filter((orphan) => orphan.attempts === 0);
    expect(untried).toHaveLength(end.deferred);
    for (const orphan of untried) expect(orphan.next_attempt_at).toEqual(orphan.first_seen_at);
  });

  it('so it does when the backend does not even heed its signal', async () => {
    await world.leakMany(5);
    const beganAt = performance.now();
    const never = new Promise<never>(() => undefined);
    const end = await sweepOnce(world, { settings: SMALL, backend: { ...world.backend, stop: () => never } });
    expect(performance.now() - beganAt).toBeLessThan(13_000);
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 3 }, deferred: 2 });
    expect((await world.attempts()).map((one) => one.class)).toEqual(['timeout', 'timeout', 'timeout']);
  });
});

describe('promise 4: those that always hang cannot keep the others waiting', () => {
  it('the good ones behind them are all cleared, and none of those that hang is given up', async () => {
    const leaked = await world.leakMany(45);
    const hanging = leaked.slice(0, 30);
    for (const row of hanging) world.controlPlane.fail(row.instance_id ?? '', { kind: 'hang' });
    const kept = async () => ids((await world.platform.rows()).filter((row) => row.instance_id !== null));
    for (let i = 0; i < 20 && (await kept()).length > hanging.length; i += 1) {
      await sweepOnce(world, { settings: { ...SMALL, limit: 15 }, random: () => 0 });
      await world.timePasses(MINUTE);
    }
    expect((await kept()).sort()).toEqual(ids(hanging).sort());
  }, 120_000);
});
