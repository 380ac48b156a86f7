import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError, getOrphans } from '../api.ts';
import { ExportLinks } from '../components/ExportLinks.tsx';
import { Failure } from '../components/Failure.tsx';
import { Found } from '../components/Found.tsx';
import { Loading } from '../components/Loading.tsx';
import { NoSuchPage } from '../components/NoSuchPage.tsx';
import { NothingListed } from '../components/NothingListed.tsx';
import { OrphanCards } from '../components/OrphanCards.tsx';
import { OrphanFilters } from '../components/OrphanFilters.tsx';
import { OrphanTable } from '../components/OrphanTable.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { PageLinks } from '../components/PageLinks.tsx';
import { ReportOfChosen } from '../components/ReportOfChosen.tsx';
import { rowsToSelect } from '../components/rowsToSelect.tsx';
import { SelectionBar } from '../components/SelectionBar.tsx';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useSelection } from '../hooks/useSelection.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { useTableFits } from '../hooks/useWide.ts';
import { count, number } from '../lib/count.ts';
import { filterWords } from '../lib/filter-words.ts';
import { exportQuery, orphanQuery, orphanSearch } from '../lib/orphan-search.ts';

const route = getRouteApi('/orphans');

/** The orphans that the address asks for, a page of them; some may be chosen, and something done with them. */
export function OrphansPage() {
  // The router hands on all that the address has, also what it does not know.
  const search = orphanSearch({ ...route.useSearch() });
  const table = useTableFits();
  const { status } = useStatus();
  const query = orphanQuery(search);
  const poll = usePoll({
    queryKey: ['orphans', 'list', query],
    queryFn: ({ signal }) => getOrphans(query, signal),
    placeholderData: keepPreviousData,
  });
  // What is still shown of another filter is no answer to this one.
  const { data, error, isPlaceholderData: looking } = poll;
  const selected = useSelection(query, looking ? undefined : data?.body);
  const [told, setTold] = useState(0);
  const list = selected.list ?? data?.body;
  const known = selected.list !== undefined;
  const selection = rowsToSelect(selected);
  const outdated = useOutdated(poll, list?.stale);
  const filters = filterWords(search, status?.causes ?? null, status?.backend.kind ?? null);
  const filtered = filters.length > 0;
  const words = selected.list === undefined ? null : count(selected.list.total, 'orphan');
  return (
    <div className={`space-y-4 ${selected.chosen.size > 0 ? 'pb-48 sm:pb-24' : ''}`}>
      <PageHead title={words ?? 'Orphans'} outdated={outdated} asOf={list?.observedAt ?? null}>
        {filtered && (
          <p className="min-w-0 text-sm break-words">
            Only {filters.join(', ')}
            <span className="print:hidden">
              {' · '}
              <Link to="/orphans" search={search.sort === undefined ? {} : { sort: search.sort }} className="link">
                Clear filters
              </Link>
            </span>
          </p>
        )}
      </PageHead>
      <ReportOfChosen told={told} />
      <OrphanFilters search={search} />
      <Found filter={exportQuery(search)} words={words === null ? null : `${words} found`} />
      {list === undefined && error !== null && <NotListed error={error} />}
      {list === undefined && error === null && <Loading rows={8} />}
      {list !== undefined && (
        <div aria-busy={!known} className={`space-y-4 ${outdated || !known ? 'outdated' : ''}`}>
          {list.items.length === 0 && !known && <p>Looking…</p>}
          {list.items.length === 0 && known && (
            <NothingListed
              filtered={filtered}
              later={search.after !== undefined}
              outdated={outdated}
              observedAt={list.observedAt}
            />
          )}
          {list.items.length > 0 && table && (
            <div className="card">
              <OrphanTable orphans={list.items} caption={words ?? 'Orphans'} selection={selection} />
            </div>
          )}
          {list.items.length > 0 && !table && <OrphanCards orphans={list.items} selection={selection} />}
        </div>
      )}
      {list !== undefined && known && (
        <div className="space-y-2">
          <PageLinks
            later={search.after !== undefined}
            next={list.nextCursor}
            words={`${search.after === undefined ? '' : 'A later page: '}${number(list.items.length)} of ${number(list.total)}`}
          />
          <ExportLinks search={search} total={list.total} />
        </div>
      )}
      <SelectionBar selected={selected} onTold={() => setTold((times) => times + 1)} />
    </div>
  );
}

function NotListed({ error }: { readonly error: Error }) {
  const noPage = error instanceof ApiError && error.code === 'invalid_cursor';
  return noPage ? <NoSuchPage /> : <Failure what="The orphans" error={error} />;
}
