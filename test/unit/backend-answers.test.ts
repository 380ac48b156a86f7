import { describe, expect, test } from 'vitest';
import { type BackendAnswer, backendState } from '../../server/sweep/backend-answers.ts';
import type { FailureClass } from '../../server/sweep/outcome.ts';

const stopped = (orphanId: string): BackendAnswer => ({ orphanId, outcome: 'stopped', class: null, fault: null });
const failed = (orphanId: string, failure: FailureClass, fault: BackendAnswer['fault'] = 'control_plane') => ({
  orphanId,
  outcome: 'failed' as const,
  class: failure,
  fault,
});

describe('what the last Stops say of the backend', () => {
  test('nothing asked yet: unknown', () => {
    expect(backendState([])).toBe('unknown');
  });

  test('the newest was accepted, whatever came before: answering', () => {
    expect(backendState([stopped('a'), failed('b', 'transient'), failed('c', 'transient')])).toBe('answering');
  });

  test("the newest failed by its orphan's own fault: it answered", () => {
    expect(backendState([failed('a', 'rejected', 'orphan')])).toBe('answering');
    expect(backendState([failed('a', 'timeout', 'orphan')])).toBe('answering');
  });

  test.each(['transient', 'timeout'] as const)('one orphan alone that fails with %s tells nothing of it', (failure) => {
    expect(backendState([failed('a', failure), failed('a', failure), failed('a', failure)])).toBe('unknown');
    expect(backendState([failed('a', failure), failed('b', failure), stopped('c')])).toBe('unknown');
  });

  test('three different orphans in a row: failing, or not answering where nothing came back', () => {
    expect(backendState(['a', 'b', 'c'].map((id) => failed(id, 'transient')))).toBe('failing');
    expect(backendState(['a', 'b', 'c'].map((id) => failed(id, 'timeout')))).toBe('not_answering');
  });

  test.each([
    ['unreachable', 'not_answering'],
    ['unauthorized', 'failing'],
    ['throttled', 'failing'],
  ] as const)('%s says something of it, whoever asked: %s', (failure, state) => {
    expect(backendState([failed('a', failure), stopped('b')])).toBe(state);
  });
});
