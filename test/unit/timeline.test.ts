import { expect, test } from 'vitest';
import type { Attempt } from '../../server/api/attempts.ts';
import type { AuditEntry } from '../../server/api/audit.ts';
import type { Orphan } from '../../server/api/orphans.ts';
import { askedBy, joinedAttempts, timelineOf } from '../../web/src/lib/timeline.ts';

const at = (minute: number) => `2026-11-23T03:${String(minute).padStart(2, '0')}:00.000Z`;

const ORPHAN: Orphan = {
  workspaceId: 'w-1',
  workspaceName: 'dev-7',
  instanceId: 'i-1',
  state: 'cleared',
  why: 'removed',
  orphanedAt: at(1),
  firstSeenAt: at(2),
  attempts: 1,
  lastAttemptAt: at(10),
  lastOutcome: 'stopped',
  lastError: null,
  nextAttemptAt: null,
  hold: null,
  secondLook: null,
  resolvedAt: at(10),
  resolution: 'stopped',
  explanation: '',
};

const attempt = (id: string, minute: number, change: Partial<Attempt> = {}): Attempt => ({
  id,
  sweepId: 's',
  workspaceId: 'w-1',
  workspaceName: 'dev-7',
  instanceId: 'i-1',
  startedAt: at(minute),
  finishedAt: at(minute),
  outcome: 'failed',
  error: null,
  requestId: id,
  trigger: 'interval',
  requestedBy: null,
  requestVerified: false,
  reason: null,
  ...change,
});

const act = (action: AuditEntry['action'], minute: number, refused: string | null = null): AuditEntry => ({
  id: `${action} ${minute}`,
  at: at(minute),
  actor: 'Anna',
  verified: false,
  address: null,
  action,
  target: 'w-1',
  reason: 'looks',
  refused,
  workspaceName: null,
  sweep: null,
  requestId: null,
});

const kinds = (known: Partial<Parameters<typeof timelineOf>[0]>) =>
  timelineOf({ orphans: [ORPHAN], attempts: [], more: false, acts: [], nowMs: Date.parse(at(30)), ...known }).map(
    ({ kind }) => kind,
  );

test('the newest is first; of one moment, what came of the others', () => {
  expect(kinds({ attempts: [attempt('b', 10), attempt('a', 5)] })).toEqual([
    'resolved',
    'attempt',
    'attempt',
    'found',
    'removed',
  ]);
  expect(kinds({ orphans: [{ ...ORPHAN, orphanedAt: at(2) }], attempts: [attempt('a', 2)] })).toEqual([
    'resolved',
    'attempt',
    'found',
    'removed',
  ]);
});

test('where older attempts are missing, a gap stands right before the oldest that is known', () => {
  expect(kinds({ attempts: [attempt('b', 9), attempt('a', 5)], more: true })).toEqual([
    'resolved',
    'attempt',
    'attempt',
    'gap',
    'found',
    'removed',
  ]);
});

test('a second look that is due stands where it will be, and one that was taken after the end, without a time', () => {
  const look = (result: 'due' | 'confirmed', dueAt: string | null) =>
    timelineOf({
      orphans: [{ ...ORPHAN, secondLook: { result, dueAt } }],
      attempts: [attempt('a', 10)],
      more: false,
      acts: [],
      nowMs: Date.parse(at(30)),
    })[0];
  expect(look('due', at(30))).toMatchObject({ kind: 'look', at: at(30) });
  expect(look('confirmed', null)).toMatchObject({ kind: 'look', at: null });
});

test('attempts that are not kept any more are said, where the count of an old orphan proves that some are missing', () => {
  const orphans = [{ ...ORPHAN, attempts: 2 }];
  const attempts = [attempt('a', 10)];
  const later = (days: number) => Date.parse(at(2)) + days * 86_400_000;
  const gone = ['resolved', 'attempt', 'not_kept', 'found', 'removed'];
  expect(kinds({ orphans, attempts, nowMs: later(91) })).toEqual(gone);
  expect(kinds({ orphans, nowMs: later(91) })).toEqual(['resolved', 'not_kept', 'found', 'removed']);
  // A dry run is no attempt of the orphan's, and its trace fills no gap.
  const dry = attempt('dry', 11, { outcome: 'would_stop' });
  expect(kinds({ orphans, attempts: [dry, ...attempts], nowMs: later(91) })).toContain('not_kept');

  // The two answers are of two moments: of a young one a difference proves nothing.
  expect(kinds({ orphans, attempts, nowMs: later(89) })).not.toContain('not_kept');
  expect(kinds({ orphans, attempts, more: true, nowMs: later(91) })).not.toContain('not_kept');
  expect(kinds({ attempts, nowMs: later(91) })).not.toContain('not_kept');
});

test('what people did stands among the rest, and what they were refused does not', () => {
  const acts = [act('acknowledge', 9), act('end_hold', 8), act('hold', 7), act('hold', 6, 'invalid_request')];
  expect(kinds({ acts })).toEqual(['resolved', 'act', 'act', 'act', 'found', 'removed']);
  expect(kinds({ acts: [act('sweep', 9), act('pause', 8)] })).not.toContain('act');
});

test('a hold is told once: by the audit, or where that is not known by the orphan', () => {
  const hold = { actor: 'Anna', verified: false, reason: 'looks', since: at(7), until: at(59) };
  const orphans = [{ ...ORPHAN, hold, state: 'held' as const, resolvedAt: null }];
  expect(kinds({ orphans, acts: [act('hold', 7)] })).toEqual(['act', 'found', 'removed']);
  expect(kinds({ orphans, acts: [act('hold', 3)] })).toEqual(['hold', 'act', 'found', 'removed']);
  expect(kinds({ orphans, acts: null })).toEqual(['hold', 'found', 'removed']);
});

test('pages of attempts are joined without doubles, and the newer reading is right', () => {
  const open = attempt('b', 5, { outcome: null });
  const joined = joinedAttempts([attempt('c', 6), attempt('b', 5)], [open, attempt('a', 4)]);
  expect(joined.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['c', 'failed'],
    ['b', 'failed'],
    ['a', 'failed'],
  ]);
});

test.each([
  [{ trigger: 'interval' }, null],
  [{ trigger: 'boot', requestedBy: 'nobody' }, null],
  [{ trigger: 'manual' }, 'no name given'],
  [{ trigger: 'manual', requestedBy: 'Anna' }, 'Anna (unverified)'],
  [{ trigger: 'manual', requestedBy: 'Anna', requestVerified: true }, 'Anna'],
  [{ trigger: 'manual', requestedBy: 'Anna', reason: 'its owner asks' }, 'Anna (unverified): its owner asks'],
] as const)('who asked: %j', (change, by) => {
  expect(askedBy(attempt('a', 1, change))).toBe(by);
});
