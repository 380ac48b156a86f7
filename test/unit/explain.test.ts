import { describe, expect, it } from 'vitest';
import { ACTINGS } from '../../server/sweep/acting.ts';
import { type Explained, explain } from '../../server/sweep/explain.ts';
import {
  FAILURE_CLASSES,
  ORPHAN_STATES,
  OUTCOMES,
  RESOLUTIONS,
  SECOND_LOOKS,
  WHYS,
} from '../../server/sweep/outcome.ts';

const WAITING: Explained = {
  workspaceId: 'w-1',
  workspaceName: 'dev-7',
  state: 'waiting',
  why: 'removed',
  attempts: 0,
  failures: 0,
  lastOutcome: null,
  lastClass: null,
  lastMessage: null,
  lastHttpStatus: null,
  heldBy: null,
  holdReason: null,
  resolution: null,
  secondLook: null,
};

function everyCombination(): Explained[] {
  const all: Explained[] = [];
  for (const state of ORPHAN_STATES)
    for (const why of WHYS)
      for (const lastOutcome of [null, ...OUTCOMES])
        for (const lastClass of [null, ...FAILURE_CLASSES])
          for (const resolution of [null, ...RESOLUTIONS])
            for (const secondLook of [null, ...SECOND_LOOKS])
              all.push({ ...WAITING, state, why, lastOutcome, lastClass, resolution, secondLook });
  return all;
}

describe('the explanation of an orphan', () => {
  it('is a sentence for every combination there is, with no time in it that would be wrong a minute later', () => {
    const all = everyCombination();
    expect(all.length).toBe(7 * 5 * 10 * 10 * 6 * 5);
    const right = (sentence: string): boolean =>
      /^[A-Z].{20,}\.$/.test(sentence) && !/undefined|null|\.\.|\bago\b|\bin \d|\d+ (min|s|h)\b/.test(sentence);
    for (const acting of ACTINGS) {
      expect(all.map((orphan) => explain(orphan, acting)).filter((sentence) => !right(sentence))).toEqual([]);
    }
  });

  it('promises no Stop where nothing is being stopped', () => {
    expect(explain(WAITING, 'stops')).toContain('the next sweep for which it is due stops it');
    expect(explain(WAITING, 'dry_run')).toContain('does not stop it');
    expect(explain(WAITING, 'disabled')).toContain('nothing is being stopped');
    const failed = { ...WAITING, state: 'retrying', lastOutcome: 'failed', lastClass: 'forbidden' } as const;
    for (const acting of ACTINGS.filter((one) => one !== 'stops')) {
      for (const orphan of [
        WAITING,
        failed,
        { ...failed, why: 'row_gone' },
        { ...failed, why: 'reappeared' },
      ] as const) {
        expect(explain(orphan, acting)).not.toMatch(/next sweep|tried again/);
      }
    }
  });

  it('differs for every class of failure, and says what heals by itself', () => {
    const failed = { ...WAITING, state: 'retrying', attempts: 4, failures: 1, lastOutcome: 'failed' } as const;
    const sentences = FAILURE_CLASSES.map((lastClass) =>
      explain({ ...failed, lastClass, lastHttpStatus: 503 }, 'stops'),
    );
    expect(new Set(sentences).size).toBe(FAILURE_CLASSES.length);
    expect(explain({ ...failed, lastClass: 'transient', lastHttpStatus: 503 }, 'stops')).toBe(
      'The control plane answered 503 (attempt 4); it is tried again, and heals by itself once the control plane is back.',
    );
  });

  it('names the workspace that was restored while its instance was being stopped', () => {
    expect(explain({ ...WAITING, state: 'stuck', lastOutcome: 'stopped_live' }, 'stops')).toContain(
      'dev-7 was restored',
    );
  });

  it('differs for everything that keeps sweeps from stopping it', () => {
    expect(new Set(ACTINGS.map((acting) => explain(WAITING, acting))).size).toBe(ACTINGS.length);
  });

  it('says of one whose row is gone, or that runs on, that it is stopped all the same', () => {
    expect(explain({ ...WAITING, why: 'row_gone' }, 'stops')).toMatch(/row is gone.*the next sweep/);
    expect(explain({ ...WAITING, state: 'stuck', why: 'reappeared' }, 'stops')).toMatch(
      /still running.*stops it again/,
    );
    const looking = { ...WAITING, state: 'stuck', why: 'reappeared', secondLook: 'due' } as const;
    expect(explain(looking, 'stops')).toContain('the next look says whether it is gone');
  });

  it('does not promise a Stop for what is never stopped', () => {
    for (const why of ['replaced', 'no_row'] as const) {
      expect(explain({ ...WAITING, state: 'stuck', why }, 'stops')).not.toMatch(/tried again|next sweep/);
    }
  });
});
