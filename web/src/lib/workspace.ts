import type { Orphan } from '../../../server/api/orphans.ts';

/** What there is to do about the orphans of one workspace. */

export function openOf(orphans: readonly Orphan[]): readonly Orphan[] {
  return orphans.filter(({ resolvedAt }) => resolvedAt === null);
}

/** The hold that is in force; one covers all of a workspace. */
export function holdOf(orphans: readonly Orphan[]): Orphan['hold'] {
  return orphans.find(({ hold }) => hold !== null)?.hold ?? null;
}

/** Those that leave only by a person's word: they are never stopped from here, or a live workspace was hit. */
export function acknowledgeable(orphans: readonly Orphan[]): readonly Orphan[] {
  return openOf(orphans).filter(({ lastOutcome, why }) => lastOutcome === 'stopped_live' || why === 'replaced');
}

/** No sweep takes these: they leave only by a person's word, or by the platform's. One without a row may become due. */
export function waitsForPerson({ why, lastOutcome, nextAttemptAt }: Orphan): boolean {
  const reportedOnly = why === 'no_row' && nextAttemptAt === null;
  return why === 'replaced' || reportedOnly || lastOutcome === 'stopped_live';
}
