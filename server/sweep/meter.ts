import type { Ending } from './finish.ts';

/** Told of what this process has done, so that somebody may count it. Must not throw: nothing waits for it. */
export interface Meter {
  /**
   * An attempt has ended and is written down.
   *
   * @param tookMs from before it was written
   */
  attempted(ending: Ending, tookMs: number): void;
  /** A second look has found an instance that still runs, and nobody had been there first. */
  reappeared(): void;
}

/** For those who sweep once and then end: nobody will ask. */
export const UNCOUNTED: Meter = {
  attempted: () => undefined,
  reappeared: () => undefined,
};
