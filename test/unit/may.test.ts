import { describe, expect, test } from 'vitest';
import { mayActAs } from '../../server/access/role.ts';
import type { Status } from '../../server/api/status.ts';
import { ROLES, type Role } from '../../server/sweep/outcome.ts';
import { neededBy, neededFor, whyNotOf } from '../../web/src/lib/may.ts';
import { verdictOf } from '../../web/src/lib/verdict.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const as = (role: Role): Status => quietStatus({ you: { name: 'Anna', role, proof: 'header' } });

describe('why somebody may not', () => {
  test('says what they may, as what, and what it needs', () => {
    expect(whyNotOf(as('viewer'), 'operator')).toBe('You may look (viewer): this needs the role operator.');
    expect(whyNotOf(as('viewer'), 'admin')).toBe('You may look (viewer): this needs the role admin.');
    expect(whyNotOf(as('operator'), 'admin')).toBe(
      'You may look, sweep, hold and pause (operator): this needs the role admin.',
    );
  });

  test('is said exactly where the server would refuse', () => {
    for (const role of ROLES) {
      for (const needed of ROLES) expect(whyNotOf(as(role), needed) === null).toBe(mayActAs(role, needed));
    }
  });

  test('is nothing while it is not known who asks, and where nobody has to sign in', () => {
    expect(whyNotOf(null, 'admin')).toBeNull();
    expect(whyNotOf(quietStatus(), 'admin')).toBeNull();
  });
});

describe('what the verdict says to press', () => {
  const needs = (change: Partial<Status>) =>
    neededBy(
      verdictOf({
        connection: 'live',
        refusal: null,
        status: leakingStatus({ stuck: 3, retrying: 9 }, change),
        nowMs: Date.parse(NOW),
        zone: 'utc',
        sweepLimit: 100,
        hasRunbook: true,
      }),
    );

  test('needs an operator to sweep and to resume, and an admin to release the brake', () => {
    expect(needs({})).toEqual(['viewer', 'operator']);
    const pause = { actor: 'Anna', verified: true, reason: 'migration', since: NOW, until: NOW };
    const { sweeper } = quietStatus();
    expect(needs({ pause, sweeper: { ...sweeper, state: 'paused' } })[0]).toBe('operator');
    const brake = { latchedAt: NOW, newOrphans: 300, limit: 200, orphans: 300, oldest: NOW, sample: [] };
    expect(needs({ brake, sweeper: { ...sweeper, state: 'brake' } })[0]).toBe('admin');
  });

  test('needs nobody in particular where it only leads somewhere', () => {
    expect(neededFor({ kind: 'sign_in', label: 'Sign in' })).toBe('viewer');
    expect(neededFor({ kind: 'runbook', label: 'Runbook', about: 'late' })).toBe('viewer');
  });
});
