import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault as SimulatedFault } from '../../server/demo/faults.ts';
import { FAILURE_CLASSES, type FailureClass, type Fault } from '../../server/sweep/outcome.ts';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import { createJumpingClock } from '../support/fake-clock.ts';
import { movedMs, refuseClearing, startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

interface Case {
  /** What the control plane does to the orphan; null: the platform's database is what fails. */
  readonly strikes: SimulatedFault | null;
  readonly httpStatus: number | null;
  /** Whose fault: while no Stop of the sweep has succeeded, and once one has. */
  readonly alone: Fault;
  readonly afterASuccess: Fault;
}

const status = (code: number, more: Partial<SimulatedFault & { kind: 'status' }> = {}): SimulatedFault => ({
  ...more,
  kind: 'status',
  status: code,
});

/** Each class, by every way that leads to it. */
const CASES: Readonly<Record<FailureClass, readonly Case[]>> = {
  unreachable: [{ strikes: { kind: 'reset' }, httpStatus: null, alone: 'control_plane', afterASuccess: 'orphan' }],
  timeout: [
    { strikes: { kind: 'hang' }, httpStatus: null, alone: 'control_plane', afterASuccess: 'orphan' },
    { strikes: { kind: 'stall' }, httpStatus: null, alone: 'control_plane', afterASuccess: 'orphan' },
  ],
  transient: [
    { strikes: status(500), httpStatus: 500, alone: 'control_plane', afterASuccess: 'orphan' },
    { strikes: status(503), httpStatus: 503, alone: 'control_plane', afterASuccess: 'orphan' },
    { strikes: status(408), httpStatus: 408, alone: 'control_plane', afterASuccess: 'orphan' },
  ],
  throttled: [
    { strikes: status(429), httpStatus: 429, alone: 'control_plane', afterASuccess: 'control_plane' },
    {
      strikes: status(503, { headers: { 'retry-after': '5' } }),
      httpStatus: 503,
      alone: 'control_plane',
      afterASuccess: 'control_plane',
    },
  ],
  unauthorized: [{ strikes: status(401), httpStatus: 401, alone: 'control_plane', afterASuccess: 'control_plane' }],
  forbidden: [{ strikes: status(403), httpStatus: 403, alone: 'orphan', afterASuccess: 'orphan' }],
  in_progress: [{ strikes: status(409), httpStatus: 409, alone: 'orphan', afterASuccess: 'orphan' }],
  rejected: [
    { strikes: status(400), httpStatus: 400, alone: 'orphan', afterASuccess: 'orphan' },
    { strikes: status(404), httpStatus: 404, alone: 'orphan', afterASuccess: 'orphan' },
    { strikes: { kind: 'html' }, httpStatus: 200, alone: 'orphan', afterASuccess: 'orphan' },
  ],
  platform: [{ strikes: null, httpStatus: null, alone: 'nobody', afterASuccess: 'nobody' }],
};

const WAYS = FAILURE_CLASSES.flatMap((failure) =>
  CASES[failure].map((one) => [failure, one.strikes === null ? 'no recheck' : wordsOf(one.strikes), one] as const),
);

function wordsOf(fault: SimulatedFault): string {
  return fault.kind === 'status' ? `${fault.status} ${Object.keys(fault.headers ?? {}).join()}`.trim() : fault.kind;
}

/** One after another, so that who came first is certain. */
const ONE_BY_ONE = { concurrency: 1, stopTimeoutMs: 400 };

/** Has this orphan fail, and only this one. */
function strike(instanceId: string, fault: SimulatedFault | null): SweepOptions {
  if (fault !== null) {
    world.controlPlane.fail(instanceId, fault);
    return { settings: ONE_BY_ONE, random: () => 0 };
  }
  const clock = createJumpingClock();
  return {
    settings: ONE_BY_ONE,
    random: () => 0,
    clock,
    wrapPlatform: (platform) => ({
      ...platform,
      recheck: (targets) =>
        targets[0]?.instanceId === instanceId
          ? Promise.reject(new PlatformFault('failed', 'The disk is full.', new Error('disk full')))
          : platform.recheck(targets),
      // By then the answer about those that come next is too old to be used.
      clear: (target) => {
        clock.jump(1_500);
        return platform.clear(target);
      },
    }),
  };
}

describe('every failure class', () => {
  it('has a case here', () => {
    expect(Object.keys(CASES).sort()).toEqual([...FAILURE_CLASSES].sort());
    expect(FAILURE_CLASSES).toHaveLength(9);
  });

  it.each(WAYS)('%s (%s): the id is kept, and whose fault it was is judged', async (failure, _words, one) => {
    const { strikes, httpStatus, alone } = one;
    const leaked = await world.leak();
    await sweepOnce(world, strike(leaked.instance_id ?? '', strikes));
    const told = { outcome: 'failed', class: failure, fault: alone, http_status: httpStatus };
    expect(await world.attempts()).toMatchObject([told]);
    expect((await world.attempts())[0]?.message).toBeTruthy();
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    expect(await world.orphan(leaked.id)).toMatchObject({
      resolved_at: null,
      last_outcome: 'failed',
      last_class: failure,
      // Counted only when they are its own.
      failures: alone === 'orphan' ? 1 : 0,
    });
    expect(await movedMs(world, leaked.id), 'promise 4: it goes behind those that wait').toBeCloseTo(60_000, 0);
  });

  it.each(WAYS)('%s (%s): judged again once a Stop of this sweep has succeeded', async (failure, _words, one) => {
    const { strikes, afterASuccess } = one;
    const [good, bad] = await world.leakMany(2);
    const end = await sweepOnce(world, strike(bad?.instance_id ?? '', strikes));
    expect(end).toMatchObject({ result: 'partial', counts: { stopped: 1, failed: 1 } });
    expect(await world.attempts()).toMatchObject([
      { instance_id: good?.instance_id, outcome: 'stopped', class: null, fault: null },
      { instance_id: bad?.instance_id, outcome: 'failed', class: failure, fault: afterASuccess },
    ]);
    expect((await world.orphan(bad?.id ?? '')).failures).toBe(afterASuccess === 'orphan' ? 1 : 0);
  });

  it('what the sweep before has shown does not count: each sweep judges for itself', async () => {
    await world.leak();
    await sweepOnce(world);
    const leaked = await world.leak();
    world.controlPlane.fail(leaked.instance_id ?? '', status(500));
    await sweepOnce(world);
    expect((await world.attempts()).at(-1)).toMatchObject({ class: 'transient', fault: 'control_plane' });
  });
});

describe('a message', () => {
  const LONG = 'café 🧹 '.repeat(1_000);

  it('is kept to 512 bytes, in whole characters, whatever the control plane says', async () => {
    const leaked = await world.leak();
    world.controlPlane.fail(leaked.instance_id ?? '', status(500, { body: LONG, contentType: 'text/plain' }));
    await sweepOnce(world);
    const { last_message: message } = await world.orphan(leaked.id);
    expect(Buffer.byteLength(message ?? '')).toBeLessThanOrEqual(512);
    expect(message).toMatch(/^answered 500: café 🧹 /);
    expect(message).not.toContain('\u{fffd}');
    expect((await world.attempts())[0]?.message).toBe(message);
  });

  it('is kept to 512 bytes too when it is what the platform says', async () => {
    const leaked = await world.leak();
    await refuseClearing(world, leaked.instance_id ?? '', LONG);
    await sweepOnce(world);
    const { last_message: message } = await world.orphan(leaked.id);
    expect(message).toContain('café 🧹 ');
    expect(Buffer.byteLength(message ?? '')).toBeLessThanOrEqual(512);
  });

  it('never shows a credential that the control plane sent back', async () => {
    const leaked = await world.leak();
    const { sharedSecret, adminToken } = world.credentials;
    world.controlPlane.fail(leaked.instance_id ?? '', status(403, { body: `no ${sharedSecret}, no ${adminToken}` }));
    const end = await sweepOnce(world);
    const written = JSON.stringify([await world.orphans(), await world.attempts(), await world.sweeps(), end]);
    expect(written).toContain('answered 403');
    expect(written).not.toContain(sharedSecret);
    expect(written).not.toContain(adminToken);
  });
});

describe('promise 6: one bad orphan is one bad orphan', () => {
  it('ids that mean mischief are each one failed or stopped orphan, and the others go on', async () => {
    const mischief = ['.', '..', 'a\tb', '%00', 'i-1/../../admin', '🧹'.repeat(2_000), "'; drop table workspaces"];
    const leaked = await world.leakMany(mischief.length + 2);
    for (const [i, instanceId] of mischief.entries()) {
      const sql = 'update workspaces set instance_id = $2 where id = $1';
      await world.platformDatabase.query(sql, [leaked[i]?.id, instanceId]);
    }
    const end = await sweepOnce(world);
    expect(end).toMatchObject({ deferred: 0, counts: { stopped: 2 } });
    const { length: attempted } = await world.attempts();
    expect(attempted).toBe(leaked.length);
    for (const { instance_id: id } of leaked.slice(-2)) {
      expect(world.controlPlane.instance(id ?? '')?.state).toBe('terminated');
    }
    // What the control plane does not know is gone; what cannot be sent, or is too long for it, is kept.
    const kept = (await world.platform.rows()).map((row) => row.instance_id).filter((id) => id !== null);
    expect(kept.sort()).toEqual(['.', '..', '🧹'.repeat(2_000)]);
  });
});
