import { expect, it } from 'vitest';
import { standingWords } from '../../web/src/lib/standing.ts';
import { VERDICT_KINDS } from '../../web/src/lib/verdict.ts';

it('a standing sweep is said where nothing is stopped by itself, and only there', () => {
  expect(VERDICT_KINDS.filter((kind) => standingWords(kind, 'control-plane') !== null)).toEqual([
    'disabled',
    'brake',
    'late',
    'platform_failing',
    'not_known',
    'paused',
  ]);
});

it('where containers are stopped a platform that cannot be looked at may be the engine that lists them', () => {
  expect(standingWords('platform_failing', 'docker')).toBe(
    'The Docker Engine or the platform database cannot be asked: nothing is stopped',
  );
  expect(
    VERDICT_KINDS.filter((kind) => (standingWords(kind, 'docker') === null) !== (standingWords(kind, null) === null)),
  ).toEqual([]);
});
