import { useHistory } from '../hooks/useHistory.ts';
import { LateHistoryLine } from './LateHistory.tsx';

/** What the last day was, in a line, and the way to the chart of it. */
export function DayLine({ enabled }: { readonly enabled: boolean }) {
  const history = useHistory('24h', enabled);
  return (
    // Of two lines, so that nothing jumps where it takes both.
    <p className="mt-3 min-h-10 text-sm">
      <span className={history.outdated ? 'outdated' : ''}>
        <LateHistoryLine {...history} />
      </span>{' '}
      <a href="#history" className="link ml-1.5 whitespace-nowrap">
        Chart and table
      </a>
    </p>
  );
}
