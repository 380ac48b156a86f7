import { expect, test } from 'vitest';
import { dated, minute, moment } from '../../web/src/lib/moment.ts';

const NOW = Date.parse('2026-11-23T13:45:00.000Z');

test('the same day has no date', () => {
  expect(moment('2026-11-23T03:08:11.250Z', 'utc', NOW)).toBe('03:08:11Z');
});

test('another day has one', () => {
  expect(moment('2026-11-22T23:59:59.000Z', 'utc', NOW)).toBe('2026-11-22 23:59:59Z');
});

test('local times carry their zone', () => {
  expect(moment('2026-11-23T13:08:11.250Z', 'local', NOW)).toMatch(
    /^(\d{4}-\d\d-\d\d )?\d\d:\d\d:11 [A-Z]+([+-]\d+(:\d\d)?)?$/,
  );
});

test('a time that a person chose has no seconds, and keeps its date and zone', () => {
  expect(minute('2026-11-23T16:00:59.000Z', 'utc', NOW)).toBe('16:00Z');
  expect(minute('2026-11-24T09:00:00.000Z', 'utc', NOW)).toBe('2026-11-24 09:00Z');
  expect(minute('2026-11-24T01:00:00.000Z', 'utc', NOW), 'tonight').toBe('01:00Z');
  expect(minute('2026-11-23T13:08:11.250Z', 'local', NOW)).toMatch(/(^| )\d\d:\d\d [A-Z]+([+-]\d+(:\d\d)?)?$/);
});

test('for those who read it elsewhere it has its day, and is in UTC', () => {
  expect(dated('2026-11-23T03:08:11.250Z')).toBe('2026-11-23 03:08:11Z');
});
