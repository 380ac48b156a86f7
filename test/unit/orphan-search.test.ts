import { describe, expect, test } from 'vitest';
import type { Cause } from '../../web/src/lib/cause-words.ts';
import { filterWords } from '../../web/src/lib/filter-words.ts';
import {
  changedSearch,
  exportQuery,
  narrowingCount,
  orphanQuery,
  orphanSearch,
  searchText,
} from '../../web/src/lib/orphan-search.ts';

const ALL = {
  state: 'stuck',
  class: 'rejected',
  why: 'row_gone',
  cause: '0123456789ab',
  q: 'dev',
  sort: 'name',
  after: 'WyJuYW1lIl0',
} as const;

describe('the address of the list of orphans', () => {
  test('keeps everything that the list knows', () => {
    expect(orphanSearch(ALL)).toEqual(ALL);
  });

  test.each([
    { utm_source: 'chat' },
    { state: 'nope', class: '', why: 7, cause: '0123456789AB', sort: 'random' },
    { state: ['stuck', 'held'], q: ['a', 'b'], after: { a: 1 } },
    { q: '  ', after: '', cause: '0123456789abc' },
    { sort: 'urgent' },
  ])('%j asks for nothing', (search) => {
    expect(orphanSearch(search)).toEqual({});
  });

  test.each([
    [17, '17'],
    [true, 'true'],
    [' dev 7 ', 'dev 7'],
    ['a\0b', 'ab'],
    [`${'x'.repeat(199)} y`, 'x'.repeat(199)],
    ['🦊'.repeat(300), '🦊'.repeat(200)],
  ])('looks for %j as text', (q, text) => {
    expect(orphanSearch({ q })).toEqual({ q: text });
  });

  test('takes a cause of digits for what it is', () => {
    expect(orphanSearch({ cause: 123456789012 })).toEqual({ cause: '123456789012' });
  });

  test('keeps a page that is none, so that it can be said', () => {
    expect(orphanSearch({ after: 'nonsense' })).toEqual({ after: 'nonsense' });
    expect(orphanSearch({ after: 'x'.repeat(5_000) }).after).toHaveLength(2_000);
  });

  test('what was typed twice is the same', () => {
    expect(searchText(searchText('  a  b '))).toBe(searchText('a  b'));
  });
});

describe('another filter or sort', () => {
  test('begins at the first page, and leaves the others as they are', () => {
    const { after: _page, ...first } = ALL;
    expect(changedSearch(ALL, { state: 'held' })).toEqual({ ...first, state: 'held' });
    expect(changedSearch(ALL, { sort: 'urgent' })).toEqual({ ...first, sort: undefined });
    expect(changedSearch(ALL, {})).toEqual(first);
  });

  test('can be chosen away', () => {
    expect(changedSearch({ state: 'stuck' }, { state: '' })).toEqual({});
  });

  test('is counted; the text, the sort and the page are none that is folded away', () => {
    expect(narrowingCount(ALL)).toBe(4);
    expect(narrowingCount({ q: 'dev', sort: 'name', after: 'x' })).toBe(0);
  });
});

describe('what the server is asked', () => {
  test('is the page', () => {
    expect(orphanQuery({})).toBe('limit=50');
    expect(orphanQuery(ALL)).toBe(
      'limit=50&state=stuck&class=rejected&why=row_gone&cause=0123456789ab&q=dev&sort=name&cursor=WyJuYW1lIl0',
    );
  });

  test('for a file is all pages, in the same order', () => {
    expect(exportQuery({})).toBe('');
    expect(exportQuery(ALL)).toBe('state=stuck&class=rejected&why=row_gone&cause=0123456789ab&q=dev&sort=name');
    expect(exportQuery({ q: '50% & more' })).toBe('q=50%25+%26+more');
  });
});

describe('what a list is narrowed down to', () => {
  const cause: Cause = {
    key: '0123456789ab',
    class: 'rejected',
    outcome: 'failed',
    why: null,
    stuck: 0,
    pattern: 'answered …: malformed id',
    httpStatus: 400,
    count: 2,
    since: null,
  };

  test('is nothing for a sort or a page', () => {
    expect(filterWords({ sort: 'name', after: 'x' }, [], null)).toEqual([]);
  });

  test('is said in the words of the product', () => {
    expect(filterWords(ALL, [cause], 'control-plane')).toEqual([
      'Stuck',
      'Rejected',
      '“Row gone from the platform”',
      'the cause 400 Rejected “malformed id”',
      'with “dev” in the name or an id',
    ]);
  });

  test('is a cause of which less is known', () => {
    const of = (causes: readonly Cause[] | null) => filterWords({ cause: cause.key }, causes, null);
    expect(of([{ ...cause, class: null, outcome: 'shared', pattern: null, httpStatus: null }])).toEqual([
      'the cause Shared',
    ]);
    expect(of([{ ...cause, class: null, outcome: null, pattern: '' }])).toEqual(['the cause 400 Failed']);
    expect(of([{ ...cause, class: null, outcome: 'stopped_live', pattern: null, httpStatus: 200 }])).toEqual([
      'the cause Stopped while restored',
    ]);
    expect(of([{ ...cause, why: 'replaced', pattern: null }])).toEqual(['the cause Row names another instance']);
    expect(of([])).toEqual(['one cause that has ended']);
    expect(of(null)).toEqual(['one cause']);
  });

  test('says of a container why it is listed as people would', () => {
    expect(filterWords({ why: 'no_row' }, [], 'docker')).toEqual(["“No row in the platform's table”"]);
    expect(filterWords({ why: 'removed' }, [], 'docker')).toEqual(['“Workspace removed, container still there”']);
    expect(filterWords({ why: 'row_gone' }, [], 'docker')).toEqual(['“Row gone from the platform”']);
  });
});
