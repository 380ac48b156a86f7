import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { Backend, StateAnswer } from '../backends/backend.ts';
import type { Clock } from './clock.ts';
import { type Sight, sightOf } from './decide.ts';
import { inTime } from './in-time.ts';
import type { Log } from './log.ts';
import type { DueLook } from './look-rows.ts';
import type { Meter } from './meter.ts';
import type { SweepStore } from './store.ts';

export interface SecondLookDeps {
  readonly clock: Clock;
  readonly store: SweepStore;
  readonly backend: Backend;
  readonly log: Log;
  readonly meter: Meter;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Monotonic: no look starts later. */
  readonly lastStartMs: number;
  /** No look starts any more. */
  readonly told: AbortSignal;
}

/**
 * Asks, some minutes after a Stop was accepted, whether the instance is really gone. What the answers say is nobody's
 * failure, and tells nothing of the control plane.
 *
 * @returns how many were asked about
 */
export async function lookAgain(deps: SecondLookDeps, due: readonly DueLook[]): Promise<number> {
  const { store, clock, told, lastStartMs } = deps;
  const limit = pLimit(deps.concurrency);
  let asked = 0;
  // One that asks to be left alone, or does not answer, is not asked again in this sweep.
  let enough = false;
  const look = async (one: DueLook): Promise<void> => {
    if (enough || told.aborted || clock.monotonicMs() > lastStartMs) return;
    asked += 1;
    const answer = await ask(deps, one);
    if (answer.kind === 'failed' && answer.class !== 'rejected') enough = true;
    const sight = sightIn(answer);
    if (sight === 'running') deps.log.error({ ...one }, 'A stopped instance is still running');
    const written = await store.looked(one, sight);
    if (written && sight === 'running') deps.meter.reappeared();
  };
  await Promise.all(due.map((one) => limit(() => look(one))));
  return asked;
}

function ask({ backend, clock, timeoutMs, told }: SecondLookDeps, look: DueLook): Promise<StateAnswer> {
  const { workspaceId, instanceId } = look;
  return inTime({ clock, timeoutMs, cut: told }, 'The question', (signal) =>
    backend.look({ workspaceId, instanceId }, { requestId: randomUUID(), signal }),
  );
}

function sightIn(answer: StateAnswer): Sight {
  switch (answer.kind) {
    case 'state':
      return sightOf(answer.state);
    case 'no_route':
      return 'unconfirmed';
    case 'failed':
      // An id that cannot be sent will never be answered about.
      return answer.class === 'rejected' ? 'unconfirmed' : 'again';
  }
}
