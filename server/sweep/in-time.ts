import type { StopFailure } from '../backends/backend.ts';
import type { Clock } from './clock.ts';

export interface InTime {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What is under way is given up when it aborts. */
  readonly cut: AbortSignal;
}

/** An answer may come this much after its signal; a backend that keeps silent even then is a timeout. */
const ANSWER_MARGIN_MS = 1_000;

/** One call to a backend that ends in time, whatever the backend does. */
export async function inTime<Answer>(
  { clock, timeoutMs, cut }: InTime,
  what: string,
  send: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | StopFailure> {
  const answered = new AbortController();
  const over = new AbortController();
  const giveUp = (): void => over.abort();
  cut.addEventListener('abort', giveUp);
  if (cut.aborted) giveUp();
  void clock.delay(timeoutMs, answered.signal).then(giveUp);
  try {
    return await Promise.race([send(over.signal), silence(clock, over.signal, answered.signal, timeoutMs)]);
  } catch (error) {
    // A backend that throws is one failed call and nothing more.
    const message = error instanceof Error ? error.message : String(error);
    return failed('rejected', `${what} could not be sent (${message}).`);
  } finally {
    answered.abort();
    cut.removeEventListener('abort', giveUp);
  }
}

async function silence(
  clock: Clock,
  over: AbortSignal,
  answered: AbortSignal,
  timeoutMs: number,
): Promise<StopFailure> {
  if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
  await clock.delay(ANSWER_MARGIN_MS, answered);
  return failed('timeout', `No whole answer within ${timeoutMs / 1000} s.`);
}

function failed(failureClass: 'timeout' | 'rejected', message: string): StopFailure {
  return { kind: 'failed', class: failureClass, httpStatus: null, message, retryAfterMs: null };
}
