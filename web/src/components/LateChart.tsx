import { useLate } from '../hooks/useLate.ts';
import { late } from '../lib/late.ts';
import type { ChartProps } from './HistoryChart.tsx';
import { MissingPart } from './MissingPart.tsx';

const chart = late(async () => (await import('./HistoryChart.tsx')).HistoryChart);

/** The chart, with the library that draws it. Without it there still is the table. */
export function LateChart(props: ChartProps) {
  const { part: Chart, missing, isBack, again } = useLate(chart);
  if (Chart !== null) return <Chart {...props} />;
  return missing ? (
    <MissingPart what="The chart" instead="The table has the same numbers." isBack={isBack} again={again} />
  ) : (
    <div aria-busy="true" className="h-full rounded bg-raised" />
  );
}
