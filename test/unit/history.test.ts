import { describe, expect, test } from 'vitest';
import type { ListedSweep } from '../../server/api/sweeps.ts';
import { dayOf, dayWords } from '../../web/src/lib/day.ts';
import { historyOf } from '../../web/src/lib/history.ts';
import { lengthOf, whyItRan } from '../../web/src/lib/sweep-words.ts';

function sweep(requestedAt: string, change: Partial<ListedSweep> = {}): ListedSweep {
  return {
    id: requestedAt,
    tenant: 'default',
    trigger: 'interval',
    workspaceIds: null,
    requestedBy: null,
    requestVerified: false,
    reason: null,
    dryRun: false,
    drain: false,
    requestedAt,
    startedAt: requestedAt,
    finishedAt: requestedAt,
    cancelRequestedAt: null,
    cancelRequestedBy: null,
    cancelVerified: false,
    result: 'cleared',
    claimed: 1,
    counts: {},
    looks: 0,
    open: 0,
    stuck: 0,
    error: null,
    replica: 'one',
    joined: false,
    ...change,
  };
}

describe('the history', () => {
  const [late, early] = ['2026-11-23T03:12:04.000Z', '2026-11-22T23:59:59.000Z'];

  test('stands by days, each fold behind the sweep that came right after it', () => {
    const items = [sweep(late, { quietBefore: 3, quietCursor: 'c1' }), sweep(early, { quietBefore: 0 })];
    const days = historyOf({ items, nextCursor: null, quietAfter: 7 }, 'utc');
    expect(days.map(({ day, lines }) => [day, lines.map(({ kind }) => kind)])).toEqual([
      [null, ['quiet']],
      ['2026-11-23', ['sweep', 'quiet']],
      ['2026-11-22', ['sweep']],
    ]);
    expect(days.flatMap(({ lines }) => lines).filter(({ kind }) => kind === 'quiet')).toEqual([
      { kind: 'quiet', count: 7, after: null },
      { kind: 'quiet', count: 3, after: 'c1' },
    ]);
  });

  test('has one heading for a day, however many sweeps it had, and none where there was no sweep', () => {
    const items = [sweep(late), sweep('2026-11-23T00:00:00.000Z')];
    expect(historyOf({ items, nextCursor: null }, 'utc').map(({ lines }) => lines.length)).toEqual([2]);
    expect(historyOf({ items: [], nextCursor: null, quietAfter: 0 }, 'utc')).toEqual([]);
  });
});

describe('a day', () => {
  test('is named by its date, and by how near it is', () => {
    expect(dayOf(Date.parse('2026-11-23T23:59:59.999Z'), 'utc')).toBe('2026-11-23');
    expect(dayWords('2026-11-23', '2026-11-23')).toBe('Today, Monday 2026-11-23');
    expect(dayWords('2026-11-22', '2026-11-23')).toBe('Yesterday, Sunday 2026-11-22');
    expect(dayWords('2026-11-21', '2026-11-23')).toBe('Saturday 2026-11-21');
    expect(dayWords('2026-11-23', null)).toBe('Monday 2026-11-23');
  });
});

describe('the words about a sweep', () => {
  test('say why it ran and how long it took', () => {
    expect(whyItRan(sweep('', { trigger: 'manual', dryRun: true }))).toBe('By hand, as a dry run');
    expect(whyItRan(sweep('', { trigger: 'manual', drain: true }))).toBe('By hand, to sweep all');
    const at = (finishedAt: string | null) => sweep('', { startedAt: '2026-11-23T03:00:00.000Z', finishedAt });
    expect(lengthOf(at('2026-11-23T03:00:01.240Z'))).toBe('1.2 s');
    expect(lengthOf(at('2026-11-23T03:02:00.000Z'))).toBe('2 min');
    expect(lengthOf(at(null))).toBeNull();
  });
});
