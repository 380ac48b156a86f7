import { randomUUID } from 'node:crypto';
import type { Backend, StateAnswer } from '../backends/backend.ts';
import type { Clock } from './clock.ts';
import { inTime } from './in-time.ts';
import type { Repeats } from './log.ts';
import type { PositiveControl } from './outcome.ts';
import type { Platform } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';

/** What asking about live instances has shown, and the sentence for a person. */
export interface ControlResult {
  readonly result: PositiveControl;
  readonly message: string | null;
}

/** Before anything is stopped: whether the control plane knows this platform at all. One per process. */
export interface Controller {
  /**
   * Asks when it is time to (before the first Stop, then hourly; at every sweep while it failed).
   *
   * @param open the breaker is open: what is not known yet is asked, but nothing is asked again
   * @param told a question under way is given up when it aborts
   * @returns why nothing may be stopped; null: no reason
   */
  check(open: boolean, told: AbortSignal): Promise<string | null>;
}

export interface ControllerDeps {
  readonly clock: Clock;
  readonly platform: Platform;
  readonly backend: Backend | null;
  /** POSITIVE_CONTROL. */
  readonly enabled: boolean;
  /** How long one question may take. */
  readonly timeoutMs: number;
  readonly save: (result: ControlResult) => Promise<void>;
  readonly repeats: Repeats;
}

const ASKED = 5;
const LEAST_ASKED = 2;
const AGAIN_MS = 60 * 60_000;

export function createController(deps: ControllerDeps): Controller {
  const { clock, backend, enabled, save } = deps;
  let last: (Found & { readonly atMs: number }) | null = null;

  const isDue = (open: boolean): boolean => {
    if (last === null) return true;
    if (last.result === 'not_known') return true;
    // Could not ask is not an answer that lasts an hour; but a control plane that is down is asked by probes alone.
    if (last.failed) return !open;
    return clock.monotonicMs() - last.atMs >= AGAIN_MS;
  };

  return {
    async check(open, told) {
      if (!isDue(open)) return null;
      const asks = enabled && backend !== null && backend.kind === 'control-plane';
      const found = asks ? await ask(deps, backend, told) : UNKNOWN;
      last = { ...found, atMs: clock.monotonicMs() };
      await save({ result: found.result, message: found.message });
      return found.result === 'not_known' ? found.message : null;
    },
  };
}

interface Found extends ControlResult {
  /** It could not be asked: worth another try. */
  readonly failed: boolean;
}

const UNKNOWN: Found = { result: 'unknown', message: null, failed: false };

async function ask(deps: ControllerDeps, backend: Backend, told: AbortSignal): Promise<Found> {
  try {
    return judgeAsked(await askAboutLive(deps, backend, told));
  } catch (error) {
    if (!(error instanceof PlatformFault)) throw error;
    deps.repeats.fails('control', 'warn', error, 'The live rows of the platform could not be read');
    return { ...UNKNOWN, message: error.message, failed: true };
  }
}

/** What the control plane has said of live instances. */
export interface Asked {
  /** Of so many. */
  readonly count: number;
  /** Null: there was none to ask about. */
  readonly last: StateAnswer | null;
}

/**
 * One after another, until one is known or could not be asked: as a rule that is one question. It changes nothing.
 *
 * @throws PlatformFault when the live rows cannot be read
 */
export async function askAboutLive(
  { platform, clock, timeoutMs }: Pick<ControllerDeps, 'platform' | 'clock' | 'timeoutMs'>,
  backend: Backend,
  told: AbortSignal,
): Promise<Asked> {
  let last: StateAnswer | null = null;
  let count = 0;
  for (const target of await platform.liveRows(ASKED)) {
    last = await inTime({ clock, timeoutMs, cut: told }, 'The question', (signal) =>
      backend.look(target, { requestId: randomUUID(), signal }),
    );
    count += 1;
    if (last.kind !== 'state' || last.state !== 'not_found') break;
  }
  return { count, last };
}

export function judgeAsked({ count, last }: Asked): Found {
  if (last === null) return UNKNOWN;
  if (last.kind !== 'state') return { ...UNKNOWN, message: last.message, failed: last.kind === 'failed' };
  if (last.state !== 'not_found') return { result: 'known', message: null, failed: false };
  return count < LEAST_ASKED ? UNKNOWN : { result: 'not_known', message: notKnown(count), failed: false };
}

function notKnown(asked: number): string {
  return (
    `The control plane knows none of ${asked} instances of live workspaces of this platform, so it may be another's: ` +
    'nothing is stopped. Set CONTROL_PLANE_URL to the control plane of this platform ' +
    '(POSITIVE_CONTROL=false sweeps without asking).'
  );
}
