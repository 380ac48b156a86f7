import type { FailureClass, Fault, Outcome } from './outcome.ts';

/** What can be said of the backend as a whole, from what its last Stops brought. */
export const BACKEND_STATES = ['answering', 'failing', 'not_answering', 'unknown', 'not_configured'] as const;
export type BackendState = (typeof BACKEND_STATES)[number];

/** How one attempt that sent a Stop ended. */
export interface BackendAnswer {
  readonly orphanId: string;
  readonly outcome: Outcome;
  readonly class: FailureClass | null;
  readonly fault: Fault | null;
}

/** So many different orphans that fail one after another are no coincidence. */
const DIFFERENT_ORPHANS = 3;
/** These say something of the backend, whichever orphan met them. */
const WHOEVER_ASKS: ReadonlySet<FailureClass> = new Set<FailureClass>(['unreachable', 'unauthorized', 'throttled']);
const SILENT: ReadonlySet<FailureClass> = new Set<FailureClass>(['unreachable', 'timeout']);

/**
 * One orphan that always hangs must not look like an outage: a single orphan's failure, where it could be its own,
 * leaves it unknown.
 *
 * @param answers newest first
 */
export function backendState(answers: readonly BackendAnswer[]): Exclude<BackendState, 'not_configured'> {
  const [newest] = answers;
  if (newest === undefined) return 'unknown';
  const good = answers.findIndex(({ fault }) => fault !== 'control_plane');
  const streak = good === -1 ? answers : answers.slice(0, good);
  if (streak.length === 0) return 'answering';
  const different = new Set(streak.map(({ orphanId }) => orphanId)).size;
  const telling = newest.class !== null && WHOEVER_ASKS.has(newest.class);
  if (different < DIFFERENT_ORPHANS && !telling) return 'unknown';
  return newest.class !== null && SILENT.has(newest.class) ? 'not_answering' : 'failing';
}
