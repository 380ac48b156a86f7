import type { SweepOptions } from '../world.ts';

/** Of a process that is no more. */
export class Died extends Error {
  override readonly name = 'Died';
  constructor() {
    super('the process has died');
  }
}

export interface Life {
  /** Whether it has come to its end. */
  dead(): boolean;
  /** Puts it between a sweep and everything that it asks. */
  wrap<T extends object>(asked: T): T;
}

/**
 * A process that dies at its nth call to a database or to the control plane: before it is sent, or with its effect done
 * and its answer not heard. What is under way beside it arrives, and nobody hears of it.
 */
export function createLife(calls: number, effect: 'none' | 'done'): Life {
  let made = 0;
  let dead = false;

  const live = async (call: () => unknown): Promise<unknown> => {
    if (dead) throw new Died();
    made += 1;
    const last = made === calls;
    if (last) dead = true;
    if (last && effect === 'none') throw new Died();
    const answer = await call();
    if (dead) throw new Died();
    return answer;
  };

  return {
    dead: () => dead,
    wrap: (asked) =>
      new Proxy(asked, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => live(() => Reflect.apply(value, target, args));
        },
      }),
  };
}

/** A process with such a life; what it does not survive is told to nobody. */
export function mortal(life: Life): SweepOptions {
  return {
    wrapStore: (store) => life.wrap(store),
    wrapPlatform: (platform) => life.wrap(platform),
    wrapInventory: (inventory) => life.wrap(inventory),
  };
}
