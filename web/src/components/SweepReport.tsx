import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import type { Sweep } from '../../../server/api/sweeps.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { count, number } from '../lib/count.ts';
import { named } from '../lib/named.ts';
import { outcomesOf, progressOf } from '../lib/progress.ts';
import { OUTCOME_WORDS, RESULT_WORDS } from '../lib/words.ts';
import { CancelButton } from './CancelButton.tsx';
import { OUTCOME_MARKS, RESULT_MARKS } from './icons.ts';
import { Word } from './Word.tsx';

/** What became of the sweep that was asked for here: in the page, until it is put away. */
export function SweepReport() {
  const { asked, dismiss } = useSweepNow();
  if (asked.stage === 'none' || asked.stage === 'asking') return null;
  return (
    <section aria-label="The sweep you asked for" className="card flex items-start gap-3 p-3 text-sm">
      <div className="min-w-0 flex-1 space-y-1">
        {asked.stage === 'refused' && (
          <p role="alert" className="text-bad">
            Not swept: {asked.message}
          </p>
        )}
        {asked.stage === 'not_known' && (
          <p role="alert">
            <strong>Not known whether it began.</strong> {asked.message} It is looked for. Pressed again, it joins and
            does not begin twice.
          </p>
        )}
        {asked.stage === 'following' && asked.sweep !== null && <Told sweep={asked.sweep} joined={asked.joined} />}
        {asked.stage === 'following' && asked.notIncluded > 0 && (
          <p>{count(asked.notIncluded, 'new orphan')} not included.</p>
        )}
      </div>
      <button
        type="button"
        onClick={dismiss}
        aria-label="Put this report away"
        className="grid size-11 shrink-0 cursor-pointer place-items-center rounded hover:bg-raised sm:size-8"
      >
        <X aria-hidden="true" className="size-4" />
      </button>
    </section>
  );
}

function Told({ sweep, joined }: { readonly sweep: Sweep; readonly joined: boolean }) {
  const { ended, of } = progressOf(sweep);
  const over = sweep.finishedAt !== null;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Word mark={RESULT_MARKS[sweep.result]} word={RESULT_WORDS[sweep.result]} />
        <span>{over ? summary(sweep) : soFar(ended, of)}</span>
        <Link to="/sweeps/$sweepId" params={{ sweepId: sweep.id }} className="link">
          See this sweep
        </Link>
        <CancelButton sweep={sweep} />
      </p>
      {sweep.cancelRequestedBy !== null && <p>Cancelled by {named(sweep.cancelRequestedBy, sweep.cancelVerified)}.</p>}
      {joined && <p className="text-soft">An equal sweep was under way already: you joined it.</p>}
      {!over && of > 0 && (
        <progress
          className="progress h-1.5 w-full"
          aria-label={`${number(ended)} of ${number(of)} orphans attempted`}
          value={ended}
          max={of}
        />
      )}
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {outcomesOf(sweep).map(({ outcome, count: times }) => (
          <li key={outcome}>
            <Word mark={OUTCOME_MARKS[outcome]} word={`${OUTCOME_WORDS[outcome]} ${number(times)}`} plain />
          </li>
        ))}
      </ul>
      {sweep.error !== null && <p className={sweep.result === 'cancelled' ? 'text-soft' : 'text-bad'}>{sweep.error}</p>}
    </>
  );
}

function soFar(ended: number, of: number): string {
  return of === 0 ? 'Looking…' : `${number(ended)} of ${number(of)} so far`;
}

/** What was cleared and what was not. */
function summary(sweep: Sweep): string {
  const { ended, of } = progressOf(sweep);
  if (of === 0) return 'There was nothing to stop.';
  if (sweep.dryRun) return `${count(sweep.counts['would_stop'] ?? 0, 'orphan')} would be stopped.`;
  const cleared = (sweep.counts['stopped'] ?? 0) + (sweep.counts['already_gone'] ?? 0);
  const left = ended === of ? '' : `, ${number(of - ended)} not attempted`;
  return `${number(cleared)} of ${number(of)} cleared${left}.`;
}
