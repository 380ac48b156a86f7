import type { AttemptEnd } from './attempt.ts';
import { judgeFault, type Pace, sweepResult } from './decide.ts';
import type { FailureClass, Fault, Outcome } from './outcome.ts';
import type { SweepEnd } from './store.ts';

/** So many attempts in a row that fail for the platform's database end a sweep: nobody's fault, and nothing to gain. */
const PLATFORM_FAILURES = 3;
const NONE_STARTED = 'None of the due orphans could be started: the deadline or the lease came first.';

/** What a sweep has seen so far, and what it makes of it. */
export function createTally() {
  const counts: Partial<Record<Outcome, number>> = {};
  let changed = (): void => undefined;
  let begun = 0;
  let inFlight = 0;
  let finishing = 0;
  let answered = false;
  let succeeded = false;
  let platformFailures = 0;
  let controlPlaneFailures = 0;
  let reasonToEnd: string | null = null;
  let lastMessage: string | null = null;
  const broken: unknown[] = [];

  const note = (end: AttemptEnd): void => {
    counts[end.outcome] = (counts[end.outcome] ?? 0) + 1;
    lastMessage = end.message ?? lastMessage;
    platformFailures = end.class === 'platform' ? platformFailures + 1 : 0;
    if (platformFailures >= PLATFORM_FAILURES) reasonToEnd ??= end.message;
  };

  /** One that sent nothing gives its place back. */
  const leave = (called: boolean): void => {
    if (called) finishing -= 1;
    else {
      begun -= 1;
      inFlight -= 1;
    }
  };

  return {
    pace: (): Pace => ({ begun, inFlight, finishing, answered }),
    /** Resolves when a place has become free, or an attempt has ended. */
    change: (): Promise<void> =>
      new Promise((resolve) => {
        changed = resolve;
      }),
    get reasonToEnd() {
      return broken.length > 0 ? 'broken' : reasonToEnd;
    },
    begin: () => {
      begun += 1;
      inFlight += 1;
    },
    /**
     * A Stop has been answered: its place is free, and whose fault a failure was is judged now.
     *
     * @param failure null: it has succeeded; `cut`: given up because the process is going down
     */
    answer: (failure: FailureClass | 'cut' | null): Fault | null => {
      inFlight -= 1;
      finishing += 1;
      if (failure === 'cut') return null;
      const fault = failure === null ? null : judgeFault(failure, succeeded);
      if (fault === 'control_plane') controlPlaneFailures += 1;
      else answered = true;
      if (failure === null) succeeded = true;
      changed();
      return fault;
    },
    end: (end: AttemptEnd | null) => {
      leave(end?.called ?? false);
      if (end !== null) note(end);
      changed();
    },
    /** The home database failed: what is in flight ends, then the sweep throws. */
    fail: (error: unknown) => {
      broken.push(error);
      changed();
    },
    sum: (claimed: number, dryRun: boolean, told: boolean): SweepEnd => {
      if (broken.length > 0) throw broken[0];
      const attempted = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const deferred = claimed - attempted;
      const result = sweepResult({ dryRun, told, claimed, counts });
      const silent = deferred > 0 && !answered && controlPlaneFailures > 0;
      const none = attempted === 0 && !told ? NONE_STARTED : null;
      const error = reasonToEnd ?? (silent ? `The control plane is not answering: ${lastMessage}` : none);
      return { result, counts, deferred, error, succeeded };
    },
  };
}
