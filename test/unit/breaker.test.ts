import { describe, expect, it } from 'vitest';
import type { StopFailure } from '../../server/backends/backend.ts';
import { type BreakerChange, breakerSentence, createBreaker } from '../../server/sweep/breaker.ts';
import type { FailureClass, Fault } from '../../server/sweep/outcome.ts';
import { gate } from '../support/sweeping.ts';

const CLOSED = { open: false, run: [] };
const MINUTE = 60_000;

/** A failure by the control plane's fault unless told. */
function failure(
  failureClass: StopFailure['class'] = 'timeout',
  { fault = 'control_plane' as Fault, retryAfterMs = null as number | null } = {},
): StopFailure & { readonly fault: Fault } {
  return { kind: 'failed', class: failureClass, httpStatus: null, message: failureClass, retryAfterMs, fault };
}

/** A home database that takes as long as the test wants; the first change goes in at once when none is held back. */
function slowly() {
  const saved: BreakerChange[] = [];
  const waiting: (() => void)[] = [];
  let atOnce = 0;
  let most = 0;
  return {
    saved,
    most: () => most,
    async save(change: BreakerChange): Promise<void> {
      atOnce += 1;
      most = Math.max(most, atOnce);
      const { opened, open } = gate();
      waiting.push(open);
      await opened;
      saved.push(change);
      atOnce -= 1;
    },
    /** Lets the change go in that is being saved, and the next one begin. */
    async next(): Promise<void> {
      await settled();
      waiting.shift()?.();
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the breaker of one sweep', () => {
  it('knows at once, before anything is written down', () => {
    const breaker = createBreaker(CLOSED, () => new Promise(() => undefined));
    for (const id of ['a', 'b', 'c']) breaker.answered(id, failure());
    expect([breaker.open, breaker.cause]).toEqual([true, { class: 'timeout', message: 'timeout', restMs: null }]);
  });

  it('begins as the last sweep left it: one more of a run of two opens it', () => {
    const breaker = createBreaker({ open: false, run: ['a', 'b'] }, async () => undefined);
    expect([breaker.open, breaker.cause]).toEqual([false, null]);
    breaker.answered('c', failure());
    expect(breaker.open).toBe(true);
  });

  it('says that it recovered once, and only where it had been open', () => {
    const breaker = createBreaker({ open: true, run: ['a', 'b', 'c'] }, async () => undefined);
    expect(breaker.answered('d', null)).toBe('recovered');
    expect([breaker.open, breaker.cause]).toEqual([false, null]);
    expect(breaker.answered('e', null)).toBeNull();
    expect(createBreaker({ open: false, run: ['a'] }, async () => undefined).answered('a', null)).toBeNull();
  });

  it("takes the orphan's own failure for an answer, as the success that it is for the control plane", () => {
    const breaker = createBreaker({ open: true, run: [] }, async () => undefined);
    expect(breaker.answered('a', failure('forbidden', { fault: 'orphan' }))).toBe('recovered');
  });

  it('writes nothing while the control plane answers as it did before', async () => {
    const saved: BreakerChange[] = [];
    const breaker = createBreaker(CLOSED, async (change) => void saved.push(change));
    for (const id of ['a', 'b', 'c']) breaker.answered(id, null);
    await breaker.saved();
    expect(saved).toEqual([]);
  });

  it('writes down a run that begins and one that is broken', async () => {
    const saved: BreakerChange[] = [];
    const breaker = createBreaker(CLOSED, async (change) => void saved.push(change));
    breaker.answered('a', failure());
    await breaker.saved();
    breaker.answered('b', null);
    await breaker.saved();
    const quiet = { open: false, recovered: false, cause: null };
    expect(saved).toEqual([
      { ...quiet, run: ['a'] },
      { ...quiet, run: [] },
    ]);
  });
});

describe('saving it', () => {
  it('one change after another; one that is overtaken while it waits is left out', async () => {
    const home = slowly();
    const breaker = createBreaker(CLOSED, home.save);
    breaker.answered('a', failure());
    await settled();
    for (const id of ['b', 'c', 'd', 'e']) breaker.answered(id, failure());
    await home.next();
    await home.next();
    await breaker.saved();
    expect(home.most(), 'never two at once').toBe(1);
    expect(home.saved.map(({ open, run }) => [open, run.join('')])).toEqual([
      [false, 'a'],
      [true, 'cde'],
    ]);
  });

  it('a recovery is not lost when the breaker opens again before it is written down', async () => {
    const home = slowly();
    const breaker = createBreaker({ open: true, run: ['x', 'y', 'z'] }, home.save);
    breaker.answered('a', failure('transient'));
    await settled();
    expect(breaker.answered('b', null)).toBe('recovered');
    breaker.answered('c', failure('unauthorized'));
    await home.next();
    await home.next();
    await breaker.saved();
    expect(home.saved.map(({ open, recovered, cause }) => [open, recovered, cause?.class])).toEqual([
      [true, false, 'transient'],
      [true, true, 'unauthorized'],
    ]);
  });

  it('a recovery is written down once', async () => {
    const saved: BreakerChange[] = [];
    const breaker = createBreaker({ open: true, run: [] }, async (change) => void saved.push(change));
    breaker.answered('a', null);
    await breaker.saved();
    breaker.answered('b', failure());
    await breaker.saved();
    expect(saved.map(({ recovered }) => recovered)).toEqual([true, false]);
  });

  it('that fails is thrown by saved(), each time it is asked, and by nothing else', async () => {
    const broken = new Error('the home database is away');
    let tries = 0;
    const breaker = createBreaker(CLOSED, async () => {
      tries += 1;
      throw broken;
    });
    breaker.answered('a', failure());
    await settled();
    expect(() => breaker.answered('b', failure()), 'the Stops in flight still end').not.toThrow();
    await expect(breaker.saved()).rejects.toBe(broken);
    await expect(breaker.saved()).rejects.toBe(broken);
    expect(tries, 'what comes after it would be written over a gap').toBe(1);
  });

  it('saved() waits for the change under way', async () => {
    const home = slowly();
    const breaker = createBreaker(CLOSED, home.save);
    breaker.answered('a', failure());
    let done = false;
    const saving = breaker.saved().then(() => {
      done = true;
    });
    await settled();
    expect(done).toBe(false);
    await home.next();
    await saving;
    expect(home.saved).toHaveLength(1);
  });
});

describe('a Retry-After', () => {
  const throttled = (retryAfterMs: number | null) => failure('throttled', { retryAfterMs });
  function resting() {
    const saved: BreakerChange[] = [];
    const breaker = createBreaker(CLOSED, async (change) => void saved.push(change));
    breaker.answered('a', throttled(5 * MINUTE));
    return { breaker, saved };
  }

  it.each([
    ['a success', null],
    ['a refusal', failure('forbidden', { fault: 'orphan' })],
    ['a failure without one', failure('timeout')],
    ['a shorter one', throttled(MINUTE)],
    ['none', throttled(null)],
    ['a 401', failure('unauthorized')],
  ])('outlives what was sent before it: %s', async (_what, later) => {
    const { breaker, saved } = resting();
    expect(breaker.answered('b', later)).toBeNull();
    await breaker.saved();
    expect([breaker.open, breaker.cause?.restMs]).toEqual([true, 5 * MINUTE]);
    expect(saved.map(({ open, recovered, cause }) => [open, recovered, cause?.restMs])).toEqual([
      [true, false, 5 * MINUTE],
    ]);
  });

  it('is as long as the longest, ten minutes at the most', async () => {
    const { breaker, saved } = resting();
    breaker.answered('b', throttled(60 * MINUTE));
    breaker.answered('c', throttled(90 * MINUTE));
    await breaker.saved();
    expect(saved.at(-1)?.cause?.restMs).toBe(10 * MINUTE);
  });

  it('of nothing at all, or none, is closed by the next answer', () => {
    for (const retryAfterMs of [0, null]) {
      const breaker = createBreaker(CLOSED, async () => undefined);
      breaker.answered('a', throttled(retryAfterMs));
      expect([breaker.open, breaker.answered('b', null), breaker.open]).toEqual([true, 'recovered', false]);
    }
  });
});

describe('why nothing more is sent', () => {
  it.each([
    ['unauthorized', 'The control plane did not accept our credentials: it said so'],
    ['throttled', 'The control plane asked to be called less: it said so'],
    ['timeout', 'The control plane is not answering: it said so'],
    ['unreachable', 'The control plane is not answering: it said so'],
    ['transient', 'The control plane is not answering: it said so'],
  ] satisfies [FailureClass, string][])('%s: %s', (failureClass, sentence) => {
    expect(breakerSentence({ class: failureClass, message: 'it said so' }, 'control-plane')).toBe(sentence);
    const docker = breakerSentence({ class: failureClass, message: 'it said so' }, 'docker');
    expect(docker).toBe(sentence.replace('control plane', 'Docker Engine'));
  });
});
