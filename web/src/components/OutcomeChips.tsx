import { Link } from '@tanstack/react-router';
import type { Sweep } from '../../../server/api/sweeps.ts';
import { OUTCOMES, type Outcome } from '../../../server/sweep/outcome.ts';
import { number } from '../lib/count.ts';
import { OUTCOME_WORDS } from '../lib/words.ts';
import { OUTCOME_MARKS } from './icons.ts';
import { Word } from './Word.tsx';

interface OutcomeChipsProps {
  readonly sweep: Sweep;
  /** What is shown of them; undefined: all. */
  readonly outcome: Outcome | undefined;
}

/** The outcomes that a sweep had, counted over all its attempts: each leads to the attempts that ended so. */
export function OutcomeChips({ sweep, outcome }: OutcomeChipsProps) {
  const had = OUTCOMES.filter((one) => one === outcome || (sweep.counts[one] ?? 0) > 0);
  if (had.length === 0) return null;
  const look = (current: boolean) => ({
    'aria-current': current ? ('page' as const) : undefined,
    className: `button px-3 text-sm sm:min-h-9 ${current ? 'border-accent bg-info-wash' : ''}`,
    // Of all that are shown, a later page as well.
    activeOptions: { exact: true, includeSearch: true },
    resetScroll: false,
  });
  const params = { sweepId: sweep.id };
  return (
    <nav aria-label="Outcome" className="flex flex-wrap gap-2">
      <Link to="/sweeps/$sweepId" params={params} search={{}} {...look(outcome === undefined)}>
        All
      </Link>
      {had.map((one) => (
        <Link key={one} to="/sweeps/$sweepId" params={params} search={{ outcome: one }} {...look(outcome === one)}>
          <Word mark={OUTCOME_MARKS[one]} word={`${OUTCOME_WORDS[one]} ${number(sweep.counts[one] ?? 0)}`} plain />
        </Link>
      ))}
    </nav>
  );
}
