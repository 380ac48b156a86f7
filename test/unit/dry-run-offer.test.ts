import { describe, expect, test } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import { dryRunOffer } from '../../web/src/lib/dry-run-offer.ts';
import { leakingStatus, NOW } from '../support/status.ts';

const DRY: Sweep = {
  id: 'one',
  tenant: 'default',
  trigger: 'manual',
  workspaceIds: null,
  requestedBy: null,
  requestVerified: false,
  reason: null,
  dryRun: true,
  drain: false,
  requestedAt: NOW,
  startedAt: NOW,
  finishedAt: NOW,
  cancelRequestedAt: null,
  cancelRequestedBy: null,
  cancelVerified: false,
  result: 'dry_run',
  claimed: 12,
  counts: { would_stop: 12 },
  looks: 0,
  open: 12,
  stuck: 0,
  error: null,
  replica: 'one',
  joined: false,
};
const LEAKING = leakingStatus({ waiting: 12 });
const PAUSE = { actor: 'Anna', verified: false, reason: 'migration', since: NOW, until: '2026-11-23T04:00:00.000Z' };
const sweeper = (state: Status['sweeper']['state']) => ({ sweeper: { ...LEAKING.sweeper, state } });

function offer(sweep: Partial<Sweep> = {}, status: Status | null = LEAKING, sweepLimit: number | null = 5_000) {
  const input = {
    connection: 'live',
    status,
    nowMs: Date.parse(NOW),
    zone: 'utc',
    sweepLimit,
    hasRunbook: true,
    refusal: null,
  } as const;
  return dryRunOffer(input, { ...DRY, ...sweep });
}

describe('after a dry run', () => {
  test('one can do what it has shown; above 25, and while paused, a dialog comes first', () => {
    expect(offer()).toEqual({ kind: 'sweep', orphans: 12, label: 'Sweep 12 now', asksFirst: false });
    expect(offer({ counts: { would_stop: 25 } })).toMatchObject({ label: 'Sweep 25 now', asksFirst: false });
    expect(offer({ counts: { would_stop: 26 } })).toMatchObject({ label: 'Sweep 26 now…', asksFirst: true });
    const paused = { ...LEAKING, ...sweeper('paused'), pause: PAUSE };
    expect(offer({}, paused)).toMatchObject({ label: 'Sweep 12 now…', asksFirst: true });
  });

  test('it says how many one sweep takes, where the limit has been lowered since', () => {
    expect(offer({}, LEAKING, 10)).toMatchObject({ label: 'Sweep 10 of 12 now' });
  });

  test('more than one request may name are not offered, and it is said what to do', () => {
    expect(offer({ counts: { would_stop: 1_000 } })).toMatchObject({ kind: 'sweep' });
    expect(offer({ counts: { would_stop: 1_001 } })).toMatchObject({
      kind: 'not',
      why: expect.stringContaining('sweep all from the first page'),
    });
  });

  test('nothing is offered where it is none, was not asked for, has not ended, or found nothing', () => {
    const none: Partial<Sweep>[] = [{ dryRun: false }, { trigger: 'interval' }, { finishedAt: null }, { counts: {} }];
    for (const sweep of none) expect(offer(sweep)).toBeNull();
  });

  test('nothing is offered where it would be refused or stop nothing, and it is said why', () => {
    expect(offer({}, { ...LEAKING, ...sweeper('dry_run') })).toMatchObject({ why: expect.stringContaining('DRY_RUN') });
    expect(offer({}, { ...LEAKING, ...sweeper('brake') })).toMatchObject({ why: expect.stringContaining('brake') });
    expect(offer({}, { ...LEAKING, ...sweeper('disabled') })).toMatchObject({ why: 'Nothing is being stopped.' });
    expect(offer({}, { ...LEAKING, ...sweeper('late') })).toEqual({ kind: 'not', why: null });
    expect(offer({}, null)).toEqual({ kind: 'not', why: null });
  });
});
