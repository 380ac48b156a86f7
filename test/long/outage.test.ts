import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPublishedAlgorithm } from '../bench/published-algorithm.ts';
import { breakerRow, type CountedBackend, counted, hanging, states } from '../support/outages.ts';
import { startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

const MINUTE = 60_000;
const INTERVALS = 30;
let world: World;
beforeAll(async () => {
  // How many sweeps it takes must not depend on how quick the machine is.
  world = await createWorld({ settings: { deadlineMs: 600_000 } });
  return () => world.close();
});
beforeEach(() => startAfresh(world));

interface Outage {
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
  readonly backend?: (backend: World['backend']) => World['backend'];
}

const failAll = async (status: number, headers: Readonly<Record<string, string>> = {}) =>
  world.controlPlane.failAll({ kind: 'status', status, headers });
const heal = async () => world.controlPlane.heal();
let down = false;

const OUTAGES = {
  'nobody listens': {
    begin: () => world.controlPlane.startOutage('refuse'),
    end: () => world.controlPlane.endOutage(),
  },
  'every connection is reset': {
    begin: () => world.controlPlane.startOutage('reset'),
    end: heal,
  },
  '503': { begin: () => world.controlPlane.startOutage('503'), end: heal },
  '401': { begin: () => failAll(401), end: heal },
  '429, Retry-After 200': { begin: () => failAll(429, { 'retry-after': '200' }), end: heal },
  'every call hangs': {
    begin: async () => {
      down = true;
    },
    end: async () => {
      down = false;
    },
    backend: (backend) => hanging(backend, () => down),
  },
} satisfies Record<string, Outage>;

/** Down from the start for so many sweeps, then back. Nothing may be stuck at any time. */
async function sitOut(outage: Outage, sweeps: number, apartMs: number, settings: SweepOptions['settings'] = {}) {
  const backend = counted(outage.backend?.(world.backend) ?? world.backend);
  const options: SweepOptions = { settings, backend };
  await outage.begin();
  for (let i = 0; i < sweeps; i += 1) {
    await sweepOnce(world, options);
    expect((await states(world)).stuck, `after sweep ${i + 1}`).toBe(0);
    await world.timePasses(apartMs);
    expect((await states(world)).stuck, `later than sweep ${i + 1}`).toBe(0);
  }
  await outage.end();
  return { backend, options, cost: backend.stopped.length };
}

/** Sweeps until nothing is open; none may be stuck at any time. */
async function recover(options: SweepOptions, backend: CountedBackend, most: number) {
  const stopsBySweep: number[] = [];
  while (stopsBySweep.length < most && (await world.orphans()).some((orphan) => orphan.resolved_at === null)) {
    const before = backend.stopped.length;
    await sweepOnce(world, options);
    stopsBySweep.push(backend.stopped.length - before);
    expect((await states(world)).stuck).toBe(0);
    await world.timePasses(MINUTE);
    expect((await states(world)).stuck).toBe(0);
  }
  return stopsBySweep;
}

describe('promise 5: no storms', () => {
  it('1,000 orphans and a control plane that is down for 30 intervals cost 33 Stops; then all go within 11 sweeps', async () => {
    await world.leakMany(1_000);
    const { backend, options, cost } = await sitOut(OUTAGES['nobody listens'], INTERVALS, MINUTE);
    expect(cost, 'three, then one per interval').toBeLessThanOrEqual(33);
    expect(cost, 'it never stops trying').toBeGreaterThanOrEqual(INTERVALS);
    const bySweep = await recover(options, backend, 11);
    expect(bySweep[0], 'the first Stop at the first sweep after its return').toBeGreaterThan(0);
    expect((await world.platform.rows()).filter((row) => row.instance_id !== null)).toEqual([]);

    await world.platformDatabase.query("update workspaces set instance_id = 'i-' || id");
    await world.controlPlane.startOutage('refuse');
    const published = createPublishedAlgorithm(world.platformDatabase.pool, world.controlPlane.url);
    let calls = 0;
    for (let i = 0; i < INTERVALS; i += 1) calls += await published.sweep();
    published.close();
    await world.controlPlane.endOutage();
    console.log(
      `1,000 orphans, control plane down for 30 intervals: ${cost} Stops here, ${calls} by the published algorithm; ` +
        `all cleared within ${bySweep.length} sweeps of its return.`,
    );
    expect(calls).toBe(3_000);
  }, 300_000);

  it.each(Object.entries(OUTAGES))(
    'three, then one per sweep, and none is stuck, whatever it is: %s',
    async (...of) => {
      const outage: Outage = of[1];
      await world.leakMany(30);
      const { backend, options, cost } = await sitOut(outage, 12, 3 * MINUTE, { limit: 10 });
      expect(cost).toBeLessThanOrEqual(15);
      expect(cost).toBeGreaterThanOrEqual(6);
      // Within the last Retry-After nothing is asked, whether it is back or not.
      while (((await breakerRow(world)).rest ?? 0) > 0) await world.timePasses(MINUTE);
      const bySweep = await recover(options, backend, 4);
      expect(bySweep[0]).toBe(10);
      expect((await world.orphans()).map((orphan) => orphan.resolution)).toEqual(Array(30).fill('stopped'));
      expect(await breakerRow(world)).toMatchObject({ open: false, class: null, rest: null, run: [], probes: 0 });
    },
  );

  it('one that begins in the middle of a batch costs at most that batch, then three, then one per interval', async () => {
    await world.leakMany(100);
    let sent = 0;
    const broken = hanging(world.backend, () => sent > 20);
    const backend = counted({
      ...broken,
      stop(target, request) {
        sent += 1;
        return broken.stop(target, request);
      },
    });
    const bySweep: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const before = backend.stopped.length;
      await sweepOnce(world, { backend, settings: { limit: 50 } });
      bySweep.push(backend.stopped.length - before);
      await world.timePasses(MINUTE);
    }
    expect(bySweep).toEqual([50, 3, 1, 1]);
    expect((await states(world)).stuck).toBe(0);
  });
});
