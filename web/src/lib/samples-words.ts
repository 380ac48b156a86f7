import type { HistoryWindow } from '../../../server/sweep/outcome.ts';
import { count, number } from './count.ts';
import { minute, type Zone } from './moment.ts';
import { type Gap, lastKnown, type Recorded, type Series } from './samples.ts';
import { WINDOW_WORDS } from './words.ts';

const WINDOW_SPOKEN: Readonly<Record<HistoryWindow, string>> = { '24h': '24 hours', '7d': '7 days' };

export interface SummaryFacts {
  readonly window: HistoryWindow;
  readonly fromMs: number;
  readonly toMs: number;
  readonly recorded: Recorded;
  /** How many are open as the verdict has it; null: what is known is not what is. */
  readonly openNow: number | null;
  readonly zone: Zone;
  readonly nowMs: number;
}

/** The same twice: short for the eye, and as a sentence for the ear. */
export interface Summary {
  readonly seen: string;
  readonly spoken: string;
}

/** `24 h: 0 → peak 14 at 02:58Z → 12 now · not recorded 02:10Z–02:40Z` */
export function summaryOf(facts: SummaryFacts): Summary {
  const { window, fromMs, toMs, recorded, zone, nowMs } = facts;
  const { series, gaps } = recorded;
  const clock = (ms: number): string => minute(new Date(ms).toISOString(), zone, nowMs);
  const last = lastKnown(series);
  if (last === -1) {
    const words = `Not known: no sweep was recorded in these ${WINDOW_WORDS[window]}.`;
    return { seen: words, spoken: words };
  }
  const before = gaps.find((gap) => gap.fromMs === fromMs);
  const after = gaps.find((gap) => gap.toMs === toMs);
  const between = gaps.filter((gap) => gap !== before && gap !== after);
  const since = before === undefined ? null : `recorded since ${clock(before.toMs)}`;
  const missing = [
    ...(between.length === 0 ? [] : [missingWords(between, zone, nowMs)]),
    ...(after === undefined ? [] : [`not recorded since ${clock(after.fromMs)}`]),
  ];
  const course = courseOf(facts, last, after === undefined, clock);
  const head = since === null ? '' : `, ${since}`;
  return {
    seen: [`${WINDOW_WORDS[window]}${head}: ${course.seen}`, ...missing].join(' · '),
    spoken: [`In the last ${WINDOW_SPOKEN[window]}${head}: ${course.spoken}.`, ...missing.map(sentence)].join(' '),
  };
}

/** From what it was, over the most there was, to what it is. */
function courseOf(
  { recorded: { series, gaps }, openNow, fromMs }: SummaryFacts,
  last: number,
  current: boolean,
  clock: (ms: number) => string,
): Summary {
  const known = series.open.filter((open) => open !== null);
  const first = known[0] ?? 0;
  const now = current ? openNow : null;
  const end = now ?? series.open[last] ?? 0;
  if (known.every((open) => open === end)) {
    const whole = gaps.every((gap) => gap.fromMs === fromMs);
    const how = whole ? 'throughout' : 'whenever recorded';
    return { seen: `${number(end)} ${how}`, spoken: `${count(end, 'open orphan')} ${how}` };
  }
  const when = now === null ? `at ${clock(series.atMs[last] ?? 0)}` : 'now';
  const peak = Math.max(...known);
  const peakAt = clock(series.atMs[series.open.indexOf(peak)] ?? 0);
  const passed = peak > first && peak > end;
  return {
    seen: [number(first), ...(passed ? [`peak ${number(peak)} at ${peakAt}`] : []), `${number(end)} ${when}`].join(
      ' → ',
    ),
    spoken: [
      `${count(first, 'open orphan')} at first`,
      ...(passed ? [`${number(peak)} at most, at ${peakAt}`] : []),
      `${number(end)} ${when}`,
    ].join(', '),
  };
}

/** The longest, and how many others there are. */
function missingWords(gaps: readonly Gap[], zone: Zone, nowMs: number): string {
  const longest = gaps.reduce((one, other) => (other.toMs - other.fromMs > one.toMs - one.fromMs ? other : one));
  const others = gaps.length - 1;
  const more = others === 0 ? '' : `, and ${others === 1 ? 'once' : `${number(others)} times`} more`;
  return `not recorded ${spanWords(longest, zone, nowMs)}${more}`;
}

/** `02:10Z–02:40Z`; a local zone, whose name is long, stands once. */
export function spanWords({ fromMs, toMs }: Gap, zone: Zone, nowMs: number): string {
  const [from = '', to = ''] = [fromMs, toMs].map((ms) => minute(new Date(ms).toISOString(), zone, nowMs));
  const name = / \S+$/.exec(to)?.[0];
  const same = zone === 'local' && name !== undefined && from.endsWith(name);
  return `${same ? from.slice(0, -name.length) : from}–${to}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** What the chart shows at one place, the most there was meanwhile: `02:55Z: at most 14 open, 3 stuck`. */
export function readingWords({ atMs, open, stuck }: Series, index: number, zone: Zone, nowMs: number): string {
  const ms = atMs[index];
  if (ms === undefined) return 'Nothing is recorded.';
  const [opened, stays] = [open[index] ?? null, stuck[index] ?? null];
  const what =
    opened === null || stays === null ? 'not recorded' : `at most ${number(opened)} open, ${number(stays)} stuck`;
  return `${minute(new Date(ms).toISOString(), zone, nowMs)}: ${what}`;
}
