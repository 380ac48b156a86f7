import { describe, expect, it } from 'vitest';
import {
  createChecklist,
  not,
  note,
  ok,
  renderLine,
  setting,
  sqlThat,
  unknown,
} from '../../server/commands/checklist.ts';
import { aligned, count, duration, printable } from '../../server/commands/words.ts';
import { DatabaseFailure } from '../../server/db/connect.ts';

describe('words of the commands', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [11_100_000, '3 h 5 min'],
    [86_400_000, '1 d'],
    [187_200_000, '2 d 4 h'],
    [-5, '0 s'],
  ])('%i ms are %s', (ms, words) => expect(duration(ms)).toBe(words));

  it('count', () => expect([0, 1, 2].map((n) => count(n, 'orphan'))).toEqual(['0 orphans', '1 orphan', '2 orphans']));

  it('stand in columns, the last of which is not filled up', () => {
    expect(
      aligned([
        ['a', 'long', 'x'],
        ['bbb', '', 'yy'],
        ['c', 'd', ''],
      ]),
    ).toEqual(['a    long  x', 'bbb        yy', 'c    d']);
  });

  it('of other people move no cursor, colour nothing and turn no direction', () => {
    expect(printable('a\u001b[31mred\u009b2J\r\u202eb\u2028c\tä–✓')).toBe('a�[31mred�2J��b�c�ä–✓');
    expect(printable('two\nlines')).toBe('two\nlines');
  });
});

describe('the checklist', () => {
  it('asks nothing whose foundation is not well, and names that', async () => {
    const list = createChecklist();
    const asked: string[] = [];
    const answer = (name: string, finding: ReturnType<typeof ok>) => () => {
      asked.push(name);
      return finding;
    };
    await list.ask('settings', [], answer('settings', ok('fine')));
    await list.ask('home', ['settings'], answer('home', unknown('nobody can tell')));
    await list.ask('platform', ['settings', 'home'], answer('platform', not('away')));
    await list.ask('table', ['platform'], answer('table', ok('')));
    await list.ask('columns', ['table'], answer('columns', ok('')));
    await list.ask('indexes', ['settings'], answer('indexes', note('slow')));
    await list.ask('now', ['indexes'], answer('now', ok('fine')));
    expect(asked).toEqual(['settings', 'home', 'platform', 'indexes', 'now']);
    expect(list.lines.map(({ check, state, says }) => `${check} ${state}: ${says}`)).toEqual([
      'settings ok: fine',
      'home unknown: nobody can tell',
      'platform not: away',
      'table unknown: not asked: mend platform database first',
      'columns unknown: not asked: mend table first',
      'indexes note: slow',
      'now ok: fine',
    ]);
  });

  it('takes one answer of several that is bad for the whole', async () => {
    const list = createChecklist();
    await list.ask('columns', [], () => [ok('one'), not('two')]);
    await list.ask('grants', ['columns'], () => ok(''));
    expect(list.lines.map(({ state }) => state)).toEqual(['ok', 'not', 'unknown']);
  });

  it('takes a database that fails for an answer, and a mistake of ours for none', async () => {
    const list = createChecklist();
    await list.ask('home', [], () => Promise.reject(new DatabaseFailure(new Error('gone'))));
    expect(list.lines[0]).toMatchObject({ check: 'home', state: 'not', says: 'gone' });
    await expect(list.ask('home', [], () => Promise.reject(new TypeError('ours')))).rejects.toThrow('ours');
  });

  it.each([
    [ok('fine'), 'ok    grants: fine'],
    [unknown('not asked'), '?     grants: not asked'],
    [note('slow', sqlThat('create index;')), 'note  grants: slow. Run: create index;'],
    [not('may not read', sqlThat('grant select;')), 'NOT   grants: may not read. Run: grant select;'],
    [not('wrong', setting('PLATFORM_TABLE')), 'NOT   grants: wrong. Set: PLATFORM_TABLE'],
    [not('A whole sentence.'), 'NOT   grants: A whole sentence.'],
  ])('is one line each', (finding, line) => expect(renderLine({ check: 'grants', ...finding })).toBe(line));
});
