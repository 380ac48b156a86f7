import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** A clock that stands still until a test moves it, and then wakes those who wait one after another, each in its moment. */
export interface SteppedClock extends Omit<FakeClock, 'advance'> {
  /** Lets that much time go by in steps, and everything that they start settle. */
  walk(ms: number): Promise<void>;
}

/** How many turns of the event loop belong to one moment: promise chains are long, but not that long. */
const TURNS = 20;
const STEP_MS = 100;

export function createSteppedClock(): SteppedClock {
  const clock = createFakeClock();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    monotonicMs: clock.monotonicMs,
    delay: clock.delay,
    waiting: clock.waiting,
    async walk(ms) {
      await settle();
      for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
        clock.advance(Math.min(STEP_MS, leftMs));
        await settle();
      }
    },
  };
}
