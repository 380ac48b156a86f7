import type { Sweep } from '../../../server/api/sweeps.ts';
import { OUTCOMES, type Outcome } from '../../../server/sweep/outcome.ts';

/** How far a sweep is: attempts that have ended, of those it set out to make. */
export function progressOf({ counts, claimed }: Sweep): { readonly ended: number; readonly of: number } {
  return { ended: OUTCOMES.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0), of: claimed };
}

/** It takes all there are, so that another one behind it would find nothing to try. */
export function isDraining(sweep: Sweep | null): boolean {
  return sweep?.drain === true && sweep.finishedAt === null;
}

/** The outcomes that a sweep had, in the order of the list. */
export function outcomesOf({ counts }: Pick<Sweep, 'counts'>): { readonly outcome: Outcome; readonly count: number }[] {
  return OUTCOMES.map((outcome) => ({ outcome, count: counts[outcome] ?? 0 })).filter(({ count }) => count > 0);
}
