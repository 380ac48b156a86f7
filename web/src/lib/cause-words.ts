import type { Status } from '../../../server/api/status.ts';
import { CLASS_WORDS, OUTCOME_WORDS, WHY_WORDS } from './words.ts';

export type Cause = NonNullable<Status['causes']>[number];

/** `400 Rejected` */
export function causeWords({ class: failure, outcome, why, httpStatus }: Cause): string {
  if (why !== null) return WHY_WORDS[why];
  const word = failure === null ? OUTCOME_WORDS[outcome ?? 'failed'] : CLASS_WORDS[failure];
  // Of a Stop that was accepted the status explains nothing.
  const accepted = outcome === 'stopped_live' || outcome === 'clear_failed';
  return httpStatus === null || accepted ? word : `${httpStatus} ${word}`;
}

/** What the messages of a cause have in common, without the status that is said beside it. */
export function patternWords(pattern: string): string {
  return pattern.replace(/^answered …:? ?/, '');
}
