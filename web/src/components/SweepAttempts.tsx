import { Download } from 'lucide-react';
import type { Sweep } from '../../../server/api/sweeps.ts';
import { ApiError, getSweepAttempts } from '../api.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { number } from '../lib/count.ts';
import { progressOf } from '../lib/progress.ts';
import { type AttemptSearch, attemptQuery } from '../lib/sweep-search.ts';
import { AttemptList } from './AttemptList.tsx';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';
import { NoSuchPage } from './NoSuchPage.tsx';
import { OutcomeChips } from './OutcomeChips.tsx';
import { PageLinks } from './PageLinks.tsx';

interface SweepAttemptsProps {
  readonly sweep: Sweep;
  readonly search: AttemptSearch;
}

/** What happened to each orphan: a page of those that ended as the address asks for. */
export function SweepAttempts({ sweep, search }: SweepAttemptsProps) {
  const query = attemptQuery(search);
  const poll = usePoll({
    queryKey: ['sweep', sweep.id, 'attempts', query],
    queryFn: ({ signal }) => getSweepAttempts(sweep.id, query, signal),
  });
  const { data, error } = poll;
  const outdated = useOutdated(poll);
  const page = data?.body;
  return (
    <section aria-labelledby="attempts" className="card space-y-3 p-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 id="attempts" className="font-semibold">
          What happened to each orphan
        </h2>
        <Export sweep={sweep} search={search} />
      </div>
      <OutcomeChips sweep={sweep} outcome={search.outcome} />
      {page === undefined && error !== null && <NotRead error={error} />}
      {page === undefined && error === null && <Loading rows={3} />}
      {page !== undefined && (
        <div className={outdated ? 'outdated' : ''}>
          {page.items.length === 0 && <p className="text-sm">{none(sweep, search)}</p>}
          <AttemptList attempts={page.items} />
        </div>
      )}
      {page !== undefined && <PageLinks later={search.after !== undefined} next={page.nextCursor} />}
    </section>
  );
}

function NotRead({ error }: { readonly error: Error }) {
  if (error instanceof ApiError && error.code === 'invalid_cursor') return <NoSuchPage />;
  return <Failure what="The attempts" error={error} />;
}

function none({ finishedAt }: Sweep, { outcome, after }: AttemptSearch): string {
  if (after !== undefined) return 'There is no older one.';
  if (outcome !== undefined) return finishedAt === null ? 'None has ended like that yet.' : 'None ended like that.';
  return finishedAt === null ? 'None yet.' : 'None was attempted.';
}

/** All that the filter shows, whatever page is looked at. */
function Export({ sweep, search: { outcome } }: SweepAttemptsProps) {
  const total = outcome === undefined ? progressOf(sweep).ended : (sweep.counts[outcome] ?? 0);
  if (total === 0) return null;
  const query = outcome === undefined ? '' : `?outcome=${outcome}`;
  return (
    <a
      href={`/api/sweeps/${encodeURIComponent(sweep.id)}/attempts.csv${query}`}
      download
      className="link inline-flex min-h-11 items-center gap-1.5 text-sm sm:min-h-8 print:hidden"
    >
      <Download aria-hidden="true" className="size-4" />
      {sweep.finishedAt === null ? 'Export so far as CSV' : `Export ${number(total)} as CSV`}
    </a>
  );
}
