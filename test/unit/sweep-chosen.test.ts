import { describe, expect, test } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { type HoldOutcome, holdAll } from '../../web/src/lib/hold-all.ts';
import { keyOf } from '../../web/src/lib/selection.ts';
import { scopeOf, sweepOffer } from '../../web/src/lib/sweep-chosen.ts';
import type { VerdictInput } from '../../web/src/lib/verdict.ts';
import { orphanNamed } from '../support/orphan.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const many = (count: number): Orphan[] => Array.from({ length: count }, (_, n) => orphanNamed(`w-${n}`));
const offer = (orphans: Orphan[], change: Partial<VerdictInput> = {}, across = false) =>
  sweepOffer(
    {
      connection: 'live',
      status: leakingStatus({ waiting: 400 }),
      nowMs: Date.parse(NOW),
      zone: 'utc',
      sweepLimit: 100,
      hasRunbook: true,
      refusal: null,
      ...change,
    },
    scopeOf(orphans, new Set()),
    across,
  );
const sweeper = (state: Status['sweeper']['state']) => ({ sweeper: { ...quietStatus().sweeper, state } });
const PAUSE = { actor: 'Anna', verified: false, reason: 'migration', since: NOW, until: '2026-11-23T04:00:00.000Z' };
const HOLD = { actor: 'Anna', verified: false, reason: 'r', since: NOW, until: NOW };

describe('what a sweep of the chosen takes', () => {
  test('not what is held, waits for a person, or is known to be resolved', () => {
    const [one, other] = [orphanNamed('a'), orphanNamed('b')];
    const left = [
      orphanNamed('held', { hold: HOLD }),
      orphanNamed('live', { lastOutcome: 'stopped_live' }),
      orphanNamed('replaced', { why: 'replaced' }),
    ];
    expect(scopeOf([one, other, ...left], new Set([keyOf(other)]))).toEqual({
      orphans: [one],
      workspaceIds: ['a'],
      expected: 1,
    });
  });

  test('workspaces go whole: each is named once, and all of theirs that were chosen are expected', () => {
    const twice = [orphanNamed('a'), orphanNamed('a', { instanceId: 'i-2' })];
    const waits = orphanNamed('a', { instanceId: 'i-3', why: 'replaced' });
    expect(scopeOf([...twice, waits], new Set())).toEqual({ orphans: twice, workspaceIds: ['a'], expected: 3 });
  });
});

describe('what is offered', () => {
  test('up to 25 of one page at once; more, or across pages, in a dialog', () => {
    expect(offer(many(25))).toEqual({ label: 'Sweep 25 now', dryRun: false, drain: false, asksFirst: false });
    expect(offer(many(26))).toMatchObject({ label: 'Sweep 26 now…', drain: false, asksFirst: true });
    expect(offer(many(3), {}, true)).toMatchObject({ label: 'Sweep 3 now…', asksFirst: true });
  });

  test('more than one sweep takes goes on until each was tried; also where nobody knows how many it takes', () => {
    expect(offer(many(101))).toMatchObject({ label: 'Sweep 101 now…', drain: true, asksFirst: true });
    expect(offer(many(3), { sweepLimit: null })).toMatchObject({ drain: true, asksFirst: true });
  });

  test('paused it asks first, and a dry run never does', () => {
    const paused = leakingStatus({ waiting: 3 }, { ...sweeper('paused'), pause: PAUSE });
    expect(offer(many(1), { status: paused })).toMatchObject({ label: 'Sweep 1 now…', asksFirst: true });
    const dry = { status: leakingStatus({ waiting: 300 }, sweeper('dry_run')) };
    expect(offer(many(3), dry)).toMatchObject({ label: 'Dry run 3', dryRun: true, drain: false, asksFirst: false });
    expect(offer(many(300), dry)).toMatchObject({ label: 'Dry run 100 of 300', drain: false });
  });

  test.each([
    ['disabled', { status: leakingStatus({ waiting: 1 }, sweeper('disabled')) }, /^Nothing is being stopped/],
    ['late', { status: leakingStatus({ waiting: 1 }, sweeper('late')) }, /^The sweeper has not run/],
    ['not answering', { connection: 'not_answering' }, /^Server not answering/],
    ['signed out', { connection: 'signed_out' }, /^Signed out/],
    ['refused', { connection: 'refused', refusal: 'Anna has no role here.' }, /^Anna has no role here$/],
    ['not known', { status: null }, /^Not known yet/],
  ] as const)('nothing while it is %s, and it is said why', (_what, change, why) => {
    expect(offer(many(1), change)).toEqual({ why: expect.stringMatching(why) });
  });
});

describe('holding one after the other', () => {
  const holding = (other: HoldOutcome) => async (workspaceId: string) =>
    workspaceId === 'b' ? other : ({ kind: 'held' } as const);

  test('one that is refused keeps no other from being held', async () => {
    expect(await holdAll(['a', 'b', 'c'], holding({ kind: 'refused', message: 'Gone.' }))).toEqual({
      held: ['a', 'c'],
      failed: [{ workspaceId: 'b', message: 'Gone.' }],
      endedBy: null,
    });
  });

  test('what all others would be told ends it', async () => {
    expect(await holdAll(['a', 'b', 'c'], holding({ kind: 'ends', message: 'Too many.' }))).toEqual({
      held: ['a'],
      failed: [],
      endedBy: 'Too many.',
    });
  });
});
