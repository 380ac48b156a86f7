import type { HistoryWindow } from '../../../server/sweep/outcome.ts';
import { clockWords, wholeHours } from './hours.ts';
import type { Zone } from './moment.ts';

/** Narrower, and one label runs into the next. */
const TICK_PX = 68;
const HOURS_APART: Readonly<Record<HistoryWindow, readonly number[]>> = { '24h': [2, 3, 6], '7d': [24] };
const MOST_STEPS = 5;
const STEPS = [1, 2, 5, 10];

export interface Span {
  readonly window: HistoryWindow;
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: Zone;
}

/** Where the axis of time has its labels, for so much room. */
export function timeTicks({ window, fromMs, toMs, zone }: Span, widthPx: number): number[] {
  const [...apart] = HOURS_APART[window];
  const pxPerHour = widthPx / ((toMs - fromMs) / 3_600_000);
  const hours = apart.find((step) => step * pxPerHour >= TICK_PX) ?? apart.at(-1) ?? 24;
  return wholeHours(fromMs, toMs, zone, hours);
}

/** `03:00`; where a day begins, the day: `Mon 23`. */
export function tickWords(ms: number, zone: Zone): string {
  const clock = clockWords(ms, zone);
  if (clock !== '00:00') return clock;
  const day = { weekday: 'short', day: 'numeric', ...(zone === 'utc' ? { timeZone: 'UTC' } : {}) } as const;
  return new Intl.DateTimeFormat('en-GB', day).format(ms);
}

/** Whole numbers from 0 to at least `most`, a few of them, evenly apart. */
export function countTicks(most: number): number[] {
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, most / MOST_STEPS))));
  const step = STEPS.map((times) => times * magnitude).find((size) => size * MOST_STEPS >= most) ?? 10 * magnitude;
  const steps = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: steps + 1 }, (_, index) => index * step);
}
