import { expect, test } from 'vitest';
import type { AuditEntry } from '../../server/api/audit.ts';
import { AUDIT_ACTIONS } from '../../server/sweep/outcome.ts';
import { actorWords, actWords, targetOf } from '../../web/src/lib/activity.ts';
import { named } from '../../web/src/lib/named.ts';

const ENTRY: AuditEntry = {
  id: '1',
  at: '2026-11-23T03:12:04.000Z',
  actor: 'Anna',
  verified: false,
  address: '192.0.2.1',
  action: 'hold',
  target: 'w-1',
  reason: null,
  refused: null,
  workspaceName: null,
  sweep: null,
  requestId: null,
};

test('a name that nobody has proved is said to be unverified, and one that was proved stands alone', () => {
  expect(named('Anna', false)).toBe('Anna (unverified)');
  expect(named('Anna', true)).toBe('Anna');
  expect(actorWords(ENTRY)).toBe('Anna (unverified)');
  expect(actorWords({ ...ENTRY, verified: true })).toBe('Anna');
  expect(actorWords({ ...ENTRY, actor: null })).toBe('Somebody at 192.0.2.1');
  expect(actorWords({ ...ENTRY, actor: null, address: null })).toBe('By itself');
});

test('a token is named where it is given out or revoked, and nobody is led to it', () => {
  for (const action of ['create_token', 'revoke_token'] as const) {
    expect(targetOf({ ...ENTRY, action, target: 'nightly' })).toEqual({ kind: 'token', id: 'nightly' });
    expect(targetOf({ ...ENTRY, action, target: null })).toBeNull();
  }
  expect(targetOf({ ...ENTRY, action: 'sign_in', target: null })).toBeNull();
  expect(targetOf(ENTRY)).toEqual({ kind: 'workspace', id: 'w-1' });
});

test('what was refused says so, and only its first letter becomes small', () => {
  expect(actWords({ action: 'create_token', refused: null })).toBe('Gave out an API token');
  expect(actWords({ action: 'create_token', refused: 'role_required' })).toBe('Refused: gave out an API token');
  for (const action of AUDIT_ACTIONS) expect(actWords({ action, refused: 'x' })).toMatch(/^Refused: [a-z]/);
});
