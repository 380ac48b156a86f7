import type { StopFailure } from '../backends/backend.ts';
import { type BreakerState, breakerAfter, restMs } from './decide.ts';
import { type BackendKind, type FailureClass, type Fault, wordsOf } from './outcome.ts';

/** What is written down of the breaker. */
export interface BreakerChange extends BreakerState {
  /** It has been open and is closed again: all that waited for the control plane is due now. */
  readonly recovered: boolean;
  /** The newest failure by the control plane's fault, while it is open. */
  readonly cause: { readonly class: FailureClass; readonly message: string; readonly restMs: number | null } | null;
}

/** The breaker as one sweep sees it: judged in memory at each answer, so that the very next Stop knows. */
export interface Breaker {
  readonly open: boolean;
  /** Why it is open; null while it is closed, or was opened by another sweep. */
  readonly cause: BreakerChange['cause'];
  /**
   * An answer to a Stop has come.
   *
   * @param failure null: it has succeeded
   */
  answered(orphanId: string, failure: (StopFailure & { readonly fault: Fault }) | null): 'recovered' | null;
  /**
   * Resolves when all that was learnt is written down.
   *
   * @throws when the home database fails
   */
  saved(): Promise<void>;
}

/**
 * @param known as the home database had it when the sweep began
 * @param save changes come one after another; one that is overtaken while it waits is left out
 */
export function createBreaker(known: BreakerState, save: (change: BreakerChange) => Promise<void>): Breaker {
  let state = known;
  let cause: BreakerChange['cause'] = null;
  let recovered = false;
  let dirty = false;
  let saving: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  const saveNow = async (): Promise<void> => {
    if (!dirty || failure !== null) return;
    const change = { ...state, recovered, cause };
    dirty = false;
    recovered = false;
    await save(change).catch((error: unknown) => {
      failure = { error };
    });
  };
  const changed = (): void => {
    dirty = true;
    saving = saving.then(saveNow);
  };

  return {
    get open() {
      return state.open;
    },
    get cause() {
      return cause;
    },
    answered(orphanId, failed) {
      const before = state;
      const after = breakerAfter(before, orphanId, failed);
      // Sent before we were asked to stay away: whatever it came to, that is not over yet.
      const restingMs = cause?.restMs ?? 0;
      if (restingMs > 0 && (!after.open || (restMs(failed?.retryAfterMs ?? null) ?? 0) <= restingMs)) return null;
      state = after;
      if (state.open && failed !== null) {
        cause = { class: failed.class, message: failed.message, restMs: restMs(failed.retryAfterMs) };
        changed();
        return null;
      }
      const closes = before.open && !state.open;
      if (closes) {
        cause = null;
        recovered = true;
      }
      // A control plane that answers, as it did before, costs no statement.
      if (closes || before.run.join() !== state.run.join()) changed();
      return closes ? 'recovered' : null;
    },
    async saved() {
      await saving;
      if (failure !== null) throw failure.error;
    },
  };
}

/** One sentence: why nothing more is sent. */
export function breakerSentence(
  { class: failureClass, message }: { class: FailureClass; message: string },
  kind: BackendKind | null,
): string {
  const { backend } = wordsOf(kind);
  switch (failureClass) {
    case 'unauthorized':
      return `The ${backend} did not accept our credentials: ${message}`;
    case 'throttled':
      return `The ${backend} asked to be called less: ${message}`;
    default:
      return `The ${backend} is not answering: ${message}`;
  }
}
