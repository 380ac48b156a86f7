import { describe, expect, test } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import {
  VERDICT_KINDS,
  type Verdict,
  type VerdictInput,
  type VerdictKind,
  verdictOf,
} from '../../web/src/lib/verdict.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const seen = new Set<VerdictKind>();

function judge(status: Status | null, change: Partial<VerdictInput> = {}): Verdict {
  const verdict = verdictOf({
    connection: 'live',
    status,
    nowMs: Date.parse(NOW),
    zone: 'utc',
    sweepLimit: 100,
    hasRunbook: true,
    refusal: null,
    ...change,
  });
  seen.add(verdict.kind);
  return verdict;
}

const sweeper = (change: Partial<Status['sweeper']>) => ({ sweeper: { ...quietStatus().sweeper, ...change } });
const backend = (change: Partial<Status['backend']>) => ({ backend: { ...quietStatus().backend, ...change } });
const BROKEN_BACKEND = {
  state: 'not_answering',
  error: 'connection refused',
  breaker: { state: 'open', openedAt: NOW, class: 'unreachable', message: 'connection refused', retryAt: null },
} as const;
const NOT_KNOWN = 'The control plane knows none of 5 live instances: nothing is stopped. Set CONTROL_PLANE_URL.';
const PAUSE = {
  actor: 'Anna',
  verified: false,
  reason: 'migration',
  since: '2026-11-23T03:00:00.000Z',
  until: '2026-11-23T04:00:00.000Z',
};
const BRAKE = {
  latchedAt: '2026-11-23T03:10:00.000Z',
  newOrphans: 1_204,
  limit: 200,
  orphans: 1_190,
  oldest: '2026-11-23T01:01:04.000Z',
  sample: [],
};
/** Everything is wrong at once: the row that is tested must win over all below it. */
const EVERYTHING = {
  ...backend({ ...BROKEN_BACKEND, positiveControl: 'not_known', positiveControlMessage: NOT_KNOWN }),
  brake: BRAKE,
  pause: PAUSE,
  platform: { state: 'failing', error: 'The table public.workspaces is not there. Set PLATFORM_TABLE.', since: null },
} as const satisfies Partial<Status>;
const broken = (change: Partial<Status> = {}) =>
  leakingStatus({ stuck: 3, retrying: 9, waiting: 1 }, { ...EVERYTHING, ...change });

describe('the verdict, row by row', () => {
  test('signed out', () => {
    const verdict = judge(broken(), { connection: 'signed_out' });
    expect(verdict).toMatchObject({ kind: 'signed_out', tone: 'bad', headline: 'Signed out' });
    expect(verdict.primary).toEqual({ kind: 'sign_in', label: 'Sign in again' });
  });

  test('signed out before anything was seen: there is nothing to be signed in to again', () => {
    expect(judge(null, { connection: 'signed_out' })).toMatchObject({
      headline: 'Signed out',
      detail: null,
      primary: { kind: 'sign_in', label: 'Sign in' },
    });
  });

  test("not let in: the server's own sentence, and from when the data are", () => {
    const refusal = 'Anna is signed in, but has no role here.';
    expect(judge(null, { connection: 'refused', refusal })).toMatchObject({
      kind: 'refused',
      tone: 'bad',
      headline: refusal,
      detail: null,
      primary: { kind: 'reload', label: 'Reload' },
      secondary: null,
    });
    expect(judge(broken(), { connection: 'refused', refusal }).detail).toBe('Data from 03:12:04Z.');
  });

  test('server not answering: says so, and from when its data are', () => {
    const verdict = judge(broken(), { connection: 'not_answering' });
    expect(verdict).toMatchObject({
      kind: 'not_answering',
      tone: 'bad',
      headline: 'Server not answering. Data from 03:12:04Z',
      spoken: 'Server not answering',
      primary: { kind: 'reload', label: 'Reload' },
      secondary: null,
    });
    expect(judge(null, { connection: 'not_answering' }).headline).toBe('Server not answering. Nothing is known yet');
    expect(judge(broken(), { connection: 'offline' }).headline).toBe('This device is offline. Data from 03:12:04Z');
  });

  test('checking: a page that has just come, or woken, calls nothing clear', () => {
    expect(judge(null, { connection: 'checking' })).toMatchObject({ kind: 'checking', tone: 'unknown' });
    expect(judge(null)).toMatchObject({ kind: 'checking', tone: 'unknown' });
    expect(judge(quietStatus(), { connection: 'checking' })).toMatchObject({
      kind: 'checking',
      tone: 'unknown',
      headline: 'Checking…',
      primary: null,
    });
  });

  test('home database unreadable', () => {
    const home = { state: 'failing', error: 'It is away.', since: NOW } as const;
    const verdict = judge(broken({ home, ...sweeper({ state: 'disabled', reason: 'no reason' }), counts: null }));
    expect(verdict).toMatchObject({
      kind: 'home_unreadable',
      tone: 'bad',
      headline: 'Orphan Sweeper cannot read its own database',
      primary: { kind: 'runbook', about: 'home_unreadable' },
    });
    expect(verdict.detail).toContain('It is away.');
  });

  test('disabled, with the reason', () => {
    const verdict = judge(broken(sweeper({ state: 'disabled', reason: 'no control plane is configured' })));
    expect(verdict).toMatchObject({
      kind: 'disabled',
      tone: 'bad',
      headline: 'Nothing is being stopped: no control plane is configured',
      primary: { kind: 'settings', label: 'Settings' },
      secondary: null,
    });
    expect(verdict.detail).toBe('13 orphans found; none is stopped.');
  });

  test('stopped by the safety brake: how many came, how many wait, and where they are released', () => {
    expect(judge(broken(sweeper({ state: 'brake' })))).toMatchObject({
      kind: 'brake',
      tone: 'bad',
      headline: 'Stopped by the safety brake: 1,204 new orphans in 10 min',
      detail: 'over the limit of 200 · 1,190 wait for a release · 3 need you · oldest 2 h 11 min',
      primary: { kind: 'release', label: 'Review and release…' },
      secondary: null,
    });
    const one = judge(leakingStatus({ waiting: 1 }, { brake: { ...BRAKE, newOrphans: 1, limit: null, orphans: 1 } }));
    expect(one).toMatchObject({
      headline: 'Stopped by the safety brake: 1 new orphan in 10 min',
      detail: '1 waits for a release · oldest 2 h 11 min',
    });
  });

  test('late, with for how long', () => {
    const late = sweeper({ state: 'late', aliveAt: '2026-11-23T03:08:00.000Z' });
    expect(judge(broken({ ...late, brake: null }))).toMatchObject({
      kind: 'late',
      tone: 'bad',
      headline: 'The sweeper has not run for 4 min. Instances are not being stopped',
      detail: '13 orphans when it last looked · 3 need you · oldest 2 h 11 min',
      primary: { kind: 'runbook', about: 'late' },
      secondary: null,
    });
    expect(judge(broken({ ...sweeper({ state: 'late', aliveAt: null }), brake: null })).headline).toBe(
      'The sweeper has not run. Instances are not being stopped',
    );
  });

  test('platform database unreadable: its own sentence, the fault first', () => {
    const verdict = judge(broken({ brake: null }));
    expect(verdict).toMatchObject({
      kind: 'platform_failing',
      tone: 'bad',
      headline: 'The table public.workspaces is not there',
      primary: { kind: 'runbook', about: 'platform_failing' },
      secondary: null,
    });
    expect(verdict.detail).toMatch(/^Nothing is being stopped .*\. Set PLATFORM_TABLE\.$/);
  });

  const readable = { brake: null, platform: quietStatus().platform } as const;

  test('the control plane does not know this platform’s instances: its own sentence', () => {
    expect(judge(broken(readable))).toMatchObject({
      kind: 'not_known',
      tone: 'bad',
      headline: 'The control plane knows none of 5 live instances: nothing is stopped',
      detail: 'Set CONTROL_PLANE_URL. 13 orphans found; none is stopped.',
      primary: { kind: 'runbook', about: 'not_known' },
      secondary: null,
    });
  });

  test('paused: by whom, until when and why; resumed with one press, swept once with two', () => {
    const verdict = judge(broken({ ...readable, ...backend(BROKEN_BACKEND) }));
    expect(verdict).toMatchObject({
      kind: 'paused',
      tone: 'warn',
      headline: 'Paused by Anna until 04:00Z: migration',
      detail: '13 orphans wait · 3 need you · oldest 2 h 11 min',
      primary: { kind: 'resume', label: 'Resume' },
      secondary: { kind: 'sweep', label: 'Sweep now (13)…', dryRun: false, asksFirst: true },
    });
    expect(judge(quietStatus({ pause: PAUSE }))).toMatchObject({ detail: 'no orphan waits', secondary: null });
    expect(judge(leakingStatus({ waiting: 1 }, { pause: PAUSE })).detail).toBe('1 orphan waits · oldest 2 h 11 min');
  });

  test('paused for a long reason: the headline stays short, the whole stands below', () => {
    const reason = 'the database of the platform is being moved to another region, which takes until the morning';
    const verdict = judge(quietStatus({ pause: { ...PAUSE, reason } }));
    expect(verdict.headline).toBe(
      'Paused by Anna until 04:00Z: the database of the platform is being moved to another regio…',
    );
    expect(verdict.detail).toBe(`no orphan waits · ${reason}`);
  });

  test('not looked yet: unknown, never 0', () => {
    expect(judge(quietStatus({ counts: null, sweepable: null, observedAt: null }))).toMatchObject({
      kind: 'unknown',
      tone: 'unknown',
    });
  });

  test('dry run, with how many would be stopped', () => {
    const dry = leakingStatus(
      { stuck: 3, waiting: 9 },
      { ...backend(BROKEN_BACKEND), ...sweeper({ state: 'dry_run' }) },
    );
    expect(judge(dry)).toMatchObject({
      kind: 'dry_run',
      tone: 'info',
      headline: 'Dry run: 12 would be stopped',
      primary: { kind: 'show', label: 'See them', state: null },
      secondary: { kind: 'sweep', label: 'Dry run (12)', dryRun: true },
    });
    expect(judge(quietStatus(sweeper({ state: 'dry_run' })))).toMatchObject({ primary: null, secondary: null });
  });

  test('control plane failing: how many wait for it, and that they heal by themselves', () => {
    const away = leakingStatus(
      { stuck: 3, retrying: 40 },
      backend({ state: 'not_answering', error: 'connection refused' }),
    );
    expect(judge(away)).toMatchObject({
      kind: 'control_plane_failing',
      tone: 'bad',
      headline: 'The control plane is not answering. 40 wait and heal by themselves when it is back',
      detail: 'connection refused',
      primary: { kind: 'runbook', about: 'control_plane_failing' },
      secondary: { kind: 'sweep', label: 'Sweep now (43)', dryRun: false },
    });
    expect(judge(leakingStatus({ retrying: 1 }, backend({ state: 'failing' }))).headline).toBe(
      'The control plane is failing. 1 waits and heals by itself when it is back',
    );
  });

  test.each([
    ['unreachable', 'The control plane is not answering. 40 wait and heal by themselves when it is back'],
    ['timeout', 'The control plane is not answering. 40 wait and heal by themselves when it is back'],
    ['transient', 'The control plane is failing. 40 wait and heal by themselves when it is back'],
    ['throttled', 'The control plane asks to be called less. 40 wait and heal by themselves when it takes calls again'],
    [
      'unauthorized',
      'The control plane refuses our credentials. 40 wait and heal by themselves when they are right again',
    ],
  ] as const)('breaker open on %s, whatever the last answers were like', (failure, headline) => {
    const breaker = { ...BROKEN_BACKEND.breaker, class: failure, message: 'its words' };
    const verdict = judge(leakingStatus({ retrying: 30, waiting: 10 }, backend({ breaker })));
    expect(verdict).toMatchObject({
      kind: 'control_plane_failing',
      headline,
      detail: 'its words · each sweep tries one',
    });
    const asked = judge(
      leakingStatus({ waiting: 1 }, backend({ breaker: { ...breaker, retryAt: '2026-11-23T03:15:00.000Z' } })),
    );
    expect(asked).toMatchObject({
      detail: 'its words · not called before 03:15:00Z',
      primary: { kind: 'runbook' },
      secondary: null,
    });
  });

  test('a control plane that fails while nobody waits for it is no verdict', () => {
    expect(judge(quietStatus(backend({ state: 'not_answering' }))).kind).toBe('clear');
    expect(judge(leakingStatus({ stuck: 1 }, backend({ state: 'not_answering' }))).kind).toBe('stuck');
  });

  test('some stuck: only they are counted in the headline', () => {
    expect(judge(leakingStatus({ stuck: 3, retrying: 7, waiting: 1, sweeping: 1 }))).toMatchObject({
      kind: 'stuck',
      tone: 'bad',
      headline: '3 orphans need you',
      detail: '9 more are retrying by themselves · oldest 2 h 11 min',
      primary: { kind: 'show', label: 'Show the 3', state: 'stuck' },
      secondary: { kind: 'sweep', label: 'Sweep now (12)', dryRun: false },
    });
    expect(judge(leakingStatus({ stuck: 1, retrying: 1 }))).toMatchObject({
      headline: '1 orphan needs you',
      detail: '1 more is retrying by itself · oldest 2 h 11 min',
    });
    expect(judge(leakingStatus({ stuck: 1 })).detail).toBe('oldest 2 h 11 min');
  });

  test('some retrying', () => {
    expect(judge(leakingStatus({ retrying: 9 }))).toMatchObject({
      kind: 'retrying',
      tone: 'warn',
      headline: '9 orphans are retrying by themselves',
      primary: { kind: 'sweep', label: 'Sweep now (9)', dryRun: false },
      secondary: null,
    });
    expect(judge(leakingStatus({ retrying: 1, waiting: 2 })).headline).toBe('1 orphan is retrying by itself');
    const promised = (sweepable: number) => judge(leakingStatus({ retrying: 1, waiting: 2 }, { sweepable })).detail;
    expect(promised(3)).toContain('2 more in the next sweep');
    expect(promised(2)).toContain('1 more in the next sweep');
    expect(promised(1), 'the others are in none').not.toContain('more');
  });

  test('some waiting: when the next sweep is', () => {
    expect(judge(leakingStatus({ waiting: 12 }))).toMatchObject({
      kind: 'waiting',
      tone: 'info',
      headline: '12 orphans found, next sweep in 46 s',
      spoken: '12 orphans found',
      primary: { kind: 'sweep', label: 'Sweep now (12)', dryRun: false },
    });
    expect(judge(leakingStatus({ waiting: 8, sweeping: 4 }, sweeper({ currentSweepId: 'one' }))).headline).toBe(
      '12 orphans found, being swept now',
    );
    expect(judge(leakingStatus({ waiting: 1 }, sweeper({ nextSweepAt: NOW }))).headline).toBe(
      '1 orphan found, next sweep any moment',
    );
  });

  test('all held: not clear, and nothing to press but to see them', () => {
    expect(judge(leakingStatus({ held: 2 }, { sweepable: 0 }))).toMatchObject({
      kind: 'held',
      tone: 'info',
      headline: '2 orphans held, and no other',
      primary: { kind: 'show', state: 'held' },
    });
  });

  test('none: all clear, with when it was looked', () => {
    expect(judge(quietStatus())).toMatchObject({
      kind: 'clear',
      tone: 'ok',
      headline: 'All clear: 0 orphans, looked at 03:12:04Z',
      spoken: 'All clear: 0 orphans',
      primary: null,
      secondary: null,
    });
  });

  test('none, but of some it is not known that they ended: not green', () => {
    expect(judge(quietStatus({ unconfirmed: 4 }))).toMatchObject({
      kind: 'unconfirmed',
      tone: 'unknown',
      headline: 'Cleared; termination of 4 not confirmed',
      primary: null,
      secondary: { kind: 'show', state: 'cleared' },
    });
    expect(judge(quietStatus({ unconfirmed: 4 })).detail).toMatch(/^0 orphans, looked at 03:12:04Z\. /);
    expect(judge(leakingStatus({ waiting: 1 }, { unconfirmed: 4 })).kind).toBe('waiting');
    expect(judge(quietStatus({ unconfirmed: null })).kind).toBe('clear');
  });

  test('every row was met', () => {
    expect([...seen].sort()).toEqual([...VERDICT_KINDS].sort());
  });
});

describe('many new orphans, though not enough for the brake', () => {
  const surge = { newOrphans: 187, limit: 200 };
  const SAID = '187 new in 10 min (the safety brake: over 200)';

  test('are told in the detail of whichever row it is', () => {
    expect(judge(leakingStatus({ waiting: 187 }, { surge })).detail).toBe(`oldest 2 h 11 min · ${SAID}`);
    expect(judge(broken({ surge, ...sweeper({ state: 'disabled' }) })).detail).toBe(
      `13 orphans found; none is stopped. ${SAID}.`,
    );
    expect(judge(quietStatus({ surge })).detail).toBe(SAID);
  });

  test('are not told of data that nobody vouches for any more', () => {
    expect(judge(quietStatus({ surge }), { connection: 'not_answering' }).detail).not.toContain('187');
    expect(judge(quietStatus({ surge }), { connection: 'checking' }).detail).not.toContain('187');
  });
});

describe('what there is to press', () => {
  test('says how many of them fit into one sweep', () => {
    expect(judge(leakingStatus({ waiting: 1_000 })).primary?.label).toBe('Sweep now (100 of 1,000)');
    expect(judge(leakingStatus({ waiting: 1_000 }), { sweepLimit: null }).primary?.label).toBe('Sweep now (1,000)');
  });

  test('counts only what a sweep would attempt, and is not there when that is nothing', () => {
    expect(judge(leakingStatus({ stuck: 3, retrying: 9 }, { sweepable: 10 })).secondary?.label).toBe('Sweep now (10)');
    expect(judge(leakingStatus({ stuck: 3 }, { sweepable: 0 })).secondary).toBeNull();
  });

  test('without a runbook it is the settings, and in an outage the sweep', () => {
    const without = { hasRunbook: false };
    expect(judge(broken({ brake: null }), without).primary).toEqual({ kind: 'settings', label: 'Settings' });
    const away = judge(leakingStatus({ retrying: 4 }, backend({ state: 'not_answering' })), without);
    expect(away.primary?.label).toBe('Sweep now (4)');
    expect(away.secondary).toBeNull();
  });

  test('green is said of nothing but all clear', () => {
    const kinds: Status[] = [
      broken(),
      leakingStatus({ waiting: 1 }),
      leakingStatus({ held: 1 }),
      leakingStatus({ retrying: 1 }),
      quietStatus({ pause: PAUSE }),
      quietStatus({ brake: BRAKE }),
      quietStatus({ unconfirmed: 1 }),
      quietStatus(backend({ positiveControl: 'not_known' })),
    ];
    expect(kinds.map((status) => judge(status).tone)).not.toContain('ok');
  });
});
