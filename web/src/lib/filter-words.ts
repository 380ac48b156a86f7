import type { BackendKind } from '../../../server/sweep/outcome.ts';
import { type Cause, causeWords, patternWords } from './cause-words.ts';
import type { OrphanSearch } from './orphan-search.ts';
import { CLASS_WORDS, STATE_WORDS, whyWords } from './words.ts';

/**
 * What a list is narrowed down to; empty: it is not.
 *
 * @param causes those there are now; null: not known
 */
export function filterWords(
  { state, class: failure, why, cause, q }: OrphanSearch,
  causes: readonly Cause[] | null,
  kind: BackendKind | null,
): readonly string[] {
  return [
    ...(state === undefined ? [] : [STATE_WORDS[state]]),
    ...(failure === undefined ? [] : [CLASS_WORDS[failure]]),
    ...(why === undefined ? [] : [`“${whyWords(why, kind)}”`]),
    ...(cause === undefined ? [] : [wordsOfKey(cause, causes, kind)]),
    ...(q === undefined ? [] : [`with “${q}” in the name or an id`]),
  ];
}

function wordsOfKey(key: string, causes: readonly Cause[] | null, kind: BackendKind | null): string {
  if (causes === null) return 'one cause';
  const cause = causes.find((one) => one.key === key);
  if (cause === undefined) return 'one cause that has ended';
  const pattern = cause.pattern === null ? '' : patternWords(cause.pattern);
  return `the cause ${causeWords(cause, kind)}${pattern === '' ? '' : ` “${pattern}”`}`;
}
