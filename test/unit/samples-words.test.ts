import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HistoryAnswer } from '../../server/api/history.ts';
import type { Zone } from '../../web/src/lib/moment.ts';
import { recordedOf } from '../../web/src/lib/samples.ts';
import { readingWords, spanWords, summaryOf } from '../../web/src/lib/samples-words.ts';
import { historyAnswer } from '../support/history.ts';

const TO = '2026-11-23T03:15:00.000Z';
const NOW = Date.parse('2026-11-23T03:12:04.000Z');
const at = (clock: string): number => Date.parse(`2026-11-23T${clock}:00.000Z`);
type Counts = (ms: number) => readonly [number, number] | null;

/** 0, then 14 at 02:55, then 12. */
const leak: Counts = (ms) => [ms < at('02:55') ? 0 : ms < at('03:00') ? 14 : 12, 0];
const without =
  (counts: Counts, ...gaps: readonly (readonly [string, string])[]): Counts =>
  (ms) =>
    gaps.some(([from, to]) => at(from) <= ms && ms < at(to)) ? null : counts(ms);

interface Asked {
  readonly openNow?: number | null;
  readonly zone?: Zone;
}

function summary(answer: HistoryAnswer, { openNow = 12, zone = 'utc' }: Asked = {}) {
  const [fromMs, toMs] = [Date.parse(answer.from), Date.parse(answer.to)];
  const recorded = recordedOf(answer, 60);
  return summaryOf({ window: answer.window, fromMs, toMs, recorded, openNow, zone, nowMs: NOW });
}
const seen = (counts: Counts, asked?: Asked): string => summary(historyAnswer({ to: TO, counts }), asked).seen;
const spoken = (counts: Counts, asked?: Asked): string => summary(historyAnswer({ to: TO, counts }), asked).spoken;

afterEach(() => vi.unstubAllEnvs());

describe('the summary', () => {
  test('goes from the first over the most to now, and is a sentence for who listens', () => {
    expect(seen(leak)).toBe('24 h: 0 → peak 14 at 02:55Z → 12 now');
    expect(spoken(leak)).toBe('In the last 24 hours: 0 open orphans at first, 14 at most, at 02:55Z, 12 now.');
    const one: Counts = (ms) => [ms < at('02:55') ? 1 : 1204, 0];
    expect(seen(one, { openNow: 1204 })).toBe('24 h: 1 → 1,204 now');
    expect(spoken(one, { openNow: 1204 })).toBe('In the last 24 hours: 1 open orphan at first, 1,204 now.');
  });

  test('agrees with the verdict about now, also where that is newer than the last sample', () => {
    expect(seen(leak, { openNow: 0 })).toBe('24 h: 0 → peak 14 at 02:55Z → 0 now');
    expect(seen(leak, { openNow: 30 })).toBe('24 h: 0 → 30 now');
  });

  test('never says now of what was', () => {
    expect(seen(leak, { openNow: null })).toBe('24 h: 0 → peak 14 at 02:55Z → 12 at 03:10Z');
    const stopped = without(leak, ['03:00', '03:15']);
    expect(seen(stopped)).toBe('24 h: 0 → 14 at 02:55Z · not recorded since 03:00Z');
    expect(spoken(stopped)).toBe(
      'In the last 24 hours: 0 open orphans at first, 14 at 02:55Z. Not recorded since 03:00Z.',
    );
  });

  test('says where nothing was recorded: the longest time, and how many others', () => {
    expect(seen(without(leak, ['02:10', '02:40']))).toBe(
      '24 h: 0 → peak 14 at 02:55Z → 12 now · not recorded 02:10Z–02:40Z',
    );
    const twice = without(leak, ['00:10', '00:20'], ['02:10', '02:40']);
    expect(seen(twice)).toMatch(/ · not recorded 02:10Z–02:40Z, and once more$/);
    expect(spoken(twice)).toMatch(/ 12 now\. Not recorded 02:10Z–02:40Z, and once more\.$/);
    const thrice = without(twice, ['01:00', '01:10']);
    expect(seen(thrice)).toMatch(/, and 2 times more$/);
  });

  test('says since when there are any', () => {
    const young: Counts = (ms) => (ms < at('02:00') ? null : leak(ms));
    expect(seen(young)).toBe('24 h, recorded since 02:00Z: 0 → peak 14 at 02:55Z → 12 now');
  });

  test('of what never changed is short, and claims nothing of a gap', () => {
    const none: Counts = () => [0, 0];
    expect(seen(none, { openNow: 0 })).toBe('24 h: 0 throughout');
    expect(spoken(none, { openNow: 0 })).toBe('In the last 24 hours: 0 open orphans throughout.');
    expect(seen(without(none, ['02:10', '02:40']), { openNow: 0 })).toBe(
      '24 h: 0 whenever recorded · not recorded 02:10Z–02:40Z',
    );
    expect(seen(none, { openNow: 2 }), 'but now it has').toBe('24 h: 0 → 2 now');
  });

  test('of nothing is not known, and never 0', () => {
    const nothing = summary(historyAnswer({ to: TO, counts: () => null }));
    expect(nothing.seen).toBe('Not known: no sweep was recorded in these 24 h.');
    expect(nothing.spoken).toBe(nothing.seen);
    const week = summary(historyAnswer({ to: TO, window: '7d', counts: () => null }));
    expect(week.seen).toBe('Not known: no sweep was recorded in these 7 days.');
  });

  test('of a week has dates, and of a local zone its name', () => {
    const week = historyAnswer({
      to: '2026-11-23T03:30:00.000Z',
      window: '7d',
      counts: (ms) => [ms === Date.parse('2026-11-20T10:00:00Z') ? 9 : 0, 0],
    });
    expect(summary(week, { openNow: 0 }).seen).toBe('7 days: 0 → peak 9 at 2026-11-20 10:00Z → 0 now');
    vi.stubEnv('TZ', 'Asia/Kolkata');
    expect(seen(without(leak, ['02:10', '02:40']), { zone: 'local' })).toBe(
      '24 h: 0 → peak 14 at 08:25 GMT+5:30 → 12 now · not recorded 07:40–08:10 GMT+5:30',
    );
  });

  test('keeps both names where the clocks were set in between', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const [fromMs, toMs] = [Date.parse('2026-10-25T00:30:00Z'), Date.parse('2026-10-25T01:30:00Z')];
    expect(spanWords({ fromMs, toMs }, 'local', toMs)).toBe('02:30 CEST–02:30 CET');
  });
});

test('a reading is both numbers, or that there are none', () => {
  const { series } = recordedOf(historyAnswer({ to: TO, counts: (ms) => (ms === at('02:00') ? null : [1204, 3]) }), 60);
  const index = series.atMs.indexOf(at('02:00'));
  expect(readingWords(series, index, 'utc', NOW)).toBe('02:00Z: not recorded');
  expect(readingWords(series, index + 1, 'utc', NOW)).toBe('02:05Z: at most 1,204 open, 3 stuck');
});
