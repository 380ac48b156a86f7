import { beforeEach, describe, expect, it } from 'vitest';
import type { Repeatable } from '../../server/sweep/log.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { type RecordedLog, recordLog } from '../support/recorded-log.ts';

const MINUTE = 60_000;

let clock: FakeClock;
let recorded: RecordedLog;
beforeEach(() => {
  clock = createFakeClock();
  recorded = recordLog(clock, { level: 'info' });
});

const timeout = (more: Partial<Repeatable> = {}): Repeatable => ({
  of: 'attempt',
  kind: 'failed timeout',
  reason: 'No answer within 10 s',
  level: 'warn',
  fields: { instanceId: 'i-1' },
  message: 'No answer within 10 s',
  ...more,
});
const sayTimes = (count: number, one = timeout()): void => {
  for (let i = 0; i < count; i += 1) recorded.repeats.say(one);
};

describe('what repeats itself', () => {
  it('is said in full once, and then once in ten minutes with how many there were', () => {
    for (let minute = 0; minute < 30; minute += 1) {
      sayTimes(10);
      clock.advance(MINUTE);
    }
    expect(recorded.said()).toEqual([
      'warn No answer within 10 s',
      'warn No answer within 10 s (99 more in 10 min)',
      'warn No answer within 10 s (100 more in 10 min)',
    ]);
    recorded.repeats.tellDue();
    expect(recorded.said().at(-1)).toBe('warn No answer within 10 s (100 more in 10 min)');
    expect(recorded.lines().at(-1)).toMatchObject({ instanceId: 'i-1', more: 100 });
  });

  it('is counted whatever ids, numbers and addresses are in it, and apart from what failed in another way', () => {
    const of = (instance: string, kind = 'failed rejected') =>
      sayTimes(1, timeout({ kind, reason: `no instance ${instance}`, message: `no instance ${instance}` }));
    of('i-0123456789abcdef0');
    of('i-0fedcba9876543210');
    of('i-0123456789abcdef0', 'failed forbidden');
    clock.advance(10 * MINUTE);
    recorded.repeats.tellDue();
    expect(recorded.said()).toEqual([
      'warn no instance i-0123456789abcdef0',
      'warn no instance i-0fedcba9876543210 (1 more in 0 s)',
      'warn no instance i-0123456789abcdef0',
    ]);
  });

  it('is told when another cause comes, before it, and only of the same thing', () => {
    sayTimes(4);
    sayTimes(3, timeout({ of: 'request' }));
    clock.advance(90_000);
    sayTimes(1, timeout({ reason: 'refused', message: 'refused' }));
    expect(recorded.said()).toEqual([
      'warn No answer within 10 s',
      'warn No answer within 10 s',
      'warn No answer within 10 s (3 more in 90 s)',
      'warn refused',
    ]);
  });

  it('is told at the end, once; what was said already is not', () => {
    sayTimes(3);
    sayTimes(1, timeout({ of: 'request' }));
    recorded.repeats.tellAll();
    recorded.repeats.tellAll();
    expect(recorded.said()).toEqual([
      'warn No answer within 10 s',
      'warn No answer within 10 s',
      'warn No answer within 10 s (2 more in 0 s)',
    ]);
  });

  it('is news again when it has been quiet for ten minutes', () => {
    sayTimes(1);
    clock.advance(10 * MINUTE);
    sayTimes(1);
    expect(recorded.said()).toEqual(['warn No answer within 10 s', 'warn No answer within 10 s']);
  });

  it('is there each time for whoever wants to see everything', () => {
    recorded = recordLog(clock, { level: 'debug' });
    sayTimes(3);
    expect(recorded.said('debug')).toHaveLength(2);
    expect(recorded.lines()).toHaveLength(3);
  });

  it('takes no more room and no more lines than for fifty causes: what comes beyond is counted together', () => {
    const words = (index: number) => [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    for (let i = 0; i < 5_000; i += 1) sayTimes(1, timeout({ reason: words(i), message: words(i) }));
    expect(recorded.said()).toHaveLength(51);
    clock.advance(10 * MINUTE);
    recorded.repeats.tellDue();
    expect(recorded.said()).toHaveLength(52);
    expect(recorded.said().at(-1)).toBe(`warn ${words(4_999)} (4949 more for several causes in 10 min)`);
    // The quiet ones have made room.
    sayTimes(1);
    expect(recorded.said().at(-1)).toBe('warn No answer within 10 s');
  });
});

describe('what works again', () => {
  const fail = (reason = 'connect ECONNREFUSED 127.0.0.1:5432') =>
    recorded.repeats.fails('loop', 'error', new Error('outer', { cause: new Error(reason) }), 'A sweep could not run');
  const work = () => recorded.repeats.works('loop', 'Sweeping works again');

  it('is said once, with how often it had failed; and the next failure is said in full', () => {
    work();
    for (let second = 0; second < 180; second += 1) {
      fail();
      clock.advance(1_000);
    }
    work();
    work();
    fail();
    expect(recorded.said()).toEqual([
      'error A sweep could not run',
      'info Sweeping works again (after 180 failures)',
      'error A sweep could not run',
    ]);
  });

  it('is no news each time while it works and fails by turns: a line or two in ten minutes, and none is lost', () => {
    for (let second = 0; second < 1_199; second += 1) {
      if (second % 2 === 0) fail();
      else work();
      clock.advance(1_000);
    }
    recorded.repeats.tellAll();
    expect(recorded.said()).toEqual([
      'error A sweep could not run',
      'info Sweeping works again (after 1 failure)',
      'error A sweep could not run',
      'info Sweeping works again (after 300 failures)',
      'error A sweep could not run',
      'error A sweep could not run (298 more in 10 min)',
    ]);
  });

  it('another cause of the failure is said in full, what was counted of the one before it first', () => {
    fail();
    fail();
    fail('password authentication failed');
    expect(recorded.said()).toEqual([
      'error A sweep could not run',
      'error A sweep could not run (1 more in 0 s)',
      'error A sweep could not run',
    ]);
    expect(recorded.lines().at(-1)).toMatchObject({ err: { cause: { message: 'password authentication failed' } } });
  });
});

describe('a reason', () => {
  it('is new when it is not the one before it', () => {
    const { isNew } = recorded.repeats;
    const reasons = ['paused', 'paused', 'away', 'paused', null, null, 'paused'];
    expect(reasons.map((reason) => isNew('skipped', reason))).toEqual([true, false, true, true, false, false, true]);
  });
});
