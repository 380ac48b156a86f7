import { getRouteApi, Link } from '@tanstack/react-router';
import type { SweepListAnswer } from '../../../server/api/sweeps.ts';
import { ApiError, getSweepList } from '../api.ts';
import { Failure } from '../components/Failure.tsx';
import { Loading } from '../components/Loading.tsx';
import { NoSuchPage } from '../components/NoSuchPage.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { PageLinks } from '../components/PageLinks.tsx';
import { SweepFilters } from '../components/SweepFilters.tsx';
import { SweepHistory } from '../components/SweepHistory.tsx';
import { useCameAt } from '../hooks/useCameAt.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { SWEEPS_KEPT } from '../lib/kept.ts';
import { type SweepSearch, sweepQuery, sweepSearch } from '../lib/sweep-search.ts';

const route = getRouteApi('/sweeps');

/** What sweeps did, newest first; runs of those that found nothing are one line. */
export function SweepsPage() {
  const search = sweepSearch({ ...route.useSearch() });
  const navigate = route.useNavigate();
  const query = sweepQuery(search);
  const poll = usePoll({
    queryKey: ['sweeps', 'list', query],
    queryFn: ({ signal }) => getSweepList(query, signal),
  });
  const { data, error } = poll;
  const list = data?.body;
  const outdated = useOutdated(poll);
  const cameAt = useCameAt(data);
  const later = search.after !== undefined;
  return (
    <div className="space-y-4">
      <PageHead title="Sweeps" outdated={outdated && cameAt !== null} asOf={cameAt} />
      <SweepFilters search={search} onChange={(next) => void navigate({ search: next })} />
      {later && list !== undefined && <p className="text-sm text-soft">Not the newest: a later page of the list.</p>}
      {list === undefined && error !== null && <NotRead error={error} />}
      {list === undefined && error === null && <Loading rows={8} />}
      {list !== undefined && (
        <div className={`space-y-4 ${outdated ? 'outdated' : ''}`}>
          <SweepHistory list={list} search={search} />
          {list.items.length === 0 && <Nothing list={list} search={search} />}
        </div>
      )}
      {list?.nextCursor === null && <p className="text-sm text-soft">{SWEEPS_KEPT}</p>}
      {list !== undefined && <PageLinks later={later} next={list.nextCursor} />}
    </div>
  );
}

function NotRead({ error }: { readonly error: Error }) {
  if (error instanceof ApiError && error.code === 'invalid_cursor') return <NoSuchPage />;
  return <Failure what="The sweeps" error={error} />;
}

/** Why none is listed: none of that kind, none that found anything, or none at all. */
function Nothing({ list, search }: { readonly list: SweepListAnswer; readonly search: SweepSearch }) {
  if (search.trigger !== undefined || search.result !== undefined) {
    return (
      <p>
        No sweep {list.quietAfter ? 'like that found anything' : 'is like that'}.{' '}
        <Link to="/sweeps" className="link">
          Show all sweeps
        </Link>
      </p>
    );
  }
  if (search.after !== undefined) return <p>There is no older sweep.</p>;
  return <p>{list.quietAfter ? 'No sweep has found anything.' : 'There has been no sweep yet.'}</p>;
}
