import { Link } from '@tanstack/react-router';
import { HISTORY_WINDOWS, type HistoryWindow } from '../../../server/sweep/outcome.ts';
import { useHistory } from '../hooks/useHistory.ts';
import { nowSearch } from '../lib/now-search.ts';
import { WINDOW_WORDS } from '../lib/words.ts';
import { AsOf } from './AsOf.tsx';
import { LateHistory } from './LateHistory.tsx';

interface OrphanHistoryProps {
  readonly window: HistoryWindow;
  /** After what matters more has come. */
  readonly enabled: boolean;
}

/** How many orphans there were, over a day or a week. */
export function OrphanHistory({ window, enabled }: OrphanHistoryProps) {
  const history = useHistory(window, enabled);
  const { outdated, cameAt } = history;
  return (
    <section aria-labelledby="history" className="card p-4 print:break-inside-avoid">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h2 id="history" tabIndex={-1} className="font-semibold">
          Open and stuck orphans
        </h2>
        <span className="flex flex-wrap items-center gap-3">
          {outdated && <AsOf time={cameAt} />}
          <Windows chosen={window} />
        </span>
      </div>
      {/* Of one height before and after it has come: nothing may jump. */}
      <div className={`mt-2 min-h-88 text-sm ${outdated ? 'outdated' : ''}`}>
        <LateHistory {...history} />
      </div>
    </section>
  );
}

/** How far back. Each is an address. */
function Windows({ chosen }: { readonly chosen: HistoryWindow }) {
  return (
    <nav aria-label="How far back" className="flex gap-2">
      {HISTORY_WINDOWS.map((window) => (
        <Link
          key={window}
          to="/"
          search={nowSearch({ window })}
          activeOptions={{ exact: true, includeSearch: true }}
          aria-current={window === chosen ? 'page' : undefined}
          resetScroll={false}
          className={`button px-3 text-sm sm:min-h-9 ${window === chosen ? 'border-accent bg-info-wash' : ''}`}
        >
          {WINDOW_WORDS[window]}
        </Link>
      ))}
    </nav>
  );
}
