import type { Orphan, OrphanListAnswer } from '../../../server/api/orphans.ts';
import { keyOf, type Selection } from './selection.ts';

/**
 * How many are in the list by now that were not when it was frozen. Where it has more pages, one that only moved up
 * looks the same: then only those count that were first seen since, or as many as there are more. At least so many.
 */
export function newSince(frozen: OrphanListAnswer, now: OrphanListAnswer, chosen: Selection['chosen']): number {
  const before = new Set(frozen.items.map(keyOf));
  const whole = frozen.items.length === frozen.total;
  const since = frozen.observedAt === null ? 0 : Date.parse(frozen.observedAt);
  const others = now.items.filter((orphan) => !before.has(keyOf(orphan)) && !chosen.has(keyOf(orphan)));
  const fresh = others.filter(({ firstSeenAt }) => whole || Date.parse(firstSeenAt) > since);
  return Math.max(fresh.length, now.total - frozen.total, 0);
}

/** Those chosen that were in the list and are not any more: resolved, or only on another page by now. */
export function missingFrom(
  frozen: OrphanListAnswer,
  now: OrphanListAnswer,
  chosen: Selection['chosen'],
): readonly Orphan[] {
  const still = new Set(now.items.map(keyOf));
  return frozen.items.filter((orphan) => chosen.has(keyOf(orphan)) && !still.has(keyOf(orphan)));
}
