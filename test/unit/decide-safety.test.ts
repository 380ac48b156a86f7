import { describe, expect, it } from 'vitest';
import {
  type BreakerState,
  brakeLatches,
  brakeMoved,
  breakerAfter,
  goesAlone,
  looksOf,
  mayStop,
  nextLookMs,
  probeTurn,
  restMs,
  settle,
  sightOf,
  surgeWarning,
} from '../../server/sweep/decide.ts';
import { FAILURE_CLASSES, FAULTS, OUTCOMES, WHYS, type Why } from '../../server/sweep/outcome.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the breaker after an answer', () => {
  const CLOSED: BreakerState = { open: false, run: [] };
  const down = { class: 'timeout', fault: 'control_plane' } as const;
  const failing = (state: BreakerState, ...ids: string[]) =>
    ids.reduce((now, id) => breakerAfter(now, id, down), state);

  it('opens at the third different orphan in a row, not at the second', () => {
    expect(failing(CLOSED, 'a', 'b')).toEqual({ open: false, run: ['a', 'b'] });
    expect(failing(CLOSED, 'a', 'b', 'c')).toEqual({ open: true, run: ['a', 'b', 'c'] });
  });
  it('counts each orphan once, however often and in whatever order it fails', () => {
    expect(failing(CLOSED, 'a', 'a', 'a', 'b', 'a', 'b').open).toBe(false);
    expect(failing(CLOSED, 'a', 'b', 'a', 'c').open).toBe(true);
  });
  it('keeps the newest three of a run, so that the row does not grow', () => {
    expect(failing(CLOSED, 'a', 'b', 'c', 'd', 'e').run).toEqual(['c', 'd', 'e']);
  });
  it('stays open whatever fails by its fault', () => {
    expect(failing({ open: true, run: [] }, 'a')).toEqual({ open: true, run: ['a'] });
  });
  it.each([true, false])('forgets the run at an answer (open: %s)', (open) => {
    const state = { open, run: ['a', 'b'] };
    expect(breakerAfter(state, 'c', null)).toEqual(CLOSED);
    for (const fault of ['orphan', 'nobody'] as const) {
      expect(breakerAfter(state, 'c', { class: 'timeout', fault })).toEqual(CLOSED);
    }
  });
  it.each(FAILURE_CLASSES)('opens at once only where the control plane speaks of itself: %s', (failure) => {
    const atOnce = failure === 'unauthorized' || failure === 'throttled';
    expect(breakerAfter(CLOSED, 'a', { class: failure, fault: 'control_plane' }).open).toBe(atOnce);
    for (const fault of FAULTS.filter((one) => one !== 'control_plane')) {
      expect(breakerAfter(CLOSED, 'a', { class: failure, fault }).open).toBe(false);
    }
  });
  it('changes nothing that it was given', () => {
    const state = Object.freeze({ open: false, run: Object.freeze(['a', 'b']) });
    breakerAfter(state, 'c', down);
    expect(state).toEqual({ open: false, run: ['a', 'b'] });
  });
});

describe('how long nothing is asked', () => {
  it.each([
    [null, null],
    [0, 0],
    [90_000, 90_000],
    [10 * MINUTE, 10 * MINUTE],
    [10 * MINUTE + 1, 10 * MINUTE],
    [24 * HOUR, 10 * MINUTE],
  ])('asked for %s it is %s: ten minutes at the most', (asked, expected) => {
    expect(restMs(asked)).toBe(expected);
  });
});

describe('the turn of a probe', () => {
  it('begins with the newest that was never tried, and alternates', () => {
    expect([0, 1, 2, 3].map(probeTurn)).toEqual(['newest_untried', 'random', 'newest_untried', 'random']);
  });
});

describe('who goes alone', () => {
  it('is the one whose attempt before never came to an end, and nobody else', () => {
    expect([null, ...OUTCOMES].filter((lastOutcome) => goesAlone({ lastOutcome }))).toEqual(['interrupted']);
  });
});

describe('the brake', () => {
  it.each([
    [0, 0, false],
    [1, 0, true],
    [1_000, 1_000, false],
    [1_001, 1_000, true],
    [1_000_000, 'unlimited', false],
  ] as const)('with %i new ones and a limit of %s latches: %s', (inserted, limit, latches) => {
    expect(brakeLatches(inserted, limit)).toBe(latches);
  });
  it.each([
    [100, 110, false],
    [100, 111, true],
    [100, 100, false],
    [100, 3, false],
    [9, 10, true],
    [10, 11, false],
    [0, 0, false],
    [0, 1, true],
  ])('with %i on the screen and %i by now has moved: %s', (seen, waiting, moved) => {
    expect(brakeMoved(seen, waiting)).toBe(moved);
  });
});

describe('the warning below the brake', () => {
  it.each([
    [9, 50, false],
    [10, 50, true],
    [10, 100, true],
    [10, 101, false],
    [99, 1_000, false],
    [100, 1_000, true],
    [187, 1_000, true],
    [1_000, 1_000, true],
    [1_001, 1_000, false],
    [10, 0, false],
    [0, 0, false],
    [9_999, 'unlimited', false],
  ] as const)('with %i new ones and a limit of %s: %s', (count, limit, warns) => {
    expect(surgeWarning(count, limit)).toBe(warns);
  });
});

/** Of a platform whose rows do not name their instances. */
const CONTAINERS = { workspaceId: 'w', instanceId: null };

describe('whether a Stop may be sent', () => {
  const ROWS = {
    gone: undefined,
    'removed, same instance': { workspaceId: 'w', removed: true, instanceId: 'i-1' },
    'removed, no instance': { workspaceId: 'w', removed: true, instanceId: null },
    'removed, another instance': { workspaceId: 'w', removed: true, instanceId: 'i-2' },
    'live, same instance': { workspaceId: 'w', removed: false, instanceId: 'i-1' },
    'live, no instance': { workspaceId: 'w', removed: false, instanceId: null },
    'live, another instance': { workspaceId: 'w', removed: false, instanceId: 'i-2' },
    'removed, its container is there': { ...CONTAINERS, removed: true, containers: ['i-0', 'i-1'] },
    'removed, its container is gone': { ...CONTAINERS, removed: true, containers: ['i-0'] },
    'live, its container is there': { ...CONTAINERS, removed: false, containers: ['i-1'] },
    'live, its container is gone': { ...CONTAINERS, removed: false, containers: [] },
  };
  type Row = keyof typeof ROWS;
  const ALLOWED: Readonly<Record<Why, readonly Row[]>> = {
    removed: ['removed, same instance', 'removed, its container is there'],
    row_gone: ['gone', 'removed, same instance', 'removed, its container is there'],
    reappeared: [
      'gone',
      'removed, same instance',
      'removed, no instance',
      'removed, its container is there',
      'removed, its container is gone',
    ],
    replaced: [],
    no_row: ['gone'],
  };
  const every = WHYS.flatMap((why) => (Object.keys(ROWS) as Row[]).map((row) => [why, row] as const));
  it.each(every)('%s, and its row is %s', (why, row) => {
    expect(mayStop({ why, instanceId: 'i-1' }, ROWS[row])).toBe(ALLOWED[why].includes(row));
  });
});

describe('second looks', () => {
  it.each([
    [0, 1],
    [1, 1],
    [9, 1],
    [19, 1],
    [20, 2],
    [100, 10],
    [1_005, 100],
  ])('of a limit of %i are %i at the most', (limit, looks) => {
    expect(looksOf(limit)).toBe(looks);
  });

  it.each([
    ['terminated', 'terminated'],
    ['not_found', 'terminated'],
    ['running', 'running'],
    ['pending', 'again'],
    ['stopping', 'again'],
    ['stopped', 'again'],
    ['shutting-down', 'unconfirmed'],
    ['', 'unconfirmed'],
    ['Running', 'unconfirmed'],
    ['constructor', 'unconfirmed'],
  ])('the word "%s" is %s: only proof counts', (word, sight) => {
    expect(sightOf(word)).toBe(sight);
  });

  it('come twice as late each time, up to an hour, or as late as they are set to', () => {
    expect([0, 1, 2, 3, 4, 40].map((looks) => nextLookMs(looks, 5 * MINUTE) / MINUTE)).toEqual([5, 10, 20, 40, 60, 60]);
    expect(nextLookMs(3, 2 * HOUR)).toBe(2 * HOUR);
  });
});

describe('an accepted Stop of one that has kept running', () => {
  const by = { intervalMs: MINUTE, secondLookMs: 5 * MINUTE, random: 1 };
  const stopped = (why: Why, change: Partial<typeof by> = {}, failures = 1) =>
    settle({ outcome: 'stopped', fault: null, failures, why }, { ...by, ...change });

  it('resolves nothing: it stays open and stuck until a look says that it is gone', () => {
    expect(stopped('reappeared')).toEqual({
      resolution: null,
      failures: 1,
      nextAttemptMs: 5 * MINUTE,
      stuck: 'now',
      look: 'due',
    });
  });
  it('is followed by a look before the next Stop, and by its backoff', () => {
    expect(stopped('reappeared', { random: 0 }, 9).nextAttemptMs).toBe(5 * MINUTE);
    expect(stopped('reappeared', {}, 6).nextAttemptMs).toBe(32 * MINUTE);
    expect(stopped('reappeared', {}, 30).nextAttemptMs).toBe(HOUR);
  });
  it('is filed away unconfirmed where nobody looks again', () => {
    expect(stopped('reappeared', { secondLookMs: 0 })).toMatchObject({ resolution: 'stopped', look: 'unconfirmed' });
  });
  it.each(WHYS.filter((why) => why !== 'reappeared'))('but resolves any other, and looks once more: %s', (why) => {
    expect(stopped(why)).toMatchObject({ resolution: 'stopped', look: 'due', stuck: 'as_it_was', nextAttemptMs: null });
    expect(stopped(why, { secondLookMs: 0 })).toMatchObject({ resolution: 'stopped', look: null });
  });
  it('counts its failures as any other, and is resolved when the backend says that it is gone', () => {
    const of = (outcome: 'failed' | 'already_gone') =>
      settle({ outcome, fault: 'orphan', failures: 4, why: 'reappeared' }, by);
    expect(of('failed')).toMatchObject({ resolution: null, failures: 5, stuck: 'now', nextAttemptMs: 16 * MINUTE });
    expect(of('already_gone')).toMatchObject({ resolution: 'already_gone', look: null });
  });
});
