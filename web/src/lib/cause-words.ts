import type { Status } from '../../../server/api/status.ts';
import type { BackendKind } from '../../../server/sweep/outcome.ts';
import { CLASS_WORDS, OUTCOME_WORDS, whyWords } from './words.ts';

export type Cause = NonNullable<Status['causes']>[number];

/** `400 Rejected` */
export function causeWords({ class: failure, outcome, why, httpStatus }: Cause, kind: BackendKind | null): string {
  if (why !== null) return whyWords(why, kind);
  const word = failure === null ? OUTCOME_WORDS[outcome ?? 'failed'] : CLASS_WORDS[failure];
  // Of a Stop that was accepted the status explains nothing.
  const accepted = outcome === 'stopped_live' || outcome === 'clear_failed';
  return httpStatus === null || accepted ? word : `${httpStatus} ${word}`;
}

/** What the messages of a cause have in common, without the status that is said beside it. */
export function patternWords(pattern: string): string {
  return pattern.replace(/^answered …:? ?/, '');
}
