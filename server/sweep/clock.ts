import { setImmediate as pollOnce, setTimeout as sleep } from 'node:timers/promises';

/** Time within this process. What replicas compare is the home database's time, never this. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back, and goes on while the process is frozen. */
  monotonicMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  async delay(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
      // A process that was frozen comes to its timers before it reads what arrived meanwhile: an answer is no timeout.
      await pollOnce();
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
