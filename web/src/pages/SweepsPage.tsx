import { Link } from '@tanstack/react-router';
import { getSweeps } from '../api.ts';
import { Failure } from '../components/Failure.tsx';
import { OUTCOME_MARKS, RESULT_MARKS } from '../components/icons.ts';
import { Loading } from '../components/Loading.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { When } from '../components/When.tsx';
import { Word } from '../components/Word.tsx';
import { usePoll } from '../hooks/usePoll.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { number } from '../lib/count.ts';
import { outcomesOf } from '../lib/progress.ts';
import { OUTCOME_WORDS, RESULT_WORDS, TRIGGER_WORDS } from '../lib/words.ts';

const SHOWN = 60;

/** What the last sweeps did, newest first. */
export function SweepsPage() {
  const { status } = useStatus();
  const { data, isError, error } = usePoll({
    queryKey: ['sweeps', SHOWN],
    queryFn: ({ signal }) => getSweeps(SHOWN, signal),
  });
  const sweeps = data?.body.items;
  return (
    <div className="space-y-4">
      <PageHead title="Sweeps" outdated={sweeps !== undefined && isError} asOf={status?.now ?? null} />
      {sweeps === undefined && isError && <Failure what="The sweeps" error={error} />}
      {sweeps === undefined && !isError && <Loading rows={8} />}
      {sweeps?.length === 0 && <p>There has been no sweep yet.</p>}
      <ol className={`card divide-y divide-line px-4 text-sm empty:hidden ${isError ? 'outdated' : ''}`}>
        {sweeps?.map((sweep) => (
          <li key={sweep.id} className="flex flex-wrap items-baseline gap-x-5 gap-y-1 py-3">
            <Link to="/sweeps/$sweepId" params={{ sweepId: sweep.id }} className="link">
              <When time={sweep.requestedAt} />
            </Link>
            <Word mark={RESULT_MARKS[sweep.result]} word={RESULT_WORDS[sweep.result]} />
            <span className="text-soft">{TRIGGER_WORDS[sweep.trigger]}</span>
            {outcomesOf(sweep).map(({ outcome, count }) => (
              <Word
                key={outcome}
                mark={OUTCOME_MARKS[outcome]}
                word={`${OUTCOME_WORDS[outcome]} ${number(count)}`}
                plain
              />
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}
