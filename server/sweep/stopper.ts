import type { Backend, Steps, StopAnswer, StopTarget } from '../backends/backend.ts';
import type { Clock } from './clock.ts';
import { inTime } from './in-time.ts';

/** Sends Stops that end in time, whatever the backend does. */
export interface Stopper {
  readonly timeoutMs: number;
  stop(target: StopTarget, requestId: string, steps: Steps): Promise<StopAnswer>;
  /** Stops under way have been given up because the process is going down. */
  wasCut(): boolean;
}

/** @param cut Stops under way are given up when it aborts */
export function createStopper(backend: Backend, clock: Clock, timeoutMs: number, cut: AbortSignal): Stopper {
  return {
    timeoutMs,
    wasCut: () => cut.aborted,
    stop: ({ workspaceId, instanceId }, requestId, steps) =>
      inTime({ clock, timeoutMs, cut }, 'The Stop', (signal) =>
        backend.stop({ workspaceId, instanceId }, { requestId, signal, steps }),
      ),
  };
}
