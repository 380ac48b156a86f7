import { getRouteApi, Link } from '@tanstack/react-router';
import { getOrphans } from '../api.ts';
import { Failure } from '../components/Failure.tsx';
import { Loading } from '../components/Loading.tsx';
import { OrphanCards } from '../components/OrphanCards.tsx';
import { OrphanTable } from '../components/OrphanTable.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { usePoll } from '../hooks/usePoll.ts';
import { useWide } from '../hooks/useWide.ts';
import { count } from '../lib/count.ts';
import { CLASS_WORDS, STATE_WORDS } from '../lib/words.ts';

const route = getRouteApi('/orphans');
const SHOWN = 50;

/** The orphans that the address asks for, a page of them. */
export function OrphansPage() {
  const search = route.useSearch();
  const wide = useWide();
  const query = new URLSearchParams({ limit: String(SHOWN), ...search });
  const { data, isError, error } = usePoll({
    queryKey: ['orphans', 'list', query.toString()],
    queryFn: ({ signal }) => getOrphans(query.toString(), signal),
  });
  const list = data?.body;
  const filtered = search.state !== undefined || search.class !== undefined;
  return (
    <div className="space-y-4">
      <PageHead
        title={list === undefined ? 'Orphans' : count(list.total, 'orphan')}
        outdated={list !== undefined && (isError || list.stale)}
        asOf={list?.observedAt ?? null}
      >
        {filtered && (
          <p className="text-sm">
            Only {search.state !== undefined && STATE_WORDS[search.state]}
            {search.class !== undefined && CLASS_WORDS[search.class]} ·{' '}
            <Link to="/orphans" className="link">
              Show all that are open
            </Link>
          </p>
        )}
      </PageHead>
      {list === undefined && isError && <Failure what="The orphans" error={error} />}
      {list === undefined && !isError && <Loading rows={8} />}
      {list !== undefined && list.items.length === 0 && (
        <p>{filtered ? 'No orphan is like that.' : 'There is no open orphan.'}</p>
      )}
      {list !== undefined && list.items.length > 0 && (
        <div className={isError || list.stale ? 'outdated' : ''}>
          {wide ? (
            <div className="card">
              <OrphanTable orphans={list.items} caption={count(list.total, 'orphan')} />
            </div>
          ) : (
            <OrphanCards orphans={list.items} />
          )}
        </div>
      )}
      {list !== undefined && list.nextCursor !== null && (
        <p className="text-sm text-soft">The {SHOWN} most urgent; there are more.</p>
      )}
    </div>
  );
}
