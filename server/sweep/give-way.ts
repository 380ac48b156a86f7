import { setImmediate as nextTurn } from 'node:timers/promises';

/** Who goes first where several want the databases at once: those on their way to a Stop. */
export interface RightOfWay {
  /** Runs what others give way to, until it says that it has passed (or ends). */
  first<T>(run: (passed: () => void) => Promise<T>): Promise<T>;
  /** Waits until those have passed that are on their way now; later ones are not waited for. */
  giveWay(): Promise<void>;
}

export function createRightOfWay(): RightOfWay {
  const onTheirWay = new Set<Promise<void>>();
  return {
    async first(run) {
      let passed = (): void => undefined;
      const passing = new Promise<void>((resolve) => {
        passed = resolve;
      });
      onTheirWay.add(passing);
      try {
        return await run(() => {
          onTheirWay.delete(passing);
          passed();
        });
      } finally {
        onTheirWay.delete(passing);
        passed();
      }
    },
    async giveWay() {
      // Whoever takes the place that has just become free is on its way by then.
      await nextTurn();
      await Promise.all(onTheirWay);
    },
  };
}
