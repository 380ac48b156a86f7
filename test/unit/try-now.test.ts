import { describe, expect, test } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { tryNowOf } from '../../web/src/lib/try-now.ts';
import { orphanNamed } from '../support/orphan.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const ORPHAN = orphanNamed('dev-7');
const STATUS = leakingStatus({ waiting: 1 });
const sweeper = (state: Status['sweeper']['state'], reason: string | null = null) => ({
  sweeper: { ...quietStatus().sweeper, state, reason },
});
const tell = (change: Partial<Status> = {}, orphans: readonly Orphan[] = [ORPHAN]) =>
  tryNowOf({ ...STATUS, ...change }, 'live', orphans);
const PAUSE = { actor: 'Anna', verified: false, reason: 'migration', since: NOW, until: NOW };

describe('trying now', () => {
  test('is offered while sweeps stop, with its number where that is not one', () => {
    expect(tell()).toEqual({ kind: 'offered', label: 'Try this one now', dryRun: false, asksFirst: false });
    expect(tell({}, [ORPHAN, { ...ORPHAN, instanceId: 'i-2' }])).toMatchObject({ label: 'Try these 2 now' });
  });

  test('asks first while sweeping is paused, and not before a dry run', () => {
    expect(tell({ ...sweeper('paused'), pause: PAUSE })).toMatchObject({ label: 'Try this one now…', asksFirst: true });
    expect(tell({ ...sweeper('dry_run'), pause: PAUSE })).toEqual({
      kind: 'offered',
      label: 'Dry run (1)',
      dryRun: true,
      asksFirst: false,
    });
  });

  test.each<[string, Partial<Status>, RegExp]>([
    ['disabled', sweeper('disabled', 'no control plane is configured'), /no control plane is configured/],
    ['braked', sweeper('brake'), /safety brake/],
    ['late', sweeper('late'), /does not run/],
    ['without its own database', { home: { state: 'failing', error: 'away', since: NOW } }, /own database/],
    ['without the platform', { platform: { state: 'failing', error: 'away', since: NOW } }, /platform database/],
    [
      'of another platform',
      { backend: { ...quietStatus().backend, positiveControl: 'not_known' } },
      /does not know this platform's instances/,
    ],
  ])('is not offered by a sweeper that is %s, which is said', (_, change, why) => {
    expect(tell(change)).toEqual({ kind: 'not_now', why: expect.stringMatching(why) });
  });

  test('is not offered where nobody knows how the sweeper is', () => {
    const unknown = { kind: 'not_now', why: expect.stringMatching(/not known/) };
    expect(tryNowOf(null, 'checking', [ORPHAN])).toEqual(unknown);
    expect(tryNowOf(STATUS, 'not_answering', [ORPHAN])).toEqual(unknown);
    expect(tryNowOf(STATUS, 'signed_out', [ORPHAN])).toEqual(unknown);
  });

  test('is not offered for what is held', () => {
    const hold = { actor: 'Anna', verified: false, reason: 'looks', since: NOW, until: NOW };
    expect(tell({}, [{ ...ORPHAN, state: 'held', hold }])).toMatchObject({
      kind: 'not_now',
      why: expect.stringMatching(/held/),
    });
  });

  test('is offered for a container without a row once it may be stopped', () => {
    expect(tell({}, [{ ...ORPHAN, why: 'no_row', nextAttemptAt: NOW }])).toMatchObject({ label: 'Try this one now' });
  });

  test.each<Partial<Orphan>>([
    { resolvedAt: NOW, resolution: 'stopped', state: 'cleared' },
    { why: 'replaced' },
    // As the server has those that it only reports.
    { why: 'no_row', nextAttemptAt: null },
    { lastOutcome: 'stopped_live' },
  ])('is never offered, nor excused, for what no sweep would try: %j', (change) => {
    expect(tell({}, [{ ...ORPHAN, ...change }])).toBeNull();
    expect(tell({}, [{ ...ORPHAN, ...change }, ORPHAN])).toMatchObject({ label: 'Try this one now' });
  });
});
