import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, StopAnswer, StopFailure } from '../../server/backends/backend.ts';
import { breakerRow, type CountedBackend, counted, HUNG, hanging, states } from '../support/outages.ts';
import { gate, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

const MINUTE = 60_000;
let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const failAll = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  world.controlPlane.failAll({ kind: 'status', status, headers });

const throttled = (retryAfterMs: number | null): StopFailure => ({
  kind: 'failed',
  class: 'throttled',
  httpStatus: 429,
  message: 'answered 429',
  retryAfterMs,
});
const ACCEPTED: StopAnswer = { kind: 'accepted', httpStatus: 200 };

/** Answers the Stops in turn; the last answer is for all that follow. */
function answering(...answers: readonly StopAnswer[]): CountedBackend {
  let sent = 0;
  const stop: Backend['stop'] = async () => {
    sent += 1;
    return answers[sent - 1] ?? answers.at(-1) ?? ACCEPTED;
  };
  return counted({ ...world.backend, stop });
}

/** One sweep that finds the control plane down: from here on the breaker is open. */
async function open(count = 3) {
  const leaked = await world.leakMany(count);
  await sweepOnce(world, { backend: answering(HUNG) });
  expect(await breakerRow(world)).toMatchObject({ open: true, class: 'timeout', probes: 0 });
  await world.timePasses(MINUTE);
  return leaked;
}

describe('what opens the breaker', () => {
  it('three different orphans in a row that fail by its fault: the rest is deferred, and it says why', async () => {
    await world.leakMany(10);
    const backend = answering(HUNG);
    const end = await sweepOnce(world, { backend });
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 3 }, deferred: 7 });
    expect(end.error).toBe('The control plane is not answering: No whole answer within 10 s.');
    expect(await breakerRow(world)).toMatchObject({ open: true, class: 'timeout', rest: null });
  });

  it('not one that always hangs, however often', async () => {
    await world.leakMany(1);
    for (let i = 0; i < 5; i += 1) {
      await sweepOnce(world, { backend: answering(HUNG) });
      expect((await breakerRow(world)).open).toBe(false);
      await world.timePasses(MINUTE);
    }
    expect(await world.attempts()).toHaveLength(5);
  });

  it('three of one sweep each, as three of one sweep: the row keeps them', async () => {
    await world.leakMany(3);
    for (const expected of [false, false, true]) {
      await sweepOnce(world, { backend: answering(HUNG), settings: { limit: 1 } });
      expect((await breakerRow(world)).open).toBe(expected);
    }
  });

  it('not with an answer between them, be it a refusal', async () => {
    await world.leakMany(5);
    const forbidden: StopAnswer = { ...HUNG, class: 'forbidden', httpStatus: 403, message: 'answered 403' };
    for (const answer of [HUNG, HUNG, forbidden, HUNG, HUNG]) {
      await sweepOnce(world, { backend: answering(answer), settings: { limit: 1 } });
      expect((await breakerRow(world)).open).toBe(false);
    }
    expect((await breakerRow(world)).run).toHaveLength(2);
  });

  it.each([
    ['401', 401, 'unauthorized'],
    ['429', 429, 'throttled'],
  ] as const)('a single %s, at once', async (_what, status, failure) => {
    await world.leakMany(5);
    failAll(status);
    const end = await sweepOnce(world, { settings: { concurrency: 1 } });
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 1 }, deferred: 4 });
    expect(await breakerRow(world)).toMatchObject({ open: true, class: failure });
    expect(stops(world)).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  const IN_A_WHILE = '300';
  /** Everything that could make a call is due: a second look, a positive control, orphans, a person. */
  async function throttle(): Promise<{ backend: CountedBackend; options: SweepOptions }> {
    const backend = counted(world.backend);
    const options: SweepOptions = { backend, settings: { secondLookMs: 1_000, positiveControl: true } };
    for (const name of ['live-1', 'live-2']) await world.platform.create(name);
    await world.leakMany(1);
    await sweepOnce(world, options);
    await world.leakMany(5);
    await world.timePasses(MINUTE);
    world.controlPlane.failAll({ kind: 'status', status: 429, headers: { 'retry-after': IN_A_WHILE }, on: 'stop' });
    await sweepOnce(world, options);
    world.controlPlane.heal();
    expect((await breakerRow(world)).rest).toBeGreaterThan(200);
    return { backend, options };
  }
  const made = ({ stopped, looked }: CountedBackend) => [stopped.length, looked.length];

  it.each([
    ['a tick', {}],
    ['another replica at its start', { replica: 'other' }],
    ['a sweep by hand', { trigger: 'manual' }],
    ['a drain', { trigger: 'manual', drain: true }],
  ] as const)('is obeyed by %s: no Stop, no look and no positive control until it is over', async (_who, how) => {
    const { backend, options } = await throttle();
    const before = made(backend);
    for (let i = 0; i < 4; i += 1) {
      const end = await sweepOnce(world, { ...options, ...how });
      expect(end).toMatchObject({ result: 'skipped', counts: {}, looks: 0 });
      expect(end.error).toMatch(/^The control plane asked not to be called before \d{4}-\d\d-\d\dT/);
      expect(made(backend)).toEqual(before);
      await world.timePasses(MINUTE);
    }
    await world.timePasses(MINUTE);
    expect(await sweepOnce(world, { ...options, ...how })).toMatchObject({ result: 'cleared', counts: { stopped: 5 } });
    expect((await breakerRow(world)).open).toBe(false);
  });

  it('is ten minutes at the most, whatever it says', async () => {
    await world.leakMany(2);
    failAll(429, { 'retry-after': '86400' });
    await sweepOnce(world, { settings: { concurrency: 1 } });
    expect((await breakerRow(world)).rest).toBeGreaterThan(590);
    await world.timePasses(9 * MINUTE);
    expect(await sweepOnce(world)).toMatchObject({ result: 'skipped' });
    await world.timePasses(MINUTE);
    expect(await sweepOnce(world)).toMatchObject({ result: 'failed', counts: { failed: 1 } });
    expect(stops(world)).toHaveLength(2);
  });

  it.each([
    ['that fail without one', HUNG],
    ['that ask for less', throttled(1_000)],
    ['that ask for nothing', throttled(null)],
    ['that succeed', ACCEPTED],
  ] as const)('is not forgotten for the answers to Stops already under way %s', async (_what, later) => {
    await world.leakMany(3);
    const asked = gate();
    let sent = 0;
    const backend: Backend = {
      ...world.backend,
      async stop() {
        sent += 1;
        if (sent === 1) return throttled(300_000);
        await asked.opened;
        return later;
      },
    };
    const sweeping = sweepOnce(world, { backend });
    await until(async () => ((await breakerRow(world)).rest ?? 0) > 200, { what: 'the first answer to be written' });
    asked.open();
    await sweeping;
    expect(await breakerRow(world)).toMatchObject({ open: true, class: 'throttled' });
    expect((await breakerRow(world)).rest).toBeGreaterThan(200);
    await world.timePasses(MINUTE);
    expect(await sweepOnce(world)).toMatchObject({ result: 'skipped' });
    expect(stops(world)).toEqual([]);
  });

  it('of no second starts no such time: the next sweep sends its probe', async () => {
    await world.leakMany(3);
    failAll(429, { 'retry-after': '0' });
    await sweepOnce(world);
    world.controlPlane.heal();
    expect(await sweepOnce(world, { trigger: 'manual' })).toMatchObject({ result: 'cleared', counts: { stopped: 3 } });
  });
});

describe('while it is open', () => {
  it.each([
    ['a tick', {}],
    ['another replica', { replica: 'other' }],
    ['a sweep by hand', { trigger: 'manual' }],
    ['a drain', { trigger: 'manual', drain: true }],
  ] as const)('%s sends one probe, and says why no more', async (_who, how) => {
    await open(20);
    const backend = answering(HUNG);
    const end = await sweepOnce(world, { backend, ...how });
    expect(end).toMatchObject({ result: 'failed', counts: { failed: 1 } });
    expect(end.error).toBe('The control plane is not answering: No whole answer within 10 s.');
    expect(backend.stopped).toHaveLength(1);
    expect((await breakerRow(world)).probes).toBe(1);
  });

  it('no second look is taken', async () => {
    const settings = { secondLookMs: 1_000 };
    await world.leakMany(1);
    await sweepOnce(world, { settings });
    await open(3);
    const backend = answering(HUNG);
    expect(await sweepOnce(world, { backend, settings })).toMatchObject({ looks: 0 });
    expect(backend.looked).toEqual([]);
    const again = answering(ACCEPTED);
    await world.timePasses(MINUTE);
    expect((await sweepOnce(world, { backend: again, settings })).looks).toBeGreaterThan(0);
  });

  it('a dry run shows all that would be stopped, and asks nothing', async () => {
    await open(5);
    const backend = answering(ACCEPTED);
    const end = await sweepOnce(world, { backend, trigger: 'manual', dryRun: true });
    expect(end).toMatchObject({ result: 'dry_run', counts: { would_stop: 5 } });
    expect([backend.stopped, (await breakerRow(world)).open]).toEqual([[], true]);
  });
});

describe('probes', () => {
  it('are in turn the newest orphan that was never tried and any that is due', async () => {
    const leaked = await open(40);
    const names = leaked.map((row) => row.instance_id);
    const probed: (string | undefined)[] = [];
    for (let i = 0; i < 6; i += 1) {
      const backend = answering(HUNG);
      await sweepOnce(world, { backend });
      probed.push(...backend.stopped);
      await world.timePasses(MINUTE);
    }
    for (const turn of [0, 2, 4]) {
      const before = probed.slice(0, turn);
      expect(probed[turn]).toBe(names.filter((name) => !before.includes(name ?? '')).at(-1));
    }
    expect(new Set([probed[1], probed[3], probed[5]]).size, 'never always the same').toBeGreaterThan(1);
  });

  it('try any that is due when all were tried', async () => {
    await open(3);
    const probed = new Set<string>();
    for (let i = 0; i < 20 && probed.size < 2; i += 1) {
      const backend = answering(HUNG);
      await sweepOnce(world, { backend });
      for (const instanceId of backend.stopped) probed.add(instanceId);
      await world.timePasses(MINUTE);
    }
    expect(probed.size, 'one that always hangs does not keep it open').toBe(2);
  });

  it('that were not called, for a workspace that lives again, are none: the next one is asked', async () => {
    const leaked = await open(10);
    const [newest] = leaked.slice(-1);
    const backend = answering(ACCEPTED);
    const end = await sweepOnce(world, {
      backend,
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          const claimed = await store.claim(request);
          if (claimed[0]?.workspaceId === newest?.id) await world.platform.restore(newest?.id ?? '');
          return claimed;
        },
      }),
    });
    expect(end).toMatchObject({ counts: { superseded: 1, stopped: 9 } });
    expect(backend.stopped).not.toContain(newest?.instance_id);
    expect((await breakerRow(world)).open).toBe(false);
  });

  it('that were not called use up the sweep all the same: it never looks at more than its limit', async () => {
    await open(10);
    const backend = answering(HUNG);
    const end = await sweepOnce(world, {
      backend,
      settings: { limit: 4 },
      wrapPlatform: (platform) => ({
        ...platform,
        recheck: async (targets) => ({
          own: new Map(
            targets.map(({ workspaceId }) => [workspaceId, { workspaceId, removed: true, instanceId: 'i-other' }]),
          ),
          live: new Map(),
          tableEmpty: false,
        }),
      }),
    });
    expect([end.counts, backend.stopped]).toEqual([{ superseded: 4 }, []]);
    expect((await breakerRow(world)).open).toBe(true);
  });
});

describe('recovery', () => {
  it('makes everything that waited for the control plane due, and not what waits for its own backoff', async () => {
    const own = (await world.leakMany(1))[0]?.instance_id ?? '';
    world.controlPlane.fail(own, { kind: 'status', status: 403 });
    for (let i = 0; i < 3; i += 1) {
      await sweepOnce(world, { random: () => 0.999 });
      await world.timePasses(4 * MINUTE);
    }
    await sweepOnce(world, { random: () => 0.999 });
    world.controlPlane.heal();
    const leaked = await world.leakMany(6);
    await sweepOnce(world, { backend: answering(HUNG) });
    // At once: those that failed by its fault are due an interval after their sweep, the first one in minutes.
    const backend = answering(ACCEPTED);
    const end = await sweepOnce(world, { backend });
    expect(end).toMatchObject({ result: 'cleared', counts: { stopped: 6 }, deferred: 0 });
    expect([...backend.stopped].sort()).toEqual(leaked.map((row) => row.instance_id).sort());
    const waiting = (await world.orphans()).find((orphan) => orphan.instance_id === own);
    expect(waiting).toMatchObject({ resolved_at: null, failures: 4 });
    expect(waiting?.next_attempt_at.getTime()).toBeGreaterThan(Date.now() + 2 * MINUTE);
  });

  it('an answer that is a refusal is one too, and the same sweep goes on to its limit', async () => {
    await open(30);
    const backend = answering({ ...HUNG, class: 'forbidden', httpStatus: 403, message: 'answered 403' }, ACCEPTED);
    const end = await sweepOnce(world, { backend, settings: { limit: 10 } });
    expect(end).toMatchObject({ result: 'partial', counts: { failed: 1, stopped: 9 }, deferred: 0, error: null });
    expect(await breakerRow(world)).toMatchObject({ open: false, class: null, run: [], probes: 0 });
  });

  it('begins slowly: three after the probe, and the full width after an answer to one of them', async () => {
    await open(30);
    const answers = gate();
    let sent = 0;
    const backend: Backend = {
      ...world.backend,
      async stop() {
        sent += 1;
        if (sent > 1) await answers.opened;
        return sent > 1 && sent <= 4 ? HUNG : ACCEPTED;
      },
    };
    let begun = 0;
    const sweeping = sweepOnce(world, {
      backend,
      wrapStore: (store) => ({
        ...store,
        start(orphan) {
          begun += 1;
          return store.start(orphan);
        },
      }),
    });
    await until(() => sent === 4, { what: 'a probe and three more' });
    // The three were begun by one turn of the sweep: had it meant to begin ten, ten would be written by now.
    expect(begun).toBe(4);
    answers.open();
    await sweeping;
    expect(begun).toBe(30);
  });

  it('that is none: it fails again after the probe, and three more are all it costs', async () => {
    await open(30);
    const backend = answering(ACCEPTED, throttled(null), HUNG, HUNG, HUNG);
    const end = await sweepOnce(world, { backend, settings: { concurrency: 1 } });
    expect(end.counts).toEqual({ stopped: 1, failed: 1 });
    expect((await breakerRow(world)).open).toBe(true);
    expect(backend.stopped).toHaveLength(2);
  });

  it('a drain goes on to the end after its probe', async () => {
    await open(25);
    const backend = answering(ACCEPTED);
    const end = await sweepOnce(world, { backend, trigger: 'manual', drain: true, settings: { limit: 10 } });
    expect(end).toMatchObject({ result: 'cleared', counts: { stopped: 25 }, deferred: 0 });
  });

  it('gives back the time that was lost: half an hour of failures counts from there', async () => {
    await open(3);
    for (let i = 0; i < 5; i += 1) {
      await world.timePasses(10 * MINUTE);
      await sweepOnce(world, { backend: answering(HUNG) });
    }
    expect((await states(world)).stuck).toBe(0);
    const hangs = (await world.orphans()).map((orphan) => orphan.instance_id).slice(0, 2);
    const backend = hanging(world.backend, (instanceId) => hangs.includes(instanceId));
    // Which one is probed is left to chance: in the end it is the one that answers.
    for (let i = 0; i < 100 && (await breakerRow(world)).open; i += 1) {
      await sweepOnce(world, { backend });
      await world.timePasses(MINUTE);
    }
    expect(await states(world)).toMatchObject({ waiting: 0, retrying: 2, stuck: 0 });
    await world.timePasses(40 * MINUTE);
    expect((await states(world)).stuck, 'from here on it counts').toBe(2);
  });
});
