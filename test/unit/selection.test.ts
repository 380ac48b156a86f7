import { describe, expect, test } from 'vitest';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import { keyOf, NOTHING_CHOSEN, stepOf } from '../../web/src/lib/selection.ts';
import { missingFrom, newSince } from '../../web/src/lib/selection-news.ts';
import { namesOf, selectionWords } from '../../web/src/lib/selection-words.ts';
import { MOST_CHOSEN, walkAll } from '../../web/src/lib/walk.ts';
import { orphanNamed } from '../support/orphan.ts';
import { NOW } from '../support/status.ts';

const A = orphanNamed('a');
const B = orphanNamed('b');
const C = orphanNamed('c');
const LATER = '2026-11-23T03:13:00.000Z';

const listOf = (items: Orphan[], total = items.length): OrphanListAnswer => ({
  items,
  total,
  nextCursor: total > items.length ? 'more' : null,
  observedAt: NOW,
  stale: false,
});
const shown = { query: 'q', answer: listOf([A, B]) };
const chosenOf = (...orphans: Orphan[]) => new Map(orphans.map((orphan) => [keyOf(orphan), orphan]));

describe('choosing', () => {
  const one = stepOf(NOTHING_CHOSEN, { kind: 'choose', orphans: [A], shown });

  test('freezes the list as it was when the first was chosen, and no later one takes its place', () => {
    const later = { query: 'q', answer: listOf([C]) };
    const two = stepOf(one, { kind: 'choose', orphans: [B], shown: later });
    expect([...two.chosen.values()]).toEqual([A, B]);
    expect(two.frozen.get('q')).toBe(shown.answer);
    expect(stepOf(two, { kind: 'freeze', shown: later }).frozen.get('q')).toBe(shown.answer);
  });

  test('of what is resolved already does nothing', () => {
    const resolved = orphanNamed('r', { resolvedAt: NOW });
    expect(stepOf(one, { kind: 'choose', orphans: [resolved], shown }).chosen).toEqual(one.chosen);
  });

  test('the last one left unfreezes everything, and so does clearing', () => {
    expect(stepOf(one, { kind: 'leave', orphans: [A], shown })).toBe(NOTHING_CHOSEN);
    expect(stepOf(one, { kind: 'clear' })).toBe(NOTHING_CHOSEN);
    expect(stepOf(NOTHING_CHOSEN, { kind: 'freeze', shown })).toBe(NOTHING_CHOSEN);
  });

  test('of all that match counts what is new from then on', () => {
    const all = stepOf(one, { kind: 'choose_all', orphans: [A, B, C], total: 3, query: 'q' });
    expect(all.chosen.size).toBe(3);
    expect(all.frozen.get('q')?.total).toBe(3);
  });
});

describe('what is told of the list that goes on behind', () => {
  test('new are those that the whole list did not have', () => {
    expect(newSince(listOf([A, B]), listOf([B, C]), chosenOf(A))).toBe(1);
    expect(newSince(listOf([A, B]), listOf([A, B]), chosenOf(A))).toBe(0);
  });

  test('one that only moved up from another page is not new; one first seen since is', () => {
    const fresh = orphanNamed('d', { firstSeenAt: LATER });
    expect(newSince(listOf([A, B], 9), listOf([B, C], 8), chosenOf(A))).toBe(0);
    expect(newSince(listOf([A, B], 9), listOf([B, fresh], 9), chosenOf(A))).toBe(1);
    expect(newSince(listOf([A, B], 9), listOf([A, B], 12), chosenOf(A))).toBe(3);
  });

  test('missing are those chosen that were on this page and are not', () => {
    expect(missingFrom(listOf([A, B]), listOf([C]), chosenOf(A, C))).toEqual([A]);
  });

  test.each([
    [{}, '3 selected'],
    [{ fresh: 2 }, '3 selected · 2 new not shown'],
    [{ resolved: 1 }, '3 selected · 1 is resolved meanwhile'],
    [
      { resolved: 25, atLeast: true, elsewhere: 4 },
      '3 selected · 4 not on this page · at least 25 are resolved meanwhile',
    ],
    [{ left: 1 }, '3 selected · 1 held or waiting for a person: no sweep takes it'],
  ])('%j: %s', (facts, words) => {
    const none = { chosen: 3, elsewhere: 0, fresh: 0, resolved: 0, atLeast: false, left: 0 };
    expect(selectionWords({ ...none, ...facts })).toBe(words);
  });
});

describe('all that match', () => {
  const pages = (total: number) => {
    const all = Array.from({ length: total }, (_, n) => orphanNamed(`w-${n}`));
    return async (query: string): Promise<OrphanListAnswer> => {
      const asked = new URLSearchParams(query);
      const from = Number(asked.get('cursor') ?? 0);
      const to = from + Number(asked.get('limit'));
      return { ...listOf(all.slice(from, to), total), nextCursor: to < total ? String(to) : null };
    };
  };

  test('are fetched page by page, from the first on, whichever page is shown', async () => {
    const { orphans, total } = await walkAll('limit=50&state=stuck&cursor=50', pages(312));
    expect([orphans.length, total]).toEqual([312, 312]);
  });

  test('and never more than one sweep can be asked for', async () => {
    const { orphans, total } = await walkAll('limit=50', pages(1_312));
    expect([orphans.length, total]).toEqual([MOST_CHOSEN, 1_312]);
  });
});

test('the dialog names those that are meant, and of many the first', () => {
  const named = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ workspaceId: `w-${i + 1}`, workspaceName: i === 0 ? 'dev-1' : null }));
  expect(namesOf(named(2))).toBe('dev-1, w-2 and no others.');
  expect(namesOf(named(12))).toMatch(/, w-12 and no others\.$/);
  expect(namesOf(named(13))).toMatch(/, w-12 and 1 more\.$/);
});
