import { describe, expect, test } from 'vitest';
import { duration } from '../../web/src/lib/duration.ts';

describe('a length of time', () => {
  test.each([
    [0, '0 s'],
    [999, '0 s'],
    [46_400, '46 s'],
    [60_000, '1 min'],
    [119_999, '1 min'],
    [131 * 60_000, '2 h 11 min'],
    [2 * 3_600_000, '2 h'],
    [26 * 3_600_000 + 59 * 60_000, '1 d 2 h'],
    [24 * 3_600_000 + 59 * 60_000, '1 d'],
    [400 * 86_400_000, '400 d'],
  ])('%i ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  test('one that has not begun is none', () => {
    expect(duration(-5_000)).toBe('0 s');
  });
});
