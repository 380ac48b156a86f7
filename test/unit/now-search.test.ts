import { expect, test } from 'vitest';
import { nowSearch } from '../../web/src/lib/now-search.ts';

test('the address of the first page knows a week, and leaves out what is meant without it', () => {
  expect(nowSearch({ window: '7d' })).toEqual({ window: '7d' });
  expect(nowSearch({ window: '24h' })).toEqual({});
  expect(nowSearch({})).toEqual({});
});

test('the rest of an address is ignored', () => {
  expect(nowSearch({ window: '1h', utm_source: 'chat' })).toEqual({});
  expect(nowSearch({ window: ['7d'] })).toEqual({});
});
