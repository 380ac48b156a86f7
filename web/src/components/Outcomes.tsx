import type { Sweep } from '../../../server/api/sweeps.ts';
import { number } from '../lib/count.ts';
import { outcomesOf } from '../lib/progress.ts';
import { OUTCOME_WORDS } from '../lib/words.ts';
import { OUTCOME_MARKS } from './icons.ts';
import { Word } from './Word.tsx';

/** The outcomes that a sweep had, counted: in a line of their own or among other words. */
export function Outcomes({ of }: { readonly of: Pick<Sweep, 'counts'> }) {
  return outcomesOf(of).map(({ outcome, count }) => (
    <Word key={outcome} mark={OUTCOME_MARKS[outcome]} word={`${OUTCOME_WORDS[outcome]} ${number(count)}`} plain />
  ));
}
