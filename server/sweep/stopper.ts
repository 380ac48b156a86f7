import type { Backend, StopAnswer, StopTarget } from '../backends/backend.ts';
import type { Clock } from './clock.ts';

/** Sends Stops that end in time, whatever the backend does. */
export interface Stopper {
  readonly timeoutMs: number;
  stop(target: StopTarget, requestId: string): Promise<StopAnswer>;
  /** Stops under way have been given up because the process is going down. */
  wasCut(): boolean;
}

/** An answer may come this much after its signal; a backend that keeps silent even then is a timeout. */
const ANSWER_MARGIN_MS = 1_000;

/** @param cut Stops under way are given up when it aborts */
export function createStopper(backend: Backend, clock: Clock, timeoutMs: number, cut: AbortSignal): Stopper {
  return {
    timeoutMs,
    wasCut: () => cut.aborted,
    async stop({ workspaceId, instanceId }, requestId) {
      const answered = new AbortController();
      const over = new AbortController();
      const giveUp = (): void => over.abort();
      cut.addEventListener('abort', giveUp);
      if (cut.aborted) giveUp();
      void clock.delay(timeoutMs, answered.signal).then(giveUp);
      try {
        return await Promise.race([
          backend.stop({ workspaceId, instanceId }, { requestId, signal: over.signal }),
          silence(clock, over.signal, answered.signal, timeoutMs),
        ]);
      } catch (error) {
        // A backend that throws is one failed orphan and nothing more.
        const message = error instanceof Error ? error.message : String(error);
        return failed('rejected', `The Stop could not be sent (${message}).`);
      } finally {
        answered.abort();
        cut.removeEventListener('abort', giveUp);
      }
    },
  };
}

async function silence(clock: Clock, over: AbortSignal, answered: AbortSignal, timeoutMs: number): Promise<StopAnswer> {
  if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
  await clock.delay(ANSWER_MARGIN_MS, answered);
  return failed('timeout', `No whole answer within ${timeoutMs / 1000} s.`);
}

function failed(failureClass: 'timeout' | 'rejected', message: string): StopAnswer {
  return { kind: 'failed', class: failureClass, httpStatus: null, message, retryAfterMs: null };
}
