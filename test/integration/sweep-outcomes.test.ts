import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { OUTCOMES, type Outcome, type SweepResult } from '../../server/sweep/outcome.ts';
import { createJumpingClock } from '../support/fake-clock.ts';
import { refuseClearing, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type OrphanRow, type SweepOptions, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

interface Case {
  readonly claim: string;
  /** What happens to this orphan, and how it is swept. */
  readonly arrange: (leaked: WorkspaceRow) => Promise<SweepOptions>;
  readonly called: boolean;
  readonly id: 'cleared' | 'untouched';
  readonly result: SweepResult;
  readonly orphan: Partial<OrphanRow>;
}

const OPEN = { resolved_at: null, resolution: null };
const instanceOf = (row: WorkspaceRow) => row.instance_id ?? '';
const plainly = async (): Promise<SweepOptions> => ({});

/** Moments of a sweep at which the world around it changes. */
const afterTheClaim = (change: () => Promise<unknown>): SweepOptions => ({
  wrapStore: (store) => ({
    ...store,
    async claim(request) {
      const claimed = await store.claim(request);
      await change();
      return claimed;
    },
  }),
});
const duringTheStop = (leaked: WorkspaceRow, change: () => Promise<unknown>) =>
  world.controlPlane.onStop(instanceOf(leaked), async () => void (await change()));

const CASES: Readonly<Record<Outcome, Case>> = {
  stopped: {
    claim: 'accepted and cleared; the orphan is history',
    arrange: plainly,
    called: true,
    id: 'cleared',
    result: 'cleared',
    orphan: { resolution: 'stopped', failures: 0 },
  },
  already_gone: {
    claim: 'conclusively unknown to the control plane: cleared',
    async arrange(leaked) {
      await world.platformDatabase.query(`update workspaces set instance_id = 'i-never' where id = $1`, [leaked.id]);
      return {};
    },
    called: true,
    id: 'cleared',
    result: 'cleared',
    orphan: { instance_id: 'i-never', resolution: 'already_gone' },
  },
  stopped_live: {
    claim: 'the row came back to life during the Stop: its id is left alone, and a person must know',
    async arrange(leaked) {
      duringTheStop(leaked, () => world.platform.restore(leaked.id));
      return {};
    },
    called: true,
    id: 'untouched',
    result: 'failed',
    orphan: { ...OPEN, last_message: 'The workspace was restored while its instance was being stopped.' },
  },
  superseded: {
    claim: 'restored before the recheck: never called, the row left alone, as an observe would have it',
    arrange: async (leaked) => afterTheClaim(() => world.platform.restore(leaked.id)),
    called: false,
    id: 'untouched',
    result: 'cleared',
    orphan: { resolution: 'restored' },
  },
  shared: {
    claim: 'a live row names the instance: never called, neither row touched',
    async arrange(leaked) {
      const live = await world.platform.create('dev-7');
      await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [
        live.id,
        instanceOf(leaked),
      ]);
      return {};
    },
    called: false,
    id: 'untouched',
    result: 'failed',
    orphan: { ...OPEN, failures: 1 },
  },
  failed: {
    claim: 'the Stop failed: the id is kept',
    async arrange(leaked) {
      world.controlPlane.fail(instanceOf(leaked), { kind: 'status', status: 403 });
      return {};
    },
    called: true,
    id: 'untouched',
    result: 'failed',
    orphan: { ...OPEN, failures: 1, last_class: 'forbidden' },
  },
  clear_failed: {
    claim: 'accepted, but the platform would not clear it: tried again with backoff',
    async arrange(leaked) {
      await refuseClearing(world, instanceOf(leaked));
      return {};
    },
    called: true,
    id: 'untouched',
    result: 'failed',
    orphan: { ...OPEN, last_class: 'platform' },
  },
  interrupted: {
    claim: 'told to stop during the Stop: nobody knows, so the id is kept',
    async arrange(leaked) {
      const told = new AbortController();
      world.controlPlane.fail(instanceOf(leaked), { kind: 'hang' });
      duringTheStop(leaked, async () => told.abort());
      // The five seconds for the last answers are a twentieth of one here.
      const settings = { stopTimeoutMs: 60_000, deadlineMs: 120_000 };
      return { told: told.signal, clock: createJumpingClock((ms) => ms / 100), settings };
    },
    called: true,
    id: 'untouched',
    result: 'interrupted',
    orphan: { ...OPEN, failures: 0 },
  },
  would_stop: {
    claim: 'a dry run: never called, nothing touched',
    arrange: async () => ({ trigger: 'manual', dryRun: true }),
    called: false,
    id: 'untouched',
    result: 'dry_run',
    orphan: { ...OPEN, attempts: 0, last_outcome: null, stuck_at: null },
  },
};

describe('every outcome', () => {
  it('has a case here', () => {
    expect(Object.keys(CASES).sort()).toEqual([...OUTCOMES].sort());
    expect(OUTCOMES).toHaveLength(9);
  });

  it.each(OUTCOMES.map((outcome) => [outcome, CASES[outcome].claim] as const))('%s: %s', async (outcome) => {
    const { arrange, called, id, result, orphan } = CASES[outcome];
    const leaked = await world.leak();
    const options = await arrange(leaked);
    const end = await sweepOnce(world, options);
    expect(end).toMatchObject({ result, counts: { [outcome]: 1 }, deferred: 0 });
    expect(Object.keys(end.counts)).toEqual([outcome]);
    expect(stops(world)).toHaveLength(called ? 1 : 0);
    const { instance_id: instanceId } = await world.orphan(leaked.id);
    expect((await world.row(leaked.id))?.instance_id).toBe(id === 'cleared' ? null : instanceOf(leaked));
    const lastOutcome = outcome === 'would_stop' ? null : outcome;
    expect(await world.orphan(leaked.id)).toMatchObject({
      claimed_by: null,
      attempt_id: null,
      ...(outcome === 'superseded' || outcome === 'would_stop' ? {} : { last_outcome: lastOutcome }),
      ...orphan,
    });
    // Promise 3: the attempt still knows the id, whatever became of it.
    expect(await world.attempts()).toMatchObject([{ outcome, instance_id: instanceId, finished_at: expect.any(Date) }]);
    expect(await world.sweeps()).toMatchObject([{ result, counts: { [outcome]: 1 } }]);
  });
});

describe('stopped: what became of the row by then is left alone', () => {
  it.each([
    ['another instance', async (id: string) => (await world.platform.reprovision(id)).instance_id],
    ['no instance', async (id: string) => setId(id, null)],
    ['an empty id', async (id: string) => setId(id, '')],
  ] as const)('it holds %s', async (_what, change) => {
    const leaked = await world.leak();
    let expected: string | null = 'not called';
    duringTheStop(leaked, async () => {
      expected = await change(leaked.id);
    });
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 1 } });
    expect((await world.row(leaked.id))?.instance_id).toBe(expected);
    expect((await world.orphans())[0]).toMatchObject({ instance_id: leaked.instance_id, resolution: 'stopped' });
  });

  it('it is gone: none is made', async () => {
    const leaked = await world.leak();
    duringTheStop(leaked, () => world.platform.destroy(leaked.id));
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 1 } });
    expect(await world.platform.rows()).toEqual([]);
  });

  async function setId(id: string, instanceId: string | null): Promise<string | null> {
    await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [id, instanceId]);
    return instanceId;
  }
});

describe('promise 3: every Stop leaves a trace, before it happens', () => {
  it('the attempt is in the database, open, while the Stop is under way', async () => {
    const leaked = await world.leak();
    let during: unknown;
    duringTheStop(leaked, async () => {
      during = await world.attempts();
    });
    await sweepOnce(world);
    expect(during).toMatchObject([{ instance_id: leaked.instance_id, outcome: null, finished_at: null }]);
    const [attempt] = await world.attempts();
    expect(world.controlPlane.calls.at(-1)?.requestId, 'the control plane can be asked about it').toBe(attempt?.id);
  });

  it('an answer that comes after others have written the attempt off is kept beside its outcome, never over it', async () => {
    const leaked = await world.leak();
    const swept = sweepOnce(world, {
      wrapStore: (store) => ({
        ...store,
        async finish(...ending) {
          // This process was frozen: its claim ran out, and a look by somebody else ended the attempt.
          await world.timePasses(25_000);
          await world.observe();
          return store.finish(...ending);
        },
      }),
    });
    await swept;
    expect(await world.attempts()).toMatchObject([{ outcome: 'interrupted', late_answer: 'stopped' }]);
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
    // The look saw the cleared row and an attempt whose end nobody knew: stopped by us, unconfirmed.
    expect(await world.orphan(leaked.id)).toMatchObject({ resolution: 'stopped', second_look: 'unconfirmed' });
  });

  it('a Stop whose end was never written is tried again, at least an interval later', async () => {
    const leaked = await world.leak();
    world.controlPlane.fail(instanceOf(leaked), { kind: 'status', status: 500 });
    const dying = (): Promise<never> => Promise.reject(new Error('killed'));
    await expect(world.sweep({ wrapStore: (store) => ({ ...store, finish: dying, end: dying }) })).rejects.toThrow();
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do' });
    expect(await world.attempts()).toMatchObject([{ outcome: null }]);
    await world.timePasses(25_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do' });
    expect(await world.attempts()).toMatchObject([{ outcome: 'interrupted', fault: 'nobody' }]);
    await world.timePasses(60_000);
    world.controlPlane.heal();
    expect(await sweepOnce(world)).toMatchObject({ counts: { stopped: 1 } });
  });
});
