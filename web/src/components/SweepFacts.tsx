import type { Sweep } from '../../../server/api/sweeps.ts';
import { number } from '../lib/count.ts';
import { named } from '../lib/named.ts';
import { progressOf } from '../lib/progress.ts';
import { lengthOf, whyItRan } from '../lib/sweep-words.ts';
import { RESULT_WORDS } from '../lib/words.ts';
import { CancelButton } from './CancelButton.tsx';
import { CopyLink } from './CopyLink.tsx';
import { Facts } from './Facts.tsx';
import { RESULT_MARKS } from './icons.ts';
import { When } from './When.tsx';
import { Word } from './Word.tsx';

/** How far a sweep is, why it ran, and what it left. */
export function SweepFacts({ sweep }: { readonly sweep: Sweep }) {
  const { ended, of } = progressOf(sweep);
  const runs = sweep.finishedAt === null && of > 0;
  const deferred = sweep.counts['deferred'] ?? 0;
  return (
    <section aria-label="Facts" className="card space-y-3 p-4">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="text-base">
          <Word mark={RESULT_MARKS[sweep.result]} word={RESULT_WORDS[sweep.result]} />
          {runs && ` · ${number(ended)} of ${number(of)}`}
        </p>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <CopyLink look="quiet" path={`/sweeps/${encodeURIComponent(sweep.id)}`} />
          <CancelButton sweep={sweep} />
        </div>
      </div>
      {runs && (
        <progress
          className="progress h-1.5 w-full"
          aria-label={`${number(ended)} of ${number(of)} orphans attempted`}
          value={ended}
          max={of}
        />
      )}
      {sweep.error !== null && (
        <p className={`break-words ${sweep.result === 'cancelled' ? 'text-soft' : 'text-bad'}`}>{sweep.error}</p>
      )}
      <Facts
        facts={[
          ['Why it ran', whyItRan(sweep)],
          ['Asked for by', sweep.requestedBy === null ? null : named(sweep.requestedBy, sweep.requestVerified)],
          ['Reason', sweep.reason],
          ['Cancelled by', sweep.cancelRequestedAt === null ? null : <Cancelled key="cancelled" sweep={sweep} />],
          ['Workspaces', sweep.workspaceIds === null ? null : number(sweep.workspaceIds.length)],
          ['Asked for', sweep.trigger === 'manual' ? <When key="when" time={sweep.requestedAt} /> : null],
          ['Began', sweep.startedAt === null ? null : <When key="when" time={sweep.startedAt} />],
          ['Took', lengthOf(sweep)],
          ['Set out to attempt', number(of)],
          ['Put off', deferred === 0 ? null : number(deferred)],
          ['Second looks', sweep.looks === 0 ? null : number(sweep.looks)],
          ['Left open', sweep.open === null ? null : number(sweep.open)],
          ['Of them stuck', sweep.stuck === null ? null : number(sweep.stuck)],
          ['Replica', sweep.replica],
        ]}
      />
    </section>
  );
}

function Cancelled({ sweep }: { readonly sweep: Sweep }) {
  const { cancelRequestedAt, cancelRequestedBy, cancelVerified } = sweep;
  return (
    <>
      {cancelRequestedBy === null ? 'somebody without a name' : named(cancelRequestedBy, cancelVerified)}
      {cancelRequestedAt !== null && (
        <>
          , <When time={cancelRequestedAt} />
        </>
      )}
    </>
  );
}
