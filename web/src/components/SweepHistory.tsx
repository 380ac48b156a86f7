import { Link } from '@tanstack/react-router';
import { ChevronsUpDown } from 'lucide-react';
import type { SweepListAnswer } from '../../../server/api/sweeps.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { count } from '../lib/count.ts';
import { dayOf, dayWords } from '../lib/day.ts';
import { type HistoryLine, historyOf } from '../lib/history.ts';
import type { SweepSearch } from '../lib/sweep-search.ts';
import { SweepLine } from './SweepLine.tsx';

interface SweepHistoryProps {
  readonly list: SweepListAnswer;
  readonly search: SweepSearch;
}

/** What sweeps did, day by day, newest first. */
export function SweepHistory({ list, search }: SweepHistoryProps) {
  const { zone } = useDisplay();
  const { status, serverNowMs } = useStatus();
  const today = status === null ? null : dayOf(serverNowMs, zone);
  return (
    <div className="space-y-4">
      {historyOf(list, zone).map(({ day, lines }) => (
        <section key={day} aria-labelledby={day === null ? undefined : `day-${day}`}>
          {day !== null && (
            <h2 id={`day-${day}`} className="pb-1.5 text-sm font-semibold">
              {dayWords(day, today)}
              {zone === 'utc' && <span className="font-normal text-soft"> UTC</span>}
            </h2>
          )}
          <ol className="card divide-y divide-line overflow-hidden text-sm">
            {lines.map((line) => (
              <li data-line key={line.kind === 'sweep' ? line.sweep.id : `after ${line.after}`}>
                <Line line={line} search={search} />
              </li>
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Line({ line, search }: { readonly line: HistoryLine; readonly search: SweepSearch }) {
  if (line.kind === 'sweep') return <SweepLine sweep={line.sweep} />;
  const { trigger } = search;
  return (
    <Link
      to="/sweeps"
      search={{
        ...(trigger === undefined ? {} : { trigger }),
        quiet: true,
        ...(line.after === null ? {} : { after: line.after }),
      }}
      className="flex min-h-11 items-center gap-2 bg-canvas px-4 text-soft hover:bg-raised"
    >
      <ChevronsUpDown aria-hidden="true" className="size-4 shrink-0" />
      <span>
        <span className="link">{count(line.count, 'quiet sweep')}</span> found nothing
      </span>
    </Link>
  );
}
