import type { Steps } from '../backends/backend.ts';
import type { Clock } from './clock.ts';
import type { Ending } from './finish.ts';
import type { Platform, Target } from './platform.ts';
import { RECHECK_VALID_MS, type Rechecked } from './recheck.ts';

/** Why a step was not taken. */
export interface Halt {
  readonly ending: Ending;
  readonly rechecked: Rechecked | null;
}

export interface PassageDeps {
  readonly clock: Clock;
  readonly platform: Platform;
  readonly steps: Omit<Steps, 'mayGoOn'>;
  /** Why no further step may begin, whatever the platform says; null: one may. */
  readonly refusal: () => Promise<Ending | null>;
  /** What the platform's answer means for the orphan; null: go on. */
  readonly judge: (rechecked: Rechecked) => Ending | null;
  /** What an error of the platform means. Rethrows every other. */
  readonly faultOf: (error: unknown) => Ending;
}

/** The steps of one Stop. */
export interface Passage {
  readonly steps: Steps;
  /**
   * Why the last step was not taken.
   *
   * @throws TypeError when it was
   */
  halt(): Halt;
}

/**
 * Asks the platform again before each step: the workspace may have been restored since the one before. For the first the
 * recheck that came before the Stop will do, as long as it is young.
 */
export function createPassage(deps: PassageDeps, target: Target, before: Rechecked): Passage {
  const { clock, platform } = deps;
  let young: Rechecked | null = before;
  let halt: Halt | null = null;

  const recheck = async (): Promise<Rechecked> => {
    const askedMs = clock.monotonicMs();
    const { own, live, tableEmpty } = await platform.recheck([target]);
    return { askedMs, row: own.get(target.workspaceId), live: live.get(target.instanceId), tableEmpty };
  };
  const isYoung = ({ askedMs }: Rechecked): boolean => clock.monotonicMs() - askedMs < RECHECK_VALID_MS;

  const askAgain = async (): Promise<Halt | null> => {
    const refusal = await deps.refusal();
    if (refusal !== null) return { ending: refusal, rechecked: null };
    if (young !== null && isYoung(young)) return null;
    try {
      let rechecked = await recheck();
      if (!isYoung(rechecked)) rechecked = await recheck();
      const ending = isYoung(rechecked) ? deps.judge(rechecked) : TOO_SLOW;
      return ending === null ? null : { ending, rechecked };
    } catch (error) {
      return { ending: deps.faultOf(error), rechecked: null };
    }
  };

  return {
    steps: {
      ...deps.steps,
      async mayGoOn() {
        halt = await askAgain();
        young = null;
        return halt === null;
      },
    },
    halt() {
      if (halt === null) throw new TypeError('no step was refused');
      return halt;
    },
  };
}

/** For a Stop that was not sent, or a step of one that was not taken. */
export const TOO_SLOW: Ending = {
  outcome: 'failed',
  class: 'platform',
  fault: 'nobody',
  httpStatus: null,
  message: "The platform's database took too long to say whether the workspace is still removed: not called.",
  called: false,
};
