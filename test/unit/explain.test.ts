import { describe, expect, it } from 'vitest';
import { ACTINGS, type Acting } from '../../server/sweep/acting.ts';
import { type Explained, type ExplainedBackend, explain as explainOf } from '../../server/sweep/explain.ts';
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
  noRowConfirmed: false,
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

const CONTROL_PLANE: ExplainedBackend = { kind: 'control-plane', unknownGraceMs: null };
const DOCKER: ExplainedBackend = { kind: 'docker', unknownGraceMs: null };
const DOCKER_STOPS_UNKNOWN: ExplainedBackend = { kind: 'docker', unknownGraceMs: 600_000 };

const explain = (orphan: Explained, acting: Acting): string => explainOf(orphan, acting, CONTROL_PLANE);

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

const ALL = everyCombination();
const saidOf = (backend: ExplainedBackend): ReadonlySet<string> =>
  new Set(ACTINGS.flatMap((acting) => ALL.map((orphan) => explainOf(orphan, acting, backend))));
const SAID = saidOf(CONTROL_PLANE);
const SAID_OF_CONTAINERS = saidOf(DOCKER);
const SAID_WHERE_UNKNOWN_ARE_STOPPED = saidOf(DOCKER_STOPS_UNKNOWN);

describe('the explanation of an orphan', () => {
  it('is a sentence for every combination there is, with no time in it that would be wrong a minute later', () => {
    expect(ALL.length).toBe(7 * 5 * 10 * 10 * 6 * 5);
    const right = (sentence: string): boolean =>
      /^[A-Z].{20,}\.$/.test(sentence) && !/undefined|null|\.\.|\bago\b|\bin \d|\d+ (min|s|h)\b/.test(sentence);
    for (const said of [SAID, SAID_OF_CONTAINERS, SAID_WHERE_UNKNOWN_ARE_STOPPED]) {
      expect([...said].filter((sentence) => !right(sentence))).toEqual([]);
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

describe('the explanation of a container', () => {
  it.each([
    ['reported without a row', SAID_OF_CONTAINERS, 545],
    ['stopped without a row', SAID_WHERE_UNKNOWN_ARE_STOPPED, 800],
  ])('speaks of no control plane, instance or cleared id: %s', (_, said, different) => {
    expect([...said].filter((one) => /control.plane|instance|cleared|\bid was\b|\bthe id\b/i.test(one))).toEqual([]);
    expect(said.size).toBe(different);
  });

  it('says as much as that of an instance does, and nowhere the same where one of the two names what it is about', () => {
    expect(SAID_OF_CONTAINERS.size).toBe(SAID.size);
    const same = [...SAID_OF_CONTAINERS].filter((one) => SAID.has(one));
    expect(same.filter((one) => /control.plane|Docker|instance|container/i.test(one))).toEqual([]);
  });

  it('a backend that is not configured is talked of as a control plane', () => {
    const none: ExplainedBackend = { kind: null, unknownGraceMs: null };
    expect(ALL.filter((orphan) => explainOf(orphan, 'disabled', none) !== explain(orphan, 'disabled'))).toEqual([]);
  });

  it.each<[string, Partial<Explained>, Acting, string]>([
    [
      'waiting',
      {},
      'stops',
      'Its workspace is removed and its container is still there; the next sweep for which it is due stops it.',
    ],
    [
      'failing',
      { lastOutcome: 'failed', lastClass: 'transient', lastHttpStatus: 500, attempts: 2, state: 'retrying' },
      'stops',
      'The Docker Engine answered 500 (attempt 2); it is tried again, and heals by itself once the Docker Engine is back.',
    ],
    [
      'not let in',
      { lastOutcome: 'failed', lastClass: 'unauthorized', attempts: 1, state: 'retrying' },
      'stops',
      'The Docker Engine did not accept our credentials (401); it is tried again, and heals once DOCKER_TLS_VERIFY and DOCKER_CERT_PATH are right.',
    ],
    [
      'while containers cannot be listed',
      {},
      'platform',
      "Its workspace is removed and its container is still there; nothing is stopped until containers can be listed and the platform's database can be asked again.",
    ],
    [
      'removed',
      { state: 'cleared', resolution: 'stopped' },
      'stops',
      'The Docker Engine accepted the Stop and its container was removed.',
    ],
    [
      'restored meanwhile',
      { state: 'stuck', lastOutcome: 'stopped_live' },
      'stops',
      'The workspace dev-7 was restored while its container was being removed, so a live workspace may be without its container; a person must look, and acknowledge it.',
    ],
  ])('%s', (_, of, acting, sentence) => {
    expect(explainOf({ ...WAITING, ...of }, acting, DOCKER)).toBe(sentence);
  });
});

describe('a container without a row', () => {
  const noRow = { ...WAITING, why: 'no_row' } as const;
  const UNKNOWN = 'It belongs to a workspace that the platform has no row of';

  it('is only reported, whatever sweeps do, until somebody sets DOCKER_SWEEP_UNKNOWN', () => {
    for (const acting of ACTINGS) {
      expect(explainOf(noRow, acting, DOCKER)).toBe(`${UNKNOWN}; it is only reported until DOCKER_SWEEP_UNKNOWN=true.`);
    }
  });

  it.each([
    [600_000, '10 minutes'],
    [60_000, '1 minute'],
    [90_000, '90 seconds'],
  ])('is stopped after two looks %i ms apart', (unknownGraceMs, apart) => {
    expect(explainOf(noRow, 'stops', { kind: 'docker', unknownGraceMs })).toBe(
      `${UNKNOWN}; it is stopped once two looks at least ${apart} apart have missed its row.`,
    );
  });

  it('is stopped by the next sweep when two looks have missed its row', () => {
    expect(explainOf({ ...noRow, noRowConfirmed: true }, 'stops', DOCKER_STOPS_UNKNOWN)).toBe(
      `${UNKNOWN}; two looks at least 10 minutes apart have missed its row, and the next sweep for which it is due stops it.`,
    );
  });

  it('is not promised a Stop while nothing is stopped', () => {
    for (const acting of ACTINGS.filter((one) => one !== 'stops')) {
      expect(explainOf(noRow, acting, DOCKER_STOPS_UNKNOWN)).not.toContain('stopped once');
    }
  });

  it('says what an attempt came to', () => {
    const failed = { ...noRow, state: 'stuck', lastOutcome: 'failed', lastClass: 'rejected', attempts: 5 } as const;
    expect(explainOf(failed, 'stops', DOCKER_STOPS_UNKNOWN)).toBe(
      `${UNKNOWN}: the Docker Engine rejected the Stop: no reason given (attempt 5); it is tried again, less and less often. A person must look.`,
    );
  });
});
