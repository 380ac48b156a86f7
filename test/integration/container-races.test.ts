import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ContainerWorld, createContainerWorld } from '../support/containers.ts';
import { at, once, POINTS, type Point } from '../support/points.ts';

let all: ContainerWorld;
beforeAll(async () => {
  all = await createContainerWorld();
  return () => all.close();
});
beforeEach(() => all.startAfresh());

/** What is left of it, and how its orphan stands. */
interface Verdict {
  readonly container: boolean;
  readonly volume: boolean;
  readonly orphan: Readonly<Record<string, unknown>>;
}

const UNTOUCHED = { container: true, volume: true };
const HALF = { container: false, volume: true };
const WHOLE = { container: false, volume: false };
const stoppedLive = { resolved_at: null, last_outcome: 'stopped_live' };
const stopped = { resolution: 'stopped', last_outcome: 'stopped' };

const restored: Readonly<Partial<Record<Point, Verdict>>> = {
  'after observe': { ...UNTOUCHED, orphan: { resolution: 'restored', last_outcome: 'superseded' } },
  'after the claim': { ...UNTOUCHED, orphan: { resolution: 'restored', last_outcome: 'superseded' } },
  'after the start': { ...UNTOUCHED, orphan: { resolution: 'restored', last_outcome: 'superseded' } },
  // Nothing fences the one moment between recheck and Stop; the volumes have a recheck of their own.
  'after the recheck': { ...HALF, orphan: stoppedLive },
  'before the clear': { ...WHOLE, orphan: stoppedLive },
  'after the clear': { ...WHOLE, orphan: stopped },
};

const deleted: typeof restored = {
  'after observe': { ...UNTOUCHED, orphan: { resolved_at: null, why: 'row_gone' } },
  'after the claim': { ...UNTOUCHED, orphan: { resolved_at: null, why: 'row_gone' } },
  'after the start': { ...UNTOUCHED, orphan: { resolved_at: null, why: 'row_gone' } },
  'after the recheck': { ...HALF, orphan: { resolved_at: null, last_outcome: 'failed', last_class: 'platform' } },
  'before the clear': { ...WHOLE, orphan: stopped },
  'after the clear': { ...WHOLE, orphan: stopped },
};

const CASES = Object.entries({ restored, deleted }).flatMap(([change, verdicts]) =>
  casesOf(verdicts).map(([point, verdict]) => ({ change, point, verdict })),
);

function casesOf(verdicts: typeof restored): [Point, Verdict][] {
  return POINTS.flatMap((point) => {
    const verdict = verdicts[point];
    return verdict === undefined ? [] : [[point, verdict] satisfies [Point, Verdict]];
  });
}

describe('a workspace whose row changes while its container is being stopped', () => {
  it('is tried at six points', () => expect(CASES).toHaveLength(12));

  it.each(CASES)('is $change $point', async ({ change, point, verdict }) => {
    const { id, container, volume } = await all.leak();
    const happen = once(() => (change === 'restored' ? all.setStatus(id, 'online') : all.deleteRow(id)));
    const wrapped = { world: all.world, platform: all.world.table, instanceId: container };
    await all.world.sweep(at(point, wrapped, happen));
    const { containers, volumes } = all.engine;
    expect({ container: containers.has(container), volume: volumes.has(volume) }).toEqual({
      container: verdict.container,
      volume: verdict.volume,
    });
    expect(await all.world.orphan(id)).toMatchObject(verdict.orphan);
    await all.world.timePasses(3_600_000);
    await all.world.sweep();
    // A workspace that lives loses nothing more; one that is gone leaves nothing behind.
    const kept = change === 'restored';
    expect(volumes.has(volume)).toBe(kept && verdict.volume);
    expect(containers.has(container)).toBe(kept && verdict.container);
    const { resolution } = await all.world.orphan(id);
    expect(resolution).toBe(kept ? (verdict.orphan['resolution'] ?? null) : 'stopped');
  });
});
