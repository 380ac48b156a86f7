import { expect, test } from 'vitest';
import type { Sweep } from '../../server/api/sweeps.ts';
import { sweepOf } from '../../web/src/lib/sweep-of.ts';
import { NOW } from '../support/status.ts';

const ASKED_MS = Date.parse(NOW);
const ASKED = { order: {}, sinceMs: ASKED_MS };
const SWEEP: Sweep = {
  id: 'one',
  tenant: 'default',
  trigger: 'manual',
  workspaceIds: null,
  requestedBy: null,
  requestVerified: false,
  reason: null,
  dryRun: false,
  drain: false,
  requestedAt: at(300),
  startedAt: null,
  finishedAt: null,
  result: 'running',
  claimed: 0,
  counts: {},
  open: null,
  stuck: null,
  error: null,
  replica: 'one',
  joined: false,
  cancelRequestedAt: null,
  cancelRequestedBy: null,
  cancelVerified: false,
  looks: 0,
};

function at(ms: number): string {
  return new Date(ASKED_MS + ms).toISOString();
}

test('one that was asked for since is the one, also when it has ended by now', () => {
  const ended = { ...SWEEP, finishedAt: at(900) };
  expect(sweepOf(ASKED, [ended])).toEqual({ sweep: ended, joined: false });
});

test('one from before is the one only while it is under way: then it was joined', () => {
  const before = { ...SWEEP, requestedAt: at(-5_000) };
  expect(sweepOf(ASKED, [before])).toEqual({ sweep: before, joined: true });
  expect(sweepOf(ASKED, [{ ...before, finishedAt: at(-1_000) }])).toBeNull();
});

test.each([{ workspaceIds: ['w'] }, { dryRun: true }, { drain: true }])('another kind of sweep is not: %j', (other) => {
  expect(sweepOf(ASKED, [{ ...SWEEP, ...other }])).toBeNull();
});

test('of some workspaces the one of exactly these is, in whatever order', () => {
  const order = { workspaceIds: ['w', 'v'] };
  const these = { ...SWEEP, workspaceIds: ['v', 'w'] };
  const others = [SWEEP, { ...SWEEP, workspaceIds: ['v'] }, { ...SWEEP, workspaceIds: ['v', 'x'] }];
  expect(sweepOf({ ...ASKED, order }, [...others, these])?.sweep).toBe(these);
  expect(sweepOf({ ...ASKED, order }, others)).toBeNull();
});

test('of a dry run the dry run is', () => {
  const dryRun = { ...SWEEP, dryRun: true };
  expect(sweepOf({ ...ASKED, order: { dryRun: true } }, [SWEEP, dryRun])?.sweep).toBe(dryRun);
});
