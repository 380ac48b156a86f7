import { KEPT_DAYS, QUIET_KEPT_DAYS, QUIET_THINNED_MINUTES } from '../../../server/sweep/outcome.ts';
import { count } from './count.ts';

/** What is no longer kept, in words: who follows an old link must not take a gap for nothing. */

const DAYS = count(KEPT_DAYS, 'day');

export const SWEEPS_KEPT =
  `Sweeps are kept for ${DAYS}; of those that found nothing, after ${count(QUIET_KEPT_DAYS, 'day')} ` +
  `one in ${QUIET_THINNED_MINUTES} min.`;

export const ACTIVITY_KEPT = `What was done is kept for ${DAYS}; what is older is gone.`;

export const ATTEMPTS_KEPT = `Attempts are kept for ${DAYS}; older ones are gone.`;

/** So old that what happened to it may be gone by now. */
export function isBeyondKept(time: string, nowMs: number): boolean {
  return nowMs - Date.parse(time) > KEPT_DAYS * 86_400_000;
}
