/** Longer than timers are ever late: the machine slept. */
const SLEPT_MS = 5_000;

export interface Clocks {
  /** Never jumps, but stands still while the machine sleeps. */
  readonly monotonic: () => number;
  /** Goes on while the machine sleeps, but jumps when it is set. */
  readonly wall: () => number;
}

/**
 * A clock for ages, in milliseconds: monotonic, and set forward by the time that the machine slept through. A phone
 * that wakes after an hour must not call an hour-old answer fresh.
 */
export function createElapsed({ monotonic, wall }: Clocks): () => number {
  let before = { monotonic: monotonic(), wall: wall() };
  let slept = 0;
  return () => {
    const now = { monotonic: monotonic(), wall: wall() };
    const missed = now.wall - before.wall - (now.monotonic - before.monotonic);
    if (missed > SLEPT_MS) slept += missed;
    before = now;
    return now.monotonic + slept;
  };
}

export const elapsedMs = createElapsed({ monotonic: () => performance.now(), wall: () => Date.now() });
