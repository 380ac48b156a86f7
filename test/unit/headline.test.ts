import { describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { headlineOf } from '../../server/commands/headline.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const of = (status: Status) => headlineOf(status);
const sweeper = (change: Partial<Status['sweeper']>) => ({ sweeper: { ...quietStatus().sweeper, ...change } });
const backend = (change: Partial<Status['backend']>) => ({ backend: { ...quietStatus().backend, ...change } });

const BRAKE = {
  latchedAt: NOW,
  newOrphans: 1_204,
  limit: 1_000,
  orphans: 1_190,
  oldest: NOW,
  sample: [],
};
const PAUSE = { actor: 'Anna', verified: false, reason: 'migration', since: NOW, until: '2026-11-23T04:00:00.000Z' };
const NOT_KNOWN = 'The control plane knows none of 5 instances.';
const FAILING = backend({
  state: 'not_answering',
  error: 'connection refused',
  breaker: { state: 'open', openedAt: NOW, class: 'unreachable', message: 'connection refused', retryAt: null },
});

/** From the worst on: each row must win over all that come after it. */
const ROWS: readonly (readonly [string, Partial<Status>, string, boolean])[] = [
  [
    'our database',
    { home: { state: 'failing', error: 'connect ECONNREFUSED', since: NOW } },
    'The home database cannot be read: connect ECONNREFUSED',
    true,
  ],
  [
    'disabled',
    sweeper({ state: 'disabled', reason: 'SWEEP_LIMIT is 0' }),
    'Nothing is being stopped: SWEEP_LIMIT is 0',
    true,
  ],
  [
    'the brake',
    { brake: BRAKE },
    'Stopped by the safety brake: 1204 new orphans within ten minutes; 1190 wait for a release (brake release --orphans 1190 --reason …)',
    true,
  ],
  [
    'late',
    sweeper({ state: 'late', aliveAt: '2026-11-23T03:00:04.000Z' }),
    'The sweeper has not run for 12 min: instances are not being stopped',
    true,
  ],
  [
    'the platform',
    { platform: { state: 'failing', error: 'There is no table. Set PLATFORM_TABLE.', since: null } },
    'There is no table. Set PLATFORM_TABLE.',
    true,
  ],
  [
    'another control plane',
    backend({ positiveControl: 'not_known', positiveControlMessage: NOT_KNOWN }),
    NOT_KNOWN,
    true,
  ],
  ['a pause', { pause: PAUSE }, 'Paused by Anna until 2026-11-23T04:00:00.000Z: migration', false],
  [
    'a dry run',
    sweeper({ state: 'dry_run', reason: 'SWEEP_DRY_RUN is true' }),
    'Dry run: 13 orphans would be stopped (SWEEP_DRY_RUN is true)',
    false,
  ],
  ['the control plane', FAILING, 'The control plane is failing, and 10 wait for it: connection refused', true],
  ['those that are stuck', {}, '3 orphans need a person', true],
];

describe('the first line of the status', () => {
  it.each(ROWS.map(([name, change, headline, needsPerson], i) => [name, i, change, headline, needsPerson] as const))(
    'is about %s where that is the worst',
    (_, i, change, headline, needsPerson) => {
      const lesser = ROWS.slice(i + 1)
        .map(([, one]) => one)
        .reverse();
      const status = Object.assign(leakingStatus({ stuck: 3, retrying: 9, waiting: 1 }), ...lesser, change);
      expect(of(status)).toEqual({ headline, needsPerson });
    },
  );

  it.each([
    [leakingStatus({ stuck: 1, retrying: 9 }), '1 orphan needs a person', true],
    [leakingStatus({ retrying: 1, waiting: 2 }), '1 orphan retried by the next sweeps', false],
    [leakingStatus({ waiting: 2, sweeping: 1, held: 4 }), '3 orphans found, stopped by the next sweeps', false],
    [leakingStatus({ held: 4 }), '4 orphans held, and no other', false],
    [
      quietStatus({ unconfirmed: 2 }),
      `Cleared, but that 2 terminated is not confirmed: 0 orphans, looked at 0 s ago, ${NOW}`,
      false,
    ],
    [quietStatus(), `All clear: 0 orphans, looked at 0 s ago, ${NOW}`, false],
    [quietStatus({ counts: null, observedAt: null }), 'The platform has not been looked at yet', false],
  ])('tells how the orphans are', (status, headline, needsPerson) =>
    expect(of(status)).toEqual({ headline, needsPerson }),
  );

  it('calls nothing clear on an old look: an hour ago there was none', () => {
    const observedAt = '2026-11-23T02:12:04.000Z';
    expect(of(quietStatus({ observedAt })).headline).toBe(`Not known now: 0 orphans, looked at 1 h ago, ${observedAt}`);
    // Two and a half intervals: then the sweeper would be late.
    expect(of(quietStatus({ observedAt: '2026-11-23T03:09:34.000Z' })).headline).toMatch(/^All clear/);
    expect(of(quietStatus({ observedAt: '2026-11-23T03:09:33.000Z' })).headline).toMatch(/^Not known now/);
  });

  it('waits for no control plane where nothing waits', () => {
    expect(of(quietStatus(FAILING)).headline).toMatch(/^All clear/);
  });
});
