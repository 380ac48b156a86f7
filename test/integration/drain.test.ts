import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Act } from '../../server/sweep/audit.ts';
import { hold } from '../../server/sweep/hold.ts';
import type { SweepStore } from '../../server/sweep/store.ts';
import { createJumpingClock } from '../support/fake-clock.ts';
import { startAfresh, stops } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

const ANNA: Act = { actor: 'Anna', verified: false, address: null, requestId: null, reason: 'the bill' };

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

/** A drain in batches of five, as whoever holds the lease runs it. */
async function drain(options: SweepOptions = {}, limit = 5) {
  const request = { workspaceIds: null, expected: null, dryRun: false, drain: true } as const;
  await world.schedule.enqueue(request, ANNA);
  const begun = await world.schedule.beginQueued();
  if (begun === null) throw new Error('the drain did not begin');
  return world.run(begun, { ...options, settings: { limit, ...options.settings } });
}

/** Something happens before the batch of this number (the first is 0) is claimed. */
const beforeBatch = (number: number, happen: () => Promise<void>) => {
  let batches = 0;
  return (store: SweepStore): SweepStore => ({
    ...store,
    async claim(request) {
      batches += 1;
      if (batches === number + 1) await happen();
      return store.claim(request);
    },
  });
};

describe('a drain', () => {
  it('stops all that is open, batch after batch, in the order in which they leaked, and says how many there are', async () => {
    const leaked = await world.leakMany(23);
    const progress: number[] = [];
    const end = await drain({
      settings: { concurrency: 1 },
      wrapStore: beforeBatch(2, async () => {
        const { rows } = await world.home.query<{ claimed: number }>('select claimed from sweeper.sweeps');
        progress.push(rows[0]?.claimed ?? 0);
      }),
    });
    expect(end).toMatchObject({ result: 'cleared', counts: { stopped: 23 }, deferred: 0, error: null });
    expect(stops(world)).toEqual(leaked.map((row) => row.instance_id));
    expect(progress).toEqual([23]);
  });

  it('tries each orphan once, whatever becomes of it', async () => {
    const leaked = await world.leakMany(12);
    for (const row of leaked.slice(0, 4)) {
      world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 403 });
    }
    const end = await drain();
    expect(end).toMatchObject({ result: 'partial', counts: { stopped: 8, failed: 4 }, deferred: 0 });
    expect(stops(world)).toHaveLength(12);
  });

  it('ignores the backoff, but neither grace nor hold', async () => {
    const leaked = await world.leakMany(3);
    const [first, second] = leaked;
    await world.observe();
    await world.home.query(`update sweeper.orphans set next_attempt_at = now() + interval '1 hour'`);
    await hold(world.homeDatabase, 'default', ANNA, first?.id ?? '', new Date(Date.now() + 3_600_000));
    await world.home.query(
      `update sweeper.orphans set first_seen_at = now() - interval '1 hour' where workspace_id = $1`,
      [second?.id],
    );
    const end = await drain({ settings: { graceMs: 60_000 } });
    expect(end).toMatchObject({ counts: { stopped: 1 }, deferred: 0 });
    expect(stops(world)).toEqual([second?.instance_id]);
  });

  it('leaves alone what appeared after its own observe', async () => {
    await world.leakMany(7);
    const end = await drain({
      wrapStore: beforeBatch(1, async () => {
        await world.leakMany(3);
        await world.observe();
      }),
    });
    expect(end).toMatchObject({ result: 'cleared', counts: { stopped: 7 }, deferred: 0 });
    expect((await world.orphans()).filter((orphan) => orphan.resolved_at === null)).toHaveLength(3);
  });

  it('gives each batch a deadline of its own: it goes on where one sweep would have ended', async () => {
    await world.leakMany(20);
    const clock = createJumpingClock();
    const end = await drain({
      clock,
      // Four batches, a minute together; no Stop of one sweep would start after 20 s.
      wrapStore: (store) => ({
        ...store,
        claim(request) {
          clock.jump(15_000);
          return store.claim(request);
        },
      }),
    });
    expect(end).toMatchObject({ result: 'cleared', counts: { stopped: 20 }, deferred: 0 });
  });

  it('ends when the breaker opens, after the batch that met it', async () => {
    const leaked = await world.leakMany(15);
    for (const row of leaked.slice(5)) world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 401 });
    const end = await drain();
    expect(end).toMatchObject({ result: 'partial' });
    expect(end.error).toMatch(/did not accept our credentials/);
    expect(stops(world).length).toBeLessThanOrEqual(10);
    expect(end.deferred).toBe(15 - stops(world).length);
  });

  it.each([
    ['a cancel', 'cancelled', /^Cancelled/],
    ['the brake', 'cleared', /^Stopped by the safety brake/],
  ] as const)('ends with %s, and says so', async (what, result, sentence) => {
    await world.leakMany(12);
    const happen = async (): Promise<void> => {
      if (what === 'the brake') {
        await world.leak();
        await world.observe({ settings: { surgeLimit: 0 } });
        return;
      }
      const [running] = await world.sweeps();
      await world.schedule.cancel(running?.id ?? '', ANNA);
    };
    const end = await drain({ wrapStore: beforeBatch(1, happen) });
    expect(end).toMatchObject({ result, counts: { stopped: 5 }, deferred: 7, error: expect.stringMatching(sentence) });
    expect(stops(world)).toHaveLength(5);
  });

  it('of nothing is nothing to do', async () => {
    expect(await drain()).toMatchObject({ result: 'nothing_to_do', counts: {}, deferred: 0 });
  });
});
