import { afterEach, describe, expect, test, vi } from 'vitest';
import { countTicks, type Span, tickWords, timeTicks } from '../../web/src/lib/chart-ticks.ts';
import type { Zone } from '../../web/src/lib/moment.ts';

const day = (to: string, zone: Zone): Span => {
  const toMs = Date.parse(to);
  return { window: '24h', fromMs: toMs - 24 * 3_600_000, toMs, zone };
};
const words = (span: Span, widthPx: number): string[] => timeTicks(span, widthPx).map((ms) => tickWords(ms, span.zone));

afterEach(() => vi.unstubAllEnvs());

describe('the axis of time', () => {
  const span = day('2026-11-23T03:15:00.000Z', 'utc');

  test('has as many labels as there is room for, and a day where one begins', () => {
    expect(words(span, 1_100)).toEqual([
      '04:00',
      '06:00',
      '08:00',
      '10:00',
      '12:00',
      '14:00',
      '16:00',
      '18:00',
      '20:00',
      '22:00',
      'Mon 23',
      '02:00',
    ]);
    expect(words(span, 600)).toEqual(['06:00', '09:00', '12:00', '15:00', '18:00', '21:00', 'Mon 23', '03:00']);
    expect(words(span, 300)).toEqual(['06:00', '12:00', '18:00', 'Mon 23']);
  });

  test('of a week has its days', () => {
    const week: Span = { ...span, window: '7d', fromMs: span.toMs - 7 * 24 * 3_600_000 };
    expect(words(week, 1_100)).toEqual(['Tue 17', 'Wed 18', 'Thu 19', 'Fri 20', 'Sat 21', 'Sun 22', 'Mon 23']);
  });

  test('stands at whole hours of the zone of the reader, also where the clocks are set', () => {
    vi.stubEnv('TZ', 'Asia/Kolkata');
    const kolkata = day('2026-11-23T03:15:00.000Z', 'local');
    expect(words(kolkata, 600)).toEqual(['09:00', '12:00', '15:00', '18:00', '21:00', 'Mon 23', '03:00', '06:00']);
    expect(timeTicks(kolkata, 600)[0]).toBe(Date.parse('2026-11-22T03:30:00Z'));
    vi.stubEnv('TZ', 'Europe/Berlin');
    const longest = day('2026-10-25T12:00:00.000Z', 'local');
    expect(words(longest, 600)).toEqual(['15:00', '18:00', '21:00', 'Sun 25', '03:00', '06:00', '09:00', '12:00']);
  });
});

describe('the axis of counts', () => {
  test.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [5, [0, 1, 2, 3, 4, 5]],
    [6, [0, 2, 4, 6]],
    [14, [0, 5, 10, 15]],
    [1_204, [0, 500, 1_000, 1_500]],
    [100_000, [0, 20_000, 40_000, 60_000, 80_000, 100_000]],
  ])('up to %i has whole numbers from 0', (most, ticks) => {
    expect(countTicks(most)).toEqual(ticks);
  });

  test('never ends below the most there is, and never has many', () => {
    for (let most = 0; most < 5_000; most += 7) {
      const ticks = countTicks(most);
      expect(ticks.at(-1), String(most)).toBeGreaterThanOrEqual(most);
      expect(ticks.length, String(most)).toBeLessThanOrEqual(6);
      expect(ticks.every(Number.isInteger), String(most)).toBe(true);
    }
  });
});
