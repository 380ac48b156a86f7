import type { HistoryWindow } from '../../../server/sweep/outcome.ts';
import { partOfDay } from './hours.ts';
import type { Zone } from './moment.ts';
import type { Gap, Recorded } from './samples.ts';

/** As many rows as one reads: 24 and 28. */
export const HOURS_PER_ROW: Readonly<Record<HistoryWindow, number>> = { '24h': 1, '7d': 6 };

/** Some hours of the chart: the most in them. */
export interface SamplesRow {
  readonly atMs: number;
  /** Null: nothing was recorded. */
  readonly open: number | null;
  readonly stuck: number | null;
  /** When nothing was recorded, as far as it lies in these hours. */
  readonly gaps: readonly Gap[];
}

/** The buckets of the chart, hour by hour or six hours together, newest first. */
export function tableRows(
  { series, gaps }: Recorded,
  window: HistoryWindow,
  zone: Zone,
  bucketMs: number,
): readonly SamplesRow[] {
  const rows = new Map<number, { open: number | null; stuck: number | null; gaps: Gap[] }>();
  for (const [index, atMs] of series.atMs.entries()) {
    const begin = partOfDay(atMs, zone, HOURS_PER_ROW[window]);
    const row = rows.get(begin) ?? { open: null, stuck: null, gaps: [] };
    rows.set(begin, row);
    row.open = most(row.open, series.open[index] ?? null);
    row.stuck = most(row.stuck, series.stuck[index] ?? null);
    if (gaps.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)) lengthen(row.gaps, atMs, bucketMs);
  }
  return [...rows].map(([atMs, row]) => ({ atMs, ...row })).reverse();
}

function most(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

function lengthen(gaps: Gap[], atMs: number, bucketMs: number): void {
  const last = gaps.at(-1);
  const begun = last?.toMs === atMs ? gaps.pop() : undefined;
  gaps.push({ fromMs: begun?.fromMs ?? atMs, toMs: atMs + bucketMs });
}
