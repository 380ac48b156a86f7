import { describe, expect, it } from 'vitest';
import type { Backend, SteppedRequest, Steps, StopAnswer } from '../../server/backends/backend.ts';
import { createStopper } from '../../server/sweep/stopper.ts';
import { createSteppedClock } from '../support/stepped-clock.ts';

const TARGET = { workspaceId: 'w', instanceId: 'i' };
const STEPS: Steps = { left: async () => [], plan: async () => {}, done: async () => {}, mayGoOn: async () => true };

function stopping(stop: (request: SteppedRequest) => Promise<StopAnswer>) {
  const clock = createSteppedClock();
  const cut = new AbortController();
  const backend: Backend = {
    kind: 'control-plane',
    stop: (_target, request) => stop(request),
    look: never,
    close: async () => {},
  };
  return { clock, cut, stopper: createStopper(backend, clock, 10_000, cut.signal) };
}

const never = (): Promise<never> => new Promise(() => {});

describe('a Stop', () => {
  it('is what the backend answers, and leaves no timer behind', async () => {
    const { clock, stopper } = stopping(async () => ({ kind: 'accepted', httpStatus: 202 }));
    expect(await stopper.stop(TARGET, 'a', STEPS)).toEqual({ kind: 'accepted', httpStatus: 202 });
    await clock.walk(0);
    expect(clock.waiting()).toBe(0);
  });

  it('aborts its signal when its time is up, and takes the answer the backend gives then', async () => {
    const said: StopAnswer = {
      kind: 'failed',
      class: 'rejected',
      httpStatus: 404,
      message: 'unconfirmed',
      retryAfterMs: null,
    };
    const { clock, stopper } = stopping(
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(said))),
    );
    const answer = stopper.stop(TARGET, 'a', STEPS);
    await clock.walk(9_999);
    expect(clock.waiting()).toBeGreaterThan(0);
    await clock.walk(1);
    expect(await answer).toEqual(said);
  });

  it('ends as a timeout even when the backend ignores its signal', async () => {
    const { clock, stopper } = stopping(never);
    const answer = stopper.stop(TARGET, 'a', STEPS);
    await clock.walk(11_000);
    expect(await answer).toMatchObject({ kind: 'failed', class: 'timeout' });
    expect(stopper.wasCut()).toBe(false);
  });

  it('is given up when the process is going down', async () => {
    const { clock, cut, stopper } = stopping(never);
    const answer = stopper.stop(TARGET, 'a', STEPS);
    await clock.walk(100);
    cut.abort();
    await clock.walk(1_000);
    expect(await answer).toMatchObject({ kind: 'failed', class: 'timeout' });
    expect(stopper.wasCut()).toBe(true);
  });

  it('that throws is one failed orphan and nothing more', async () => {
    const { stopper } = stopping(() => Promise.reject(new Error('a bug')));
    expect(await stopper.stop(TARGET, 'a', STEPS)).toMatchObject({ kind: 'failed', class: 'rejected' });
  });

  it('carries the id of its attempt, and its steps', async () => {
    const ids: string[] = [];
    const { stopper } = stopping(async ({ requestId, steps }) => {
      expect(steps).toBe(STEPS);
      ids.push(requestId);
      return { kind: 'accepted', httpStatus: 200 };
    });
    await stopper.stop(TARGET, 'attempt-7', STEPS);
    expect(ids).toEqual(['attempt-7']);
  });
});
