import { expect, test } from 'vitest';
import { typedOf, untilOf } from '../../web/src/lib/until.ts';

const NOW_MS = Date.parse('2026-11-30T03:12:04.000Z');

test('an hour and four are counted from the server’s clock', () => {
  expect(untilOf('1h', '', 'utc', NOW_MS)).toBe('2026-11-30T04:12:04.000Z');
  expect(untilOf('4h', '', 'local', NOW_MS)).toBe('2026-11-30T07:12:04.000Z');
});

test('an hour is never a moment less', () => {
  expect(Date.parse(untilOf('1h', '', 'utc', NOW_MS + 0.7) ?? '') - (NOW_MS + 0.7)).toBeGreaterThanOrEqual(3_600_000);
});

test('tomorrow is the next day, over the end of a month, in the zone in which times are shown', () => {
  expect(untilOf('tomorrow', '', 'utc', NOW_MS)).toBe('2026-12-01T09:00:00.000Z');
  const local = new Date(untilOf('tomorrow', '', 'local', NOW_MS) ?? '');
  expect([local.getHours(), local.getMinutes()]).toEqual([9, 0]);
  expect(local.getDate()).toBe(new Date(NOW_MS + 24 * 3_600_000).getDate());
});

test('a time is read in the zone in which times are shown, and written so', () => {
  expect(untilOf('at', '2026-11-30T05:00', 'utc', NOW_MS)).toBe('2026-11-30T05:00:00.000Z');
  for (const zone of ['utc', 'local'] as const) {
    const typed = typedOf(NOW_MS, zone);
    expect(Date.parse(untilOf('at', typed, zone, 0) ?? '')).toBe(Math.floor(NOW_MS / 60_000) * 60_000);
  }
  expect(typedOf(NOW_MS, 'utc')).toBe('2026-11-30T03:12');
});

test('what is no time is none', () => {
  expect(untilOf('at', '', 'utc', NOW_MS)).toBeNull();
  expect(untilOf('at', 'soon', 'local', NOW_MS)).toBeNull();
});
