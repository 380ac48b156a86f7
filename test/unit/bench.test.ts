import { describe, expect, it } from 'vitest';
import { floorMs, median, mostAtOnce } from '../bench/figures.ts';
import { withFigures } from '../bench/readme.ts';
import { inMs, inTimes, markdownTable } from '../bench/table.ts';

describe('the figures of the benchmark', () => {
  it('have a median, whatever the order and the number', () => {
    expect(median([900, 100, 250, 240, 260])).toBe(250);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(() => median([])).toThrow(RangeError);
  });

  it('have a floor: one answer for the first three, then full waves', () => {
    expect(floorMs(100, 10, 50)).toBe(550);
    expect(floorMs(100, 20, 50)).toBe(300);
    expect(floorMs(103, 10, 50)).toBe(550);
    expect(floorMs(104, 10, 50)).toBe(600);
    expect(floorMs(2, 10, 50)).toBe(50);
  });

  it('count the Stops that were in flight together', () => {
    const stops = [
      { startedMs: 0, endedMs: 10 },
      { startedMs: 10, endedMs: 20 },
      { startedMs: 5, endedMs: 15 },
      { startedMs: 12, endedMs: 13 },
    ];
    expect(mostAtOnce(stops)).toBe(3);
    expect(mostAtOnce(stops.slice(0, 2))).toBe(1);
    expect(mostAtOnce([])).toBe(0);
  });

  it('are written as a table, with figures to the right', () => {
    expect(markdownTable(['what', 'takes'], [['a sweep', inMs(1234.4)]])).toBe(
      '| what | takes |\n|---|---:|\n| a sweep | 1,234 ms |',
    );
    expect([inMs(0.94), inMs(9.96), inTimes(7.456), inTimes(12.34)]).toEqual(['0.9 ms', '10 ms', '7.46×', '12.3×']);
  });
});

describe('the README', () => {
  const text = 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n';
  it('gets new figures between its markers and nowhere else', () => {
    const changed = withFigures(text, 'new');
    expect(changed).toBe('before\n<!-- bench: begin -->\nnew\n<!-- bench: end -->\nafter\n');
    expect(withFigures(changed, 'new')).toBe(changed);
  });

  it.each(['no marker at all', '<!-- bench: begin -->', '<!-- bench: end --><!-- bench: begin -->', text + text])(
    'is left alone without exactly its two markers: %j',
    (wrong) => {
      expect(() => withFigures(wrong, 'new')).toThrow(/once each/);
    },
  );
});
