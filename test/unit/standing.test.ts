import { expect, it } from 'vitest';
import { standingWords } from '../../web/src/lib/standing.ts';
import { VERDICT_KINDS } from '../../web/src/lib/verdict.ts';

it('a standing sweep is said where nothing is stopped by itself, and only there', () => {
  expect(VERDICT_KINDS.filter((kind) => standingWords(kind) !== null)).toEqual([
    'disabled',
    'brake',
    'late',
    'platform_failing',
    'not_known',
    'paused',
  ]);
});
