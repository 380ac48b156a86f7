import { expect, test } from 'vitest';
import { ACTIVITY_KEPT, ATTEMPTS_KEPT, isBeyondKept, SWEEPS_KEPT } from '../../web/src/lib/kept.ts';

const NOW = Date.parse('2026-11-23T03:12:04.000Z');
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString();

test('how long something is kept is said in the numbers by which it is deleted', () => {
  expect(SWEEPS_KEPT).toBe('Sweeps are kept for 90 days; of those that found nothing, after 3 days one in 10 min.');
  expect(ACTIVITY_KEPT).toMatch(/90 days/);
  expect(ATTEMPTS_KEPT).toMatch(/90 days/);
});

test('what is older than that may have lost something', () => {
  expect(isBeyondKept(daysAgo(89), NOW)).toBe(false);
  expect(isBeyondKept(daysAgo(91), NOW)).toBe(true);
});
