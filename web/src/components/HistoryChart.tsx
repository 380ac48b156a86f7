import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { HistoryAnswer } from '../../../server/api/history.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { lastKnown, type Recorded } from '../lib/samples.ts';
import { readingWords } from '../lib/samples-words.ts';
import { type Drawn, drawChart } from './drawChart.ts';

export interface ChartProps {
  readonly answer: HistoryAnswer;
  readonly recorded: Recorded;
  /** The id of the sentence that says the same. */
  readonly describedBy: string;
}

/**
 * Two lines over time, and what they are at one place: where the pointer is, or where the arrows have gone. The place
 * is a range input, which every keyboard and every screen reader knows how to move.
 */
export function HistoryChart({ answer: { window, from, to }, recorded: { series }, describedBy }: ChartProps) {
  const { zone } = useDisplay();
  const { serverNowMs } = useStatus();
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const [pointedMs, setPointedMs] = useState<number | null>(null);
  const pointed = useRef<number | null>(null);

  const point = useCallback((ms: number | null) => {
    pointed.current = ms;
    setPointedMs(ms);
  }, []);
  useLayoutEffect(() => {
    if (place.current === null) return;
    const span = { window, fromMs: Date.parse(from), toMs: Date.parse(to), zone };
    const chart = drawChart(place.current, series, span, point);
    drawn.current = chart;
    // What was pointed at still is when new data have come.
    chart.pointAt(pointed.current);
    return chart.end;
  }, [series, window, from, to, zone, point]);

  const last = lastKnown(series);
  const at = pointedMs === null ? -1 : series.atMs.indexOf(pointedMs);
  const index = at === -1 ? last : at;
  const words = readingWords(series, index, zone, serverNowMs);
  const pointAt = (ms: number | null): void => {
    drawn.current?.pointAt(ms);
    point(ms);
  };
  return (
    <figure className="flex h-full flex-col">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6">
        <ul aria-label="Legend" className="flex gap-x-5 text-xs text-soft">
          <LegendItem word="Open" look="text-accent" />
          <LegendItem word="Stuck" look="text-bad" dashed />
        </ul>
        <p data-reading className="text-sm">
          {words}
        </p>
      </div>
      <label className="relative mt-1 block min-h-0 flex-1 rounded has-focus-visible:outline-2 has-focus-visible:outline-accent">
        <span className="sr-only">Time in the chart of open and stuck orphans</span>
        <div ref={place} className="chart absolute inset-0" />
        <input
          type="range"
          min={0}
          max={series.atMs.length - 1}
          value={index}
          onChange={({ target }) => pointAt(series.atMs[target.valueAsNumber] ?? null)}
          onBlur={() => pointAt(null)}
          aria-valuetext={words}
          aria-describedby={describedBy}
          className="pointer-events-none absolute inset-0 size-full opacity-0"
        />
      </label>
    </figure>
  );
}

interface LegendItemProps {
  readonly word: string;
  readonly look: string;
  readonly dashed?: boolean;
}

function LegendItem({ word, look, dashed = false }: LegendItemProps) {
  return (
    <li className="flex items-center gap-1.5">
      <svg aria-hidden="true" viewBox="0 0 28 8" className={`h-2 w-7 ${look}`}>
        <line
          x1="0"
          y1="4"
          x2="28"
          y2="4"
          stroke="currentColor"
          strokeWidth="2.5"
          strokeDasharray={dashed ? '6 4' : ''}
        />
      </svg>
      {word}
    </li>
  );
}
