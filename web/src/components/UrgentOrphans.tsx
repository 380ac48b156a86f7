import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { OrphanListAnswer } from '../../../server/api/orphans.ts';
import { urgentQuery } from '../hooks/urgentQuery.ts';
import { useBackendKind } from '../hooks/useBackend.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { useTableFits, useWide } from '../hooks/useWide.ts';
import { isOutdated } from '../lib/connection.ts';
import { count, number } from '../lib/count.ts';
import { AsOf } from './AsOf.tsx';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';
import { OrphanCards } from './OrphanCards.tsx';
import { OrphanTable } from './OrphanTable.tsx';

const CARDS = 3;

/** The orphans to look at first. They stay until an answer of the server leaves them out. */
export function UrgentOrphans() {
  const { connection, status } = useStatus();
  const wide = useWide();
  const { data, error, refetch } = usePoll(urgentQuery);
  // The verdict and the list are two answers: where they disagree, one of them is older.
  const open = status?.counts?.open ?? null;
  const listed = data?.body.total ?? null;
  useEffect(() => {
    if (open !== null && listed !== null && open !== listed) void refetch();
  }, [open, listed, refetch]);
  if (data === undefined) {
    return (
      <section aria-label="Orphans" className="card p-4">
        {error !== null ? <Failure what="The orphans" error={error} /> : <Loading rows={wide ? 6 : CARDS} />}
      </section>
    );
  }
  const outdated = error !== null || data.body.stale || isOutdated(connection);
  return <Listed list={data.body} outdated={outdated} wide={wide} />;
}

interface ListedProps {
  readonly list: OrphanListAnswer;
  readonly outdated: boolean;
  readonly wide: boolean;
}

function Listed({ list, outdated, wide }: ListedProps) {
  const { items, total, observedAt } = list;
  const kind = useBackendKind();
  const table = useTableFits();
  const shown = wide ? items : items.slice(0, CARDS);
  return (
    <section aria-labelledby="orphans" className={table ? 'card' : ''}>
      <div className={`flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 ${table ? 'p-4 pb-2' : 'pb-2'}`}>
        <h2 id="orphans" className="font-semibold">
          {total > shown.length ? `The ${shown.length} most urgent of ${number(total)} orphans` : 'Orphans'}
        </h2>
        <span className="flex items-baseline gap-3 text-sm">
          {outdated && <AsOf time={observedAt} />}
          {total > shown.length && (
            <Link to="/orphans" className="link">
              All {number(total)}
            </Link>
          )}
        </span>
        <p className="w-full text-sm text-soft">
          {kind === 'docker'
            ? 'A container whose workspace was removed. It may still be running, and its volumes still hold its data.'
            : 'An instance still recorded on a removed workspace. It may still be running, and billing.'}
        </p>
      </div>
      <div className={outdated ? 'outdated' : ''}>
        {items.length === 0 && <Nothing outdated={outdated} observedAt={observedAt} padded={table} />}
        {items.length > 0 && table && (
          <OrphanTable orphans={shown} caption={`${count(shown.length, 'orphan')}, the most urgent first`} />
        )}
        {items.length > 0 && !table && <OrphanCards orphans={shown} />}
      </div>
    </section>
  );
}

/** A zero says when it was counted; one that nobody could look at is none. */
function Nothing({
  outdated,
  observedAt,
  padded,
}: {
  readonly outdated: boolean;
  readonly observedAt: string | null;
  readonly padded: boolean;
}) {
  const words = observedAt === null ? 'The platform has not been looked at yet.' : 'There is none.';
  return <p className={`text-sm ${padded ? 'px-4 pb-4' : ''}`}>{outdated ? 'None was known then.' : words}</p>;
}
