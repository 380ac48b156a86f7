import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { Act } from '../../server/sweep/audit.ts';
import { hold } from '../../server/sweep/hold.ts';
import { pause } from '../../server/sweep/pause.ts';
import { at, once, POINTS, type Point } from '../support/points.ts';
import { startAfresh, stops } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

const ANNA: Act = { actor: 'Anna', verified: false, address: null, requestId: null, reason: 'migration' };
const inAnHour = () => new Date(Date.now() + 3_600_000);

/** What a person, or another replica's observe, does while a sweep runs. The first orphan is the one it is about. */
const ACTS = {
  hold: async (world, first) => void (await hold(world.homeDatabase, 'default', ANNA, first.id, inAnHour())),
  pause: async (world) => void (await pause(world.homeDatabase, 'default', ANNA, inAnHour())),
  brake: async (world) => {
    await world.leak();
    await world.observe({ settings: { surgeLimit: 0 } });
  },
  cancel: async (world) => {
    const [running] = (await world.sweeps()).filter((one) => one.result === 'running');
    await world.schedule.cancel(running?.id ?? '', ANNA);
  },
} satisfies Record<string, (world: World, first: WorkspaceRow) => Promise<void>>;
type ActName = keyof typeof ACTS;
const ACT_NAMES: readonly ActName[] = ['hold', 'pause', 'brake', 'cancel'];

/** The sweep has begun its first attempt by then; with one at a time the second waits until that is written down. */
const begunBy = (point: Point): number => (point === 'after observe' || point === 'after the claim' ? 0 : 1);

const SENTENCES: Readonly<Record<Exclude<ActName, 'hold'>, RegExp>> = {
  pause: /^Paused by Anna until .*: migration$/,
  brake: /^Stopped by the safety brake/,
  cancel: /^Cancelled/,
};

const CASES = ACT_NAMES.flatMap((act) =>
  POINTS.flatMap((point) => (['boot', 'manual'] as const).map((trigger) => [act, point, trigger] as const)),
);

describe('a hold, a pause, the brake and a cancel take effect before the next Stop of a running sweep', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    return () => world.close();
  });
  beforeEach(() => startAfresh(world));

  it.each(CASES)('%s %s of a %s sweep', async (act, point, trigger) => {
    const [first, second, third] = await world.leakMany(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('nothing has leaked');
    const ids = [first, second, third].map((row) => row.instance_id);
    const happen = once(() => ACTS[act](world, first));
    const instanceId = first.instance_id ?? '';
    const swept = await world.sweep({
      trigger,
      settings: { concurrency: 1 },
      ...at(point, { world, platform: world.table, instanceId }, happen),
    });
    const begun = begunBy(point);
    const goesOn = act === 'hold' || (act === 'pause' && trigger === 'manual');
    if (goesOn) {
      const left = act === 'hold' && begun === 0 ? ids.slice(1) : ids;
      expect(stops(world)).toEqual(left);
      const deferred = act === 'hold' && point === 'after the claim' ? 1 : 0;
      expect(swept?.end).toMatchObject({ counts: { stopped: left.length }, deferred });
      return;
    }
    expect(stops(world)).toEqual(ids.slice(0, begun));
    expect(swept?.end).toMatchObject({
      counts: begun === 0 ? {} : { stopped: begun },
      error: expect.stringMatching(SENTENCES[act]),
    });
    expect(swept?.end.result).toBe(act === 'cancel' ? 'cancelled' : begun === 0 ? 'skipped' : 'cleared');
    // What was not begun is as it was: no attempt, no claim, its place kept.
    for (const row of [first, second, third].slice(begun)) {
      const orphan = await world.orphan(row.id);
      expect(orphan).toMatchObject({ attempts: 0, claimed_by: null, last_outcome: null, resolved_at: null });
      expect(orphan.next_attempt_at).toEqual(orphan.first_seen_at);
    }
  });

  it('has been tried with every act at every point', () => {
    expect(CASES).toHaveLength(4 * 7 * 2);
  });

  it('a hold that comes after the start of its attempt lets it end, and holds what is left of the workspace', async () => {
    const row = await world.leak();
    world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 403 });
    const happen = once(() => ACTS.hold(world, row));
    const instanceId = row.instance_id ?? '';
    await world.sweep(at('during the Stop', { world, platform: world.table, instanceId }, happen));
    expect(await world.orphan(row.id)).toMatchObject({ attempts: 1, last_outcome: 'failed', resolved_at: null });
    await world.timePasses(1_800_000);
    const again = await world.sweep({ trigger: 'manual' });
    expect(again?.end.result).toBe('nothing_to_do');
    expect(stops(world)).toHaveLength(1);
  });
});
