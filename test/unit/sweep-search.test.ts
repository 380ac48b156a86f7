import { describe, expect, test } from 'vitest';
import { attemptQuery, attemptSearch, folds, sweepQuery, sweepSearch } from '../../web/src/lib/sweep-search.ts';

describe('the address of the history', () => {
  test('keeps what is known, and nothing else', () => {
    const known = { trigger: 'manual', result: 'failed', quiet: true, after: 'WyJ4Il0' };
    expect(sweepSearch({ ...known, utm_source: 'chat' })).toEqual(known);
    expect(sweepSearch({ trigger: 'cron', result: 'done', quiet: false, after: '' })).toEqual({});
    expect(sweepSearch({ trigger: 5, result: null, quiet: 'true', after: { a: 1 } })).toEqual({});
  });

  test('keeps a page that is none: who was sent it must not be shown another', () => {
    expect(sweepSearch({ after: 'nonsense' })).toEqual({ after: 'nonsense' });
    expect(sweepSearch({ after: 12 })).toEqual({ after: '12' });
  });

  test('folds what found nothing, unless it was asked for', () => {
    expect(sweepQuery({})).toBe('limit=50&quiet=false');
    expect(sweepQuery({ trigger: 'boot', after: 'abc' })).toBe('limit=50&trigger=boot&quiet=false&cursor=abc');
    expect(sweepQuery({ quiet: true })).toBe('limit=50');
    expect(sweepQuery({ result: 'nothing_to_do' })).toBe('limit=50&result=nothing_to_do');
    expect([{}, { trigger: 'boot' as const }].every(folds)).toBe(true);
  });
});

describe('the address of a sweep', () => {
  test('keeps the outcome that is known, and the page', () => {
    expect(attemptSearch({ outcome: 'failed', after: 'abc', x: 1 })).toEqual({ outcome: 'failed', after: 'abc' });
    expect(attemptSearch({ outcome: 'lost' })).toEqual({});
  });

  test('asks for a page of them', () => {
    expect(attemptQuery({})).toBe('limit=50');
    expect(attemptQuery({ outcome: 'would_stop', after: 'abc' })).toBe('limit=50&outcome=would_stop&cursor=abc');
  });
});
