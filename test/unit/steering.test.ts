import { describe, expect, test } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { steeringOf } from '../../web/src/lib/steering.ts';
import type { VerdictInput } from '../../web/src/lib/verdict.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const steer = (status: Status | null, change: Partial<VerdictInput> = {}) =>
  steeringOf({
    connection: 'live',
    status,
    nowMs: Date.parse(NOW),
    zone: 'utc',
    sweepLimit: 100,
    hasRunbook: true,
    refusal: null,
    ...change,
  });
const sweeper = (state: Status['sweeper']['state']) => ({ sweeper: { ...quietStatus().sweeper, state } });
const PAUSE = { actor: 'Anna', verified: false, reason: 'migration', since: NOW, until: '2026-11-23T04:00:00.000Z' };
const MANY = leakingStatus({ waiting: 1_000 });

describe('pausing', () => {
  test('is at hand while there is something to pause', () => {
    expect(steer(quietStatus()).pause).toBe('Pause sweeping…');
    expect(steer(quietStatus(sweeper('dry_run'))).pause).toBe('Pause sweeping…');
    expect(steer(quietStatus({ ...sweeper('paused'), pause: PAUSE })).pause).toBe('Pause longer…');
  });

  test('is not offered under the brake, which stops all of it; what is paused can be paused longer', () => {
    const brake = { latchedAt: NOW, newOrphans: 12, limit: 10, orphans: 12, oldest: NOW, sample: [] };
    expect(steer({ ...MANY, ...sweeper('brake'), brake }).pause).toBeNull();
    expect(steer({ ...MANY, ...sweeper('brake'), brake, pause: PAUSE }).pause).toBe('Pause longer…');
  });

  test('is not offered where nothing sweeps, or nobody knows', () => {
    const nothing = { pause: null, drain: null, dryRun: null };
    expect(steer({ ...MANY, ...sweeper('disabled') })).toEqual(nothing);
    expect(steer({ ...MANY, ...sweeper('late') })).toEqual(nothing);
    expect(steer({ ...MANY, home: { state: 'failing', error: 'away', since: NOW } })).toEqual(nothing);
    expect(steer(null)).toEqual(nothing);
    for (const connection of ['not_answering', 'offline', 'signed_out', 'checking'] as const) {
      expect(steer(MANY, { connection })).toEqual(nothing);
    }
  });
});

describe('sweeping all', () => {
  test('is offered where one sweep would not do', () => {
    expect(steer(MANY).drain).toBe('Sweep all 1,000…');
    expect(steer({ ...MANY, ...sweeper('paused'), pause: PAUSE }).drain).toBe('Sweep all 1,000…');
    expect(steer(leakingStatus({ waiting: 100 })).drain).toBeNull();
    expect(steer(MANY, { sweepLimit: null }).drain).toBeNull();
  });

  test('is not offered where it would be refused, or would stop nothing', () => {
    expect(steer({ ...MANY, ...sweeper('brake') }).drain).toBeNull();
    expect(steer({ ...MANY, ...sweeper('dry_run') }).drain).toBeNull();
    expect(steer({ ...MANY, platform: { state: 'failing', error: 'away', since: null } }).drain).toBeNull();
    expect(steer({ ...MANY, backend: { ...MANY.backend, positiveControl: 'not_known' } }).drain).toBeNull();
  });
});

describe('a dry run', () => {
  test('is offered where a sweep would stop something, and says how many it looks at', () => {
    expect(steer(leakingStatus({ waiting: 12 })).dryRun).toBe('Dry run (12)');
    expect(steer(MANY).dryRun).toBe('Dry run (100 of 1,000)');
    expect(steer({ ...MANY, ...sweeper('paused'), pause: PAUSE }).dryRun).toBe('Dry run (100 of 1,000)');
  });

  test('is not offered where there is nothing, where all are dry anyway, or nothing is stopped', () => {
    expect(steer(quietStatus()).dryRun).toBeNull();
    expect(steer({ ...MANY, ...sweeper('dry_run') }).dryRun).toBeNull();
    expect(steer({ ...MANY, ...sweeper('brake') }).dryRun).toBeNull();
    expect(steer({ ...MANY, platform: { state: 'failing', error: 'away', since: null } }).dryRun).toBeNull();
  });
});
