import { type Clock, systemClock } from '../../server/sweep/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Time goes by: everything that waited for a moment up to then goes on. */
  advance(ms: number): void;
  /** How many wait now. */
  waiting(): number;
}

export function createFakeClock(): FakeClock {
  let nowMs = 0;
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    monotonicMs: () => nowMs,
    delay: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          atMs: nowMs + ms,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        if (signal?.aborted) sleeper.wake();
        else signal?.addEventListener('abort', sleeper.wake);
      }),
    advance(ms) {
      nowMs += ms;
      for (const sleeper of [...sleepers]) if (sleeper.atMs <= nowMs) sleeper.wake();
    },
    waiting: () => sleepers.size,
  };
}

/** The real clock, which a test can put forward: what takes long in a test takes no time. */
export interface JumpingClock extends Clock {
  jump(ms: number): void;
}

/**
 * @param delayOf how long a wait of `ms` really is; as long as it says unless told
 * @param nowMs what it goes by between two jumps; where it stands still, a slow machine does not come into it
 */
export function createJumpingClock(
  delayOf: (ms: number) => number = (ms) => ms,
  nowMs: () => number = systemClock.monotonicMs,
): JumpingClock {
  let aheadMs = 0;
  return {
    monotonicMs: () => nowMs() + aheadMs,
    delay: (ms, signal) => systemClock.delay(delayOf(ms), signal),
    jump(ms) {
      aheadMs += ms;
    },
  };
}
