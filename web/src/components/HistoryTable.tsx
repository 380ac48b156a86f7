import { useMemo } from 'react';
import type { HistoryAnswer } from '../../../server/api/history.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { number } from '../lib/count.ts';
import { dayOf } from '../lib/day.ts';
import { minute } from '../lib/moment.ts';
import type { Recorded } from '../lib/samples.ts';
import { HOURS_PER_ROW, type SamplesRow, tableRows } from '../lib/samples-table.ts';
import { spanWords } from '../lib/samples-words.ts';

interface HistoryTableProps {
  readonly answer: HistoryAnswer;
  readonly recorded: Recorded;
}

/** What the chart shows, in numbers: the most of each hour or of six hours, newest first. */
export function HistoryTable({ answer, recorded }: HistoryTableProps) {
  const { zone } = useDisplay();
  const { window } = answer;
  const bucketMs = answer.bucketSeconds * 1000;
  const rows = useMemo(() => tableRows(recorded, window, zone, bucketMs), [recorded, window, zone, bucketMs]);
  const hours = HOURS_PER_ROW[window];
  return (
    <table className="w-full max-w-3xl border-collapse text-left">
      <caption className="py-2 text-left text-soft">
        The most in each {hours === 1 ? 'hour' : `${hours} hours`}, newest first
      </caption>
      <thead className="border-b border-line text-xs text-soft">
        <tr>
          <th scope="col" className="py-2 pr-3 font-medium">
            From
          </th>
          <th scope="col" className="px-3 py-2 text-right font-medium">
            Open
          </th>
          <th scope="col" className="px-3 py-2 text-right font-medium">
            Stuck
          </th>
          <th scope="col" className="py-2 pl-6 font-medium">
            Not recorded
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.atMs} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row: { atMs, open, stuck, gaps } }: { readonly row: SamplesRow }) {
  const { zone } = useDisplay();
  const time = new Date(atMs).toISOString();
  return (
    <tr className="border-b border-line last:border-b-0">
      <th scope="row" className="py-1.5 pr-3 font-normal whitespace-nowrap">
        <time dateTime={time}>
          {dayOf(atMs, zone)} {minute(time, zone, atMs)}
        </time>
      </th>
      <Count count={open} />
      <Count count={stuck} />
      <td className="py-1.5 pl-6 text-soft">{gaps.map((gap) => spanWords(gap, zone, gap.toMs)).join(', ')}</td>
    </tr>
  );
}

function Count({ count }: { readonly count: number | null }) {
  return (
    <td className={`px-3 py-1.5 text-right whitespace-nowrap ${count === null ? 'text-soft' : ''}`}>
      {count === null ? 'Not known' : number(count)}
    </td>
  );
}
