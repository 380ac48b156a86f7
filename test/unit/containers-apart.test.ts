import { describe, expect, it } from 'vitest';
import type { ConfigAnswer } from '../../server/api/config.ts';
import { leftAloneWords, withoutRowWords } from '../../web/src/lib/containers-apart.ts';

const one = (name: string, value: boolean | number) =>
  ({ name, value, source: 'environment', secret: false, set: true, meaning: '', wants: '' }) as const;
const settings = (sweeps: boolean, seconds = 600): ConfigAnswer => ({
  version: '1',
  replica: 'r',
  settings: [one('DOCKER_SWEEP_UNKNOWN', sweeps), one('DOCKER_UNKNOWN_GRACE_SECONDS', seconds)],
});

describe('containers without a row', () => {
  it.each([
    [3, settings(false), 'Containers without a row: 3. Reported only.'],
    [
      1_204,
      settings(true),
      'Containers without a row: 1,204. Stopped once two looks at least 10 min apart have missed their row.',
    ],
    [
      1,
      settings(true, 90),
      'Containers without a row: 1. Stopped once two looks at least 90 s apart have missed their row.',
    ],
    // Whether they are stopped is not known before the settings are.
    [3, null, 'Containers without a row: 3.'],
    [0, settings(false), null],
  ])('%i of them', (total, known, words) => {
    expect(withoutRowWords(total, known)).toBe(words);
  });
});

describe('containers that are left alone', () => {
  const named = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ instanceId: `c-${n}`, name: `ws-${n}`, reason: 'Two rows begin so.' }));

  it('are not mentioned where there is none', () => expect(leftAloneWords([])).toBeNull());

  it('are named, each with the reason', () => {
    expect(leftAloneWords(named(1))).toEqual({
      headline: '1 container is left alone:',
      lines: ['ws-0: Two rows begin so.'],
      more: null,
    });
  });

  it.each([
    [5, 5, null],
    [6, 5, 'and 1 more'],
    [1_205, 5, 'and 1,200 more'],
  ])('%i of them: %i are named, %s', (count, shown, more) => {
    const told = leftAloneWords(named(count));
    expect(told?.headline).toMatch(/^[\d,]+ containers are left alone:$/);
    expect(told?.lines).toHaveLength(shown);
    expect(told?.more).toBe(more);
  });
});
