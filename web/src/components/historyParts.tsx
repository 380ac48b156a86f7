import { useId, useState } from 'react';
import type { HistoryAnswer } from '../../../server/api/history.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useRecorded } from '../hooks/useRecorded.ts';
import { duration } from '../lib/duration.ts';
import { lastKnown } from '../lib/samples.ts';
import { HistorySummary } from './HistorySummary.tsx';
import { HistoryTable } from './HistoryTable.tsx';
import { LateChart } from './LateChart.tsx';

/** What of the history comes once it is shown. A phone, which has no room for it, does not fetch it. */

interface HistoryProps {
  readonly answer: HistoryAnswer;
  readonly outdated: boolean;
}

/** A day in a line. */
export function HistoryLine({ answer, outdated }: HistoryProps) {
  return <HistorySummary summary={useRecorded(answer, outdated).summary} />;
}

/** The whole: in a line, drawn, and as a table. */
export function HistoryWhole({ answer, outdated }: HistoryProps) {
  const { recorded, summary } = useRecorded(answer, outdated);
  const { zone } = useDisplay();
  const [open, setOpen] = useState(false);
  const sentence = useId();
  // A chart without a line would look like none of them.
  const drawable = lastKnown(recorded.series) !== -1;
  return (
    <>
      <p>
        <HistorySummary summary={summary} id={sentence} />
      </p>
      <div className="mt-3 h-72">
        {drawable && <LateChart answer={answer} recorded={recorded} describedBy={sentence} />}
      </div>
      <div className="flex flex-wrap items-center justify-between gap-x-4">
        <p className="text-xs text-soft">
          The most in each {duration(answer.bucketSeconds * 1000)}, {zone === 'utc' ? 'times in UTC' : 'local times'}
        </p>
        <button
          type="button"
          className="link inline-flex min-h-11 cursor-pointer items-center sm:min-h-8 print:hidden"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? 'Hide the table' : 'Show the table'}
        </button>
      </div>
      {open && <HistoryTable answer={answer} recorded={recorded} />}
    </>
  );
}
