import { describe, expect, it } from 'vitest';
import {
  backoffMs,
  brakeMoved,
  concludeVanished,
  judgeFault,
  mayBegin,
  messagePattern,
  settle,
  surgeWarning,
  sweepResult,
  type Vanished,
} from '../../server/sweep/decide.ts';
import { FAILURE_CLASSES, type FailureClass, type Fault } from '../../server/sweep/outcome.ts';

const MINUTE = 60_000;
const BY = { intervalMs: MINUTE, secondLookMs: 5 * MINUTE, random: 1 };

describe('whose fault a failure was', () => {
  const table: Record<FailureClass, readonly [before: Fault, after: Fault]> = {
    unreachable: ['control_plane', 'orphan'],
    timeout: ['control_plane', 'orphan'],
    transient: ['control_plane', 'orphan'],
    throttled: ['control_plane', 'control_plane'],
    unauthorized: ['control_plane', 'control_plane'],
    forbidden: ['orphan', 'orphan'],
    in_progress: ['orphan', 'orphan'],
    rejected: ['orphan', 'orphan'],
    platform: ['nobody', 'nobody'],
  };
  it.each(FAILURE_CLASSES)('judges %s before and after a Stop has succeeded', (failure) => {
    expect([judgeFault(failure, false), judgeFault(failure, true)]).toEqual(table[failure]);
  });
});

describe('backoff', () => {
  it('is one interval for the first failure, so that the first retry stays quick', () => {
    expect([backoffMs(1, MINUTE, 0), backoffMs(1, MINUTE, 0.999)]).toEqual([MINUTE, MINUTE]);
  });
  it('is never less than one interval, whatever the jitter says', () => {
    for (let failures = 0; failures < 50; failures++) {
      expect(backoffMs(failures, MINUTE, 0)).toBe(MINUTE);
    }
  });
  it('doubles with every failure up to an hour, full jitter on the part above one interval', () => {
    expect([2, 3, 4, 6, 7, 40].map((failures) => backoffMs(failures, MINUTE, 1) / MINUTE)).toEqual([
      2, 4, 8, 32, 60, 60,
    ]);
    expect(backoffMs(3, MINUTE, 0.5)).toBe(2.5 * MINUTE);
  });
  it('is one interval where that is an hour', () => {
    expect(backoffMs(9, 60 * MINUTE, 1)).toBe(60 * MINUTE);
  });
});

describe('slow start', () => {
  const pace = { begun: 0, inFlight: 0, finishing: 0, answered: false };
  it('begins three at most before the first answer', () => {
    expect(mayBegin(pace, 10)).toBe(3);
    expect(mayBegin({ ...pace, begun: 3, inFlight: 3 }, 10)).toBe(0);
  });
  it('gives no place back for a failure', () => {
    expect(mayBegin({ ...pace, begun: 3, inFlight: 0 }, 10)).toBe(0);
    expect(mayBegin({ ...pace, begun: 2, inFlight: 0 }, 10)).toBe(1);
  });
  it('opens the full width after the first answer', () => {
    expect(mayBegin({ ...pace, begun: 3, inFlight: 2, answered: true }, 10)).toBe(8);
  });
  it('counts no place for one that is answered, until as many wait to be written down', () => {
    expect(mayBegin({ begun: 30, inFlight: 9, finishing: 9, answered: true }, 10)).toBe(1);
    expect(mayBegin({ begun: 30, inFlight: 0, finishing: 10, answered: true }, 10)).toBe(0);
  });
  it('never exceeds the concurrency, be it below three', () => {
    expect(mayBegin(pace, 1)).toBe(1);
    expect(mayBegin({ ...pace, begun: 1, inFlight: 1 }, 1)).toBe(0);
    expect(mayBegin({ ...pace, begun: 2, inFlight: 0 }, 1)).toBe(1);
  });
});

describe('what an attempt does to its orphan', () => {
  const of = (outcome: 'failed' | 'clear_failed' | 'interrupted' | 'shared' | 'stopped_live', fault: Fault | null) =>
    settle({ outcome, fault, failures: 3, why: 'removed' }, BY);

  it.each(['stopped', 'already_gone'] as const)('resolves it after %s', (outcome) => {
    expect(settle({ outcome, fault: null, failures: 3, why: 'removed' }, BY).resolution).toBe(outcome);
  });
  it('counts only failures of its own', () => {
    expect(of('failed', 'orphan').failures).toBe(4);
    expect(of('failed', 'control_plane')).toEqual({
      resolution: null,
      failures: 3,
      nextAttemptMs: MINUTE,
      stuck: 'after_a_while',
      look: null,
    });
    expect(of('failed', 'nobody').failures).toBe(3);
    expect(of('interrupted', null).failures).toBe(3);
  });
  it('needs a person at once after the fifth failure of its own, when shared and when stopped while restored', () => {
    expect(
      settle({ outcome: 'failed', fault: 'orphan', failures: 4, why: 'removed' }, { ...BY, random: 0 }).stuck,
    ).toBe('now');
    expect(of('failed', 'orphan').stuck).toBe('after_a_while');
    expect(of('shared', null).stuck).toBe('now');
    expect(of('stopped_live', null).stuck).toBe('now');
  });
  it.each([
    ['failed', 'orphan', 3, 'after_a_while'],
    ['failed', 'control_plane', 2, 'after_a_while'],
    ['clear_failed', 'nobody', 3, 'after_a_while'],
    ['shared', null, 3, 'now'],
    ['interrupted', null, 2, 'after_a_while'],
    ['stopped_live', null, 2, 'now'],
    ['stopped', null, 2, 'as_it_was'],
    ['already_gone', null, 2, 'as_it_was'],
  ] as const)('%s by the fault of %s, the third time: %i failures, stuck %s', (outcome, fault, failures, stuck) => {
    const settled = settle({ outcome, fault, failures: 2, why: 'removed' }, BY);
    const backoff = failures === 3 ? 4 * MINUTE : MINUTE;
    const resolved = outcome === 'stopped' || outcome === 'already_gone';
    expect(settled).toMatchObject({ failures, stuck, nextAttemptMs: resolved ? null : backoff });
  });
  it('leaves nothing open without moving it back by an interval', () => {
    for (const outcome of ['failed', 'clear_failed', 'interrupted', 'shared', 'stopped_live'] as const) {
      expect(of(outcome, 'orphan').nextAttemptMs).toBeGreaterThanOrEqual(MINUTE);
    }
  });
});

describe('a vanished row', () => {
  const orphan: Vanished = { instanceId: 'i-1', why: 'removed', lastOutcome: null, mayBeStopped: false };
  const row = (removed: boolean, instanceId: string | null) => ({ workspaceId: 'w', removed, instanceId });

  it('gone is kept', () => {
    expect(concludeVanished(orphan, undefined)).toEqual({ kind: 'kept', why: 'row_gone' });
  });
  it('still removed with the same instance was never missing', () => {
    expect(concludeVanished(orphan, row(true, 'i-1'))).toEqual({ kind: 'listed' });
  });
  it('removed without an id was resolved by others, or by a Stop of ours whose end was lost', () => {
    const external = { kind: 'resolved', resolution: 'external', unconfirmed: false };
    expect(concludeVanished(orphan, row(true, null))).toEqual(external);
    for (const lastOutcome of ['interrupted', 'clear_failed'] as const) {
      expect(concludeVanished({ ...orphan, lastOutcome }, row(true, null))).toEqual({
        kind: 'resolved',
        resolution: 'stopped',
        unconfirmed: true,
      });
    }
  });
  it('live with the same instance was restored, unless a Stop may have hit it', () => {
    expect(concludeVanished(orphan, row(false, 'i-1'))).toEqual({
      kind: 'resolved',
      resolution: 'restored',
      unconfirmed: false,
    });
    expect(concludeVanished({ ...orphan, lastOutcome: 'interrupted' }, row(false, 'i-1')).kind).toBe('stopped_live');
    expect(concludeVanished({ ...orphan, mayBeStopped: true }, row(false, 'i-1')).kind).toBe('stopped_live');
  });
  it.each([
    ['reappeared', undefined, { kind: 'kept', why: 'reappeared' }],
    ['reappeared', row(true, null), { kind: 'kept', why: 'reappeared' }],
    ['reappeared', row(true, 'i-1'), { kind: 'listed' }],
    ['reappeared', row(true, 'i-2'), { kind: 'kept', why: 'replaced' }],
    ['reappeared', row(false, 'i-1'), { kind: 'stopped_live' }],
    ['row_gone', undefined, { kind: 'kept', why: 'row_gone' }],
    ['row_gone', row(true, null), { kind: 'resolved', resolution: 'external', unconfirmed: false }],
    ['no_row', undefined, { kind: 'kept', why: 'row_gone' }],
    ['replaced', undefined, { kind: 'kept', why: 'replaced' }],
  ] as const)('of one that is %s, and is now %j: %j', (why, now, conclusion) => {
    expect(concludeVanished({ ...orphan, why }, now)).toEqual(conclusion);
  });
  it.each([row(false, 'i-2'), row(true, 'i-2'), row(false, null)])('%j says nothing of our instance', (now) => {
    expect(concludeVanished(orphan, now)).toEqual({ kind: 'kept', why: 'replaced' });
  });
  it('does not let go of a replaced one when its row loses the other id', () => {
    expect(concludeVanished({ ...orphan, why: 'replaced' }, row(true, null))).toEqual({
      kind: 'kept',
      why: 'replaced',
    });
  });
  it.each([undefined, row(true, null), row(false, 'i-1'), row(false, 'i-2')])(
    'never files a stopped_live away, whatever its row says (%j)',
    (now) => {
      expect(concludeVanished({ ...orphan, lastOutcome: 'stopped_live' }, now).kind).toBe('stopped_live');
    },
  );
});

describe('the result of a sweep', () => {
  const tally = { dryRun: false, told: false, cancelled: false, claimed: 3, counts: {} };
  it.each([
    ['nothing_to_do', { claimed: 0 }],
    ['skipped', {}],
    ['cleared', { counts: { stopped: 2, already_gone: 1 } }],
    ['cleared', { counts: { stopped: 2, superseded: 1 } }],
    ['partial', { counts: { stopped: 2, failed: 1 } }],
    ['failed', { counts: { failed: 3 } }],
    ['failed', { counts: { stopped_live: 1 } }],
    ['dry_run', { dryRun: true, counts: { would_stop: 3 } }],
    ['skipped', { dryRun: true }],
    ['interrupted', { told: true, counts: { stopped: 1 } }],
    ['interrupted', { told: true, claimed: 0 }],
    ['interrupted', { told: true, counts: { stopped: 2, interrupted: 1 } }],
    ['cleared', { told: true, counts: { stopped: 3 } }],
    ['cancelled', { cancelled: true, counts: { stopped: 2 } }],
    ['cancelled', { cancelled: true, claimed: 0 }],
    ['cancelled', { cancelled: true, told: true, counts: { stopped: 2 } }],
    ['cleared', { cancelled: true, counts: { stopped: 3 } }],
    ['failed', { cancelled: true, counts: { failed: 3 } }],
  ] as const)('is %s for %j', (result, of) => {
    expect(sweepResult({ ...tally, ...of })).toBe(result);
  });
});

describe('the pattern of a message', () => {
  it('is the same for messages that differ in ids and numbers only', () => {
    const one = messagePattern('malformed id i-0abc12 of 3f2504e0-4f89-11d3-9a0c-0305e82c3301 (attempt 4)');
    expect(messagePattern('malformed id i-99ff01 of 7d444840-9dc0-11d1-b245-5ffdce74fad2 (attempt 12)')).toBe(one);
  });
  it.each([
    ['no route for i-0abc12', 'no route for …'],
    ['row abcdefab-cdef-abcd-efab-cdefabcdefab', 'row …'],
    ['row ABCDEFAB-cdef-abcd-efab-cdefabcdefab.', 'row ….'],
    ['bcdefab-cdef-abcd-efab-cdefabcdefab', 'bcdefab-cdef-abcd-efab-cdefabcdefab'],
    ['abcdefab-cde-abcd-efab-cdefabcdefab', 'abcdefab-cde-abcd-efab-cdefabcdefab'],
    ['abcdefab-cdef-abc-efab-cdefabcdefab', 'abcdefab-cdef-abc-efab-cdefabcdefab'],
    ['abcdefab-cdef-abcd-efa-cdefabcdefab', 'abcdefab-cdef-abcd-efa-cdefabcdefab'],
    ['abcdefab-cdef-abcd-efab-cdefabcdefa', 'abcdefab-cdef-abcd-efab-cdefabcdefa'],
    ['answered 503 after 12 s', 'answered … after … s'],
    ['host-a7 (short)', '… (short)'],
    ['a7-host (long enough), x7 not', '… (long enough), x… not'],
  ])('of %j is %j', (message, pattern) => {
    expect(messagePattern(message)).toBe(pattern);
  });
  it('is no longer than 200 characters', () => {
    expect(messagePattern('x'.repeat(500))).toBe('x'.repeat(200));
  });
  it('keeps what says why', () => {
    expect(messagePattern('connection refused (ECONNREFUSED)')).toBe('connection refused (ECONNREFUSED)');
  });
});

describe('a surge below the brake', () => {
  it.each([
    [99, 1000, false],
    [100, 1000, true],
    [1000, 1000, true],
    [1001, 1000, false],
    [9, 50, false],
    [10, 50, true],
    [10, 10, true],
    [10, 9, false],
    [10, 0, false],
    [1_000_000, 'unlimited', false],
  ] as const)('%i new ones under a limit of %s: a word is said: %s', (newOrphans, limit, warned) => {
    expect(surgeWarning(newOrphans, limit)).toBe(warned);
  });
});

describe('the number on the screen of who releases the brake', () => {
  it.each([
    [0, 0, false],
    [0, 1, true],
    [9, 10, true],
    [10, 11, false],
    [10, 12, true],
    [1204, 1324, false],
    [1204, 1325, true],
    [50, 1, false],
  ])('%i, while %i wait: moved: %s', (seen, waiting, moved) => {
    expect(brakeMoved(seen, waiting)).toBe(moved);
  });
});
