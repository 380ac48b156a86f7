import { getRouteApi } from '@tanstack/react-router';
import type { Sweep } from '../../../server/api/sweeps.ts';
import { getSweep, getSweepAttempts } from '../api.ts';
import { AttemptList } from '../components/AttemptList.tsx';
import { Facts } from '../components/Facts.tsx';
import { Failure } from '../components/Failure.tsx';
import { OUTCOME_MARKS, RESULT_MARKS } from '../components/icons.ts';
import { Loading } from '../components/Loading.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { When } from '../components/When.tsx';
import { Word } from '../components/Word.tsx';
import { usePoll } from '../hooks/usePoll.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { number } from '../lib/count.ts';
import { duration } from '../lib/duration.ts';
import { outcomesOf, progressOf } from '../lib/progress.ts';
import { OUTCOME_WORDS, RESULT_WORDS, TRIGGER_WORDS } from '../lib/words.ts';

const route = getRouteApi('/sweeps/$sweepId');

/** One sweep: while it runs its progress, then what happened to each orphan. */
export function SweepPage() {
  const { sweepId } = route.useParams();
  const { status } = useStatus();
  const sweep = usePoll({ queryKey: ['sweep', sweepId], queryFn: ({ signal }) => getSweep(sweepId, signal) });
  const attempts = usePoll({
    queryKey: ['sweep', sweepId, 'attempts'],
    queryFn: ({ signal }) => getSweepAttempts(sweepId, signal),
  });
  return (
    <div className="space-y-4">
      <PageHead title="Sweep" outdated={sweep.data !== undefined && sweep.isError} asOf={status?.now ?? null} />
      {sweep.data === undefined && sweep.isError && <Failure what="This sweep" error={sweep.error} />}
      {sweep.data === undefined && !sweep.isError && <Loading rows={4} />}
      {sweep.data !== undefined && <SweepFacts sweep={sweep.data.body} />}
      {attempts.data !== undefined && (
        <section aria-labelledby="attempts" className="card p-4">
          <h2 id="attempts" className="font-semibold">
            What happened to each orphan
          </h2>
          {attempts.data.body.items.length === 0 && <p className="mt-2 text-sm">None was attempted.</p>}
          <AttemptList attempts={attempts.data.body.items} of="sweep" />
          {attempts.data.body.nextCursor !== null && (
            <p className="text-sm text-soft">The newest 200; there are more.</p>
          )}
        </section>
      )}
    </div>
  );
}

function SweepFacts({ sweep }: { readonly sweep: Sweep }) {
  const { ended, of } = progressOf(sweep);
  const outcomes = outcomesOf(sweep);
  return (
    <section aria-label="Facts" className="card space-y-3 p-4">
      <p className="text-base">
        <Word mark={RESULT_MARKS[sweep.result]} word={RESULT_WORDS[sweep.result]} />
        {sweep.finishedAt === null && of > 0 && ` · ${number(ended)} of ${number(of)}`}
      </p>
      {sweep.error !== null && <p className="break-words text-bad">{sweep.error}</p>}
      <ul className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {outcomes.map(({ outcome, count }) => (
          <li key={outcome}>
            <Word mark={OUTCOME_MARKS[outcome]} word={`${OUTCOME_WORDS[outcome]} ${number(count)}`} plain />
          </li>
        ))}
      </ul>
      <Facts
        facts={[
          ['Why it ran', `${TRIGGER_WORDS[sweep.trigger]}${sweep.dryRun ? ', as a dry run' : ''}`],
          ['Asked for by', sweep.requestedBy === null ? null : `${sweep.requestedBy} (unverified)`],
          ['Reason', sweep.reason],
          ['Workspaces', sweep.workspaceIds === null ? null : number(sweep.workspaceIds.length)],
          ['Asked for', <When key="when" time={sweep.requestedAt} />],
          ['Began', sweep.startedAt === null ? null : <When key="when" time={sweep.startedAt} />],
          ['Took', lengthOf(sweep)],
          ['Set out to attempt', number(of)],
          ['Put off', (sweep.counts['deferred'] ?? 0) === 0 ? null : number(sweep.counts['deferred'] ?? 0)],
          ['Left open', sweep.open === null ? null : number(sweep.open)],
          ['Of them stuck', sweep.stuck === null ? null : number(sweep.stuck)],
          ['Replica', sweep.replica],
        ]}
      />
    </section>
  );
}

function lengthOf({ startedAt, finishedAt }: Sweep): string | null {
  if (startedAt === null || finishedAt === null) return null;
  const ms = Date.parse(finishedAt) - Date.parse(startedAt);
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}
