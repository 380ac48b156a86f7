import { describe, expect, test } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { actingOf } from '../../web/src/lib/acting.ts';
import { type FailedCall, whyFailed } from '../../web/src/lib/api-failure.ts';
import { signInAddress } from '../../web/src/lib/sign-in.ts';
import { curlsOf } from '../../web/src/lib/workspace-curls.ts';
import { NOW, quietStatus } from '../support/status.ts';

const signedIn = (proof: Status['you']['proof']) =>
  quietStatus({ you: { name: 'anna@example.com', role: 'operator', proof } });

describe('who acts', () => {
  test.each(['header', 'oidc', 'token'] as const)(
    'is who has signed in (%s), and no request says so again',
    (proof) => {
      expect(actingOf(signedIn(proof), 'Ben')).toEqual({ signedIn: 'anna@example.com', actor: null });
    },
  );

  test('is, where nobody has to sign in, who said so in this browser', () => {
    expect(actingOf(quietStatus(), 'Ben')).toEqual({ signedIn: null, actor: 'Ben' });
    expect(actingOf(quietStatus(), null)).toEqual({ signedIn: null, actor: null });
    expect(actingOf(null, 'Ben')).toEqual({ signedIn: null, actor: 'Ben' });
  });
});

describe('a call as a shell makes it', () => {
  const ORPHAN: Orphan = {
    workspaceId: 'w-1',
    workspaceName: 'dev-7',
    instanceId: 'i-1',
    state: 'retrying',
    why: 'removed',
    orphanedAt: NOW,
    firstSeenAt: NOW,
    attempts: 1,
    lastAttemptAt: NOW,
    lastOutcome: 'failed',
    lastError: null,
    nextAttemptAt: NOW,
    hold: { actor: 'Anna', verified: true, reason: 'disk', since: NOW, until: NOW },
    secondLook: null,
    resolvedAt: null,
    resolution: null,
    explanation: '',
  };
  const lines = (withToken: boolean) =>
    curlsOf('w-1', [ORPHAN], 'control-plane').map(({ line }) =>
      line({ origin: 'https://sweeper.example', withToken, actor: 'Ben', nowMs: Date.parse(NOW) }),
    );

  test('names who acts, where nobody signs in', () => {
    expect(lines(false).filter((line) => line.includes('"actor":"Ben"'))).toHaveLength(3);
    expect(lines(false).join('\n')).not.toContain('Bearer');
  });

  test('has a token instead of a name, where somebody does', () => {
    expect(lines(true)).toHaveLength(lines(false).length);
    for (const line of lines(true)) {
      expect(line).toContain('-H "Authorization: Bearer $ORPHAN_SWEEPER_TOKEN"');
      expect(line).not.toContain('actor');
    }
  });
});

describe('where one signs in', () => {
  test('leads back to where one was, query and all', () => {
    const address = signInAddress('/auth/sign-in', '/orphans?state=stuck&q=a b#c');
    expect(address).toBe('/auth/sign-in?return=%2Forphans%3Fstate%3Dstuck%26q%3Da%20b%23c');
    expect(new URL(address ?? '', 'https://sweeper.example').searchParams.get('return')).toBe(
      '/orphans?state=stuck&q=a b#c',
    );
  });

  test.each(['//evil.example/', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', ''])(
    'is never elsewhere, whoever answered in the place of the server: %j',
    (signIn) => {
      expect(signInAddress(signIn, '/')).toBeNull();
    },
  );

  test('is nowhere, where only a proxy knows', () => {
    expect(signInAddress(null, '/')).toBeNull();
  });
});

describe('a status that did not come', () => {
  const nothing = { signedOut: false, signIn: null, refusal: null };
  const failed = (failure: FailedCall['failure'], change: Partial<FailedCall> = {}): FailedCall => ({
    ...{ failure, message: 'One sentence.', code: null, signIn: null },
    ...change,
  });

  test('says that nobody is signed in, and where one does', () => {
    const signIn = '/auth/sign-in';
    expect(whyFailed(failed('signed_out', { signIn }))).toEqual({ ...nothing, signedOut: true, signIn });
    expect(whyFailed(failed('signed_out'))).toEqual({ ...nothing, signedOut: true });
  });

  test.each(['no_role', 'home_database_unavailable'])("is a refusal in the server's words (%s)", (code) => {
    expect(whyFailed(failed('refused', { code }))).toEqual({ ...nothing, refusal: 'One sentence.' });
  });

  test('is none where something else, or nobody, has answered, or the server failed', () => {
    for (const call of [
      null,
      failed('not_answering'),
      failed('not_json'),
      failed('refused'),
      failed('refused', { code: 'internal_error' }),
    ]) {
      expect(whyFailed(call)).toEqual(nothing);
    }
  });
});
