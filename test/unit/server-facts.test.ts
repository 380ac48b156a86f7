import { describe, expect, it } from 'vitest';
import type { ConfigAnswer } from '../../server/api/config.ts';
import { knownAs, positiveControlWords } from '../../web/src/lib/server-facts.ts';
import { quietStatus } from '../support/status.ts';

const settings = (positiveControl: boolean): ConfigAnswer => ({
  version: '1',
  replica: 'r',
  settings: [
    {
      name: 'POSITIVE_CONTROL',
      value: positiveControl,
      source: 'default',
      secret: false,
      set: true,
      meaning: '',
      wants: '',
    },
  ],
});
const { backend } = quietStatus();

describe('the positive control', () => {
  it.each([
    [{ positiveControl: 'known' as const }, true, /^The control plane knows/],
    [{ positiveControl: 'unknown' as const }, true, /^Not known: /],
    [
      { positiveControl: 'not_known' as const, positiveControlMessage: 'It knows none of 5.' },
      true,
      /^It knows none of 5\.$/,
    ],
    [{ positiveControl: 'not_known' as const }, true, /^The control plane does not know/],
    // What was found before it was switched off proves nothing for now.
    [{ positiveControl: 'known' as const }, false, /^Not asked: POSITIVE_CONTROL is false/],
  ])('%j, switched on: %s', (change, enabled, words) => {
    expect(positiveControlWords({ backend: { ...backend, ...change } }, settings(enabled))).toMatch(words);
  });
});

it('of containers there is no positive control, since the engine lists them', () => {
  expect(positiveControlWords({ backend: { ...backend, kind: 'docker' } }, settings(true))).toBe(
    'Not needed: the Docker Engine lists the containers itself',
  );
});

describe('the platform that the tenant is known as', () => {
  it.each([
    ['a', 'a', null],
    ['a', 'b', 'b'],
    ['a', null, null],
    [null, null, null],
  ])('set up for %s, known as %s: told is %s', (here, known, told) => {
    expect(knownAs({ fingerprints: { here, known } })).toBe(told);
  });
});
