import type { World } from '../../support/world.ts';

/** Stops that have arrived at the control plane and are not answered until the test says so. */
export interface HeldStops {
  /** How many wait now. */
  waiting(): number;
  /** Answers so many of them, those that came first before the others. */
  answer(count: number): void;
  /** Answers all, and from now on each as it comes. */
  answerAll(): void;
}

/** A slow control plane, however quick the machine: for these instances. */
export function holdStops({ controlPlane }: World, instanceIds: readonly string[]): HeldStops {
  const waiting: (() => void)[] = [];
  let holding = true;
  for (const instanceId of instanceIds) {
    controlPlane.onStop(instanceId, async () => {
      if (holding) await new Promise<void>((resolve) => waiting.push(resolve));
    });
  }
  const answer = (count: number): void => {
    for (const resolve of waiting.splice(0, count)) resolve();
  };
  return {
    waiting: () => waiting.length,
    answer,
    answerAll() {
      holding = false;
      answer(waiting.length);
    },
  };
}
