import { describe, expect, test } from 'vitest';
import { isolated, lastKnown, recordedOf } from '../../web/src/lib/samples.ts';
import { historyAnswer } from '../support/history.ts';

const TO = '2026-11-23T03:15:00.000Z';
const at = (clock: string): number => Date.parse(`2026-11-23T${clock}:00.000Z`);
const within = (ms: number, from: string, to: string): boolean => at(from) <= ms && ms < at(to);
const MINUTE_S = 60;

describe('what was recorded', () => {
  test('is every bucket where there is one', () => {
    const { series, gaps } = recordedOf(historyAnswer({ to: TO, counts: () => [3, 1] }), MINUTE_S);
    expect(gaps).toEqual([]);
    expect(series.atMs).toHaveLength(288);
    expect(new Set(series.open)).toEqual(new Set([3]));
    expect(lastKnown(series)).toBe(287);
  });

  test('has null, never 0, in every bucket of a gap, wherever it lies', () => {
    const missing = [
      ['02:10', '02:40'],
      ['03:00', '03:15'],
    ] as const;
    const counts = (ms: number): [number, number] | null =>
      ms < at('00:00') || missing.some(([from, to]) => within(ms, from, to)) ? null : [0, 0];
    const { series, gaps } = recordedOf(historyAnswer({ to: TO, counts }), MINUTE_S);
    expect(gaps).toEqual([
      { fromMs: Date.parse(TO) - 24 * 3_600_000, toMs: at('00:00') },
      { fromMs: at('02:10'), toMs: at('02:40') },
      { fromMs: at('03:00'), toMs: at('03:15') },
    ]);
    expect(series.atMs).toHaveLength(288);
    expect(series.atMs).toEqual(series.atMs.toSorted((a, b) => a - b));
    for (const [index, ms] of series.atMs.entries()) {
      expect([series.open[index], series.stuck[index]], new Date(ms).toISOString()).toEqual(
        counts(ms) === null ? [null, null] : [0, 0],
      );
    }
    expect(series.atMs[lastKnown(series)]).toBe(at('02:55'));
  });

  test('has no gap where the newest bucket has only begun', () => {
    const counts = (ms: number): [number, number] | null => (ms < at('03:10') ? [1, 0] : null);
    const { series, gaps } = recordedOf(historyAnswer({ to: TO, counts }), MINUTE_S);
    expect(gaps).toEqual([]);
    expect(series.atMs.at(-1)).toBe(at('03:05'));
  });

  test('has no gap where it is swept less often than there are buckets, and one where that was late', () => {
    const hourly = (ms: number): [number, number] | null =>
      ms % 3_600_000 === 0 && !within(ms, '00:00', '02:00') ? [2, 0] : null;
    const { series, gaps } = recordedOf(historyAnswer({ to: TO, counts: hourly }), 3600);
    expect(gaps).toEqual([{ fromMs: at('00:00') - 55 * 60_000, toMs: at('02:00') }]);
    expect(series.open.filter((open) => open !== null)).toHaveLength(22);
    const often = recordedOf(historyAnswer({ to: TO, counts: hourly }), MINUTE_S);
    expect(often.gaps).toHaveLength(23);
  });

  test('is nothing where there is no sample', () => {
    const { series, gaps } = recordedOf(historyAnswer({ to: TO, counts: () => null }), MINUTE_S);
    expect(gaps).toEqual([{ fromMs: Date.parse(TO) - 24 * 3_600_000, toMs: Date.parse(TO) }]);
    expect(lastKnown(series)).toBe(-1);
  });
});

test('what stands alone between gaps is found, for a line cannot show it', () => {
  expect(isolated([1, null, 0, null, 2, 2, null, 4])).toEqual([0, 2, 7]);
  expect(isolated([null, null])).toEqual([]);
  expect(isolated([5, 6])).toEqual([]);
});
