import type { Platform } from '../../server/sweep/platform.ts';
import type { SweepOptions, World } from './world.ts';

/** Where, between observe and the end of an attempt, something else can happen; in the order of a sweep. */
export const POINTS = [
  'after observe',
  'after the claim',
  'after the start',
  'after the recheck',
  'during the Stop',
  'before the clear',
  'after the clear',
] as const;
export type Point = (typeof POINTS)[number];

/** What of a sweep there is to wrap. */
interface Wrapped {
  readonly world: World;
  /** As the sweep sees it. */
  readonly platform: Platform;
  /** Whose Stop it is, where it happens during one. */
  readonly instanceId: string;
}

/** Has something happen at that point of a sweep, each time it comes by; it goes on when that is over. */
export function at(point: Point, { world, platform, instanceId }: Wrapped, happen: () => Promise<void>): SweepOptions {
  if (point === 'during the Stop') world.controlPlane.onStop(instanceId, happen);
  return {
    wrapPlatform: (): Platform => ({
      ...platform,
      async recheck(targets) {
        const answer = await platform.recheck(targets);
        if (point === 'after the recheck') await happen();
        return answer;
      },
      async clear(target) {
        if (point === 'before the clear') await happen();
        return platform.clear(target);
      },
    }),
    wrapStore: (store) => ({
      ...store,
      async claim(request) {
        if (point === 'after observe') await happen();
        const claimed = await store.claim(request);
        if (point === 'after the claim') await happen();
        return claimed;
      },
      async start(orphan) {
        const attemptId = await store.start(orphan);
        if (point === 'after the start') await happen();
        return attemptId;
      },
      async finish(...ending) {
        if (point === 'after the clear') await happen();
        return store.finish(...ending);
      },
    }),
  };
}

/** What happens only the first time it is asked for. */
export function once(happen: () => Promise<void>): () => Promise<void> {
  let happening: Promise<void> | null = null;
  return () => {
    if (happening !== null) return Promise.resolve();
    happening = happen();
    return happening;
  };
}
