import type { StopFailure } from '../backends/backend.ts';
import { type Breaker, breakerSentence } from './breaker.ts';
import { judgeFault, type Pace, sweepResult } from './decide.ts';
import type { Ending } from './finish.ts';
import type { BackendKind, Fault, Outcome } from './outcome.ts';
import type { SweepEnd } from './store.ts';

/** So many attempts in a row that fail for the platform's database end a sweep: nobody's fault, and nothing to gain. */
const PLATFORM_FAILURES = 3;
const NONE_STARTED = 'None of the due orphans could be started: the deadline or the lease came first.';

/** What a sweep has seen so far, and what it makes of it. */
export function createTally(breaker: Breaker, kind: BackendKind | null) {
  const counts: Partial<Record<Outcome, number>> = {};
  let changed = (): void => undefined;
  let begun = 0;
  let inFlight = 0;
  let finishing = 0;
  let answered = false;
  let succeeded = false;
  let answers = 0;
  let cancelled = false;
  let platformFailures = 0;
  let reasonToEnd: string | null = null;
  const broken: unknown[] = [];

  const note = (end: Ending): void => {
    counts[end.outcome] = (counts[end.outcome] ?? 0) + 1;
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

  const attempted = (): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

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
    /** How many attempts have ended, and how many Stops were answered. */
    seen: () => ({ attempted: attempted(), answers }),
    /** Nothing more is begun, for this reason. */
    endFor: (reason: string, byCancel: boolean) => {
      reasonToEnd ??= reason;
      cancelled ||= byCancel;
      changed();
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
    answer: (orphanId: string, failure: StopFailure | 'cut' | null): Fault | null => {
      inFlight -= 1;
      finishing += 1;
      if (failure === 'cut') return null;
      answers += 1;
      const fault = failure === null ? null : judgeFault(failure.class, succeeded);
      if (failure === null) succeeded = true;
      if (breaker.answered(orphanId, failure && fault && { ...failure, fault }) === 'recovered') {
        // A control plane that has just come back is not met by the full width: slow start once more.
        begun = inFlight;
        answered = false;
      } else if (fault !== 'control_plane') answered = true;
      changed();
      return fault;
    },
    end: (end: Ending | null) => {
      leave(end?.called ?? false);
      if (end !== null) note(end);
      changed();
    },
    /** The home database failed: what is in flight ends, then the sweep throws. */
    fail: (error: unknown) => {
      broken.push(error);
      changed();
    },
    sum: (claimed: number, { dryRun, told }: Record<'dryRun' | 'told', boolean>): SweepEnd => {
      if (broken.length > 0) throw broken[0];
      const result = sweepResult({ dryRun, told, cancelled, claimed, counts });
      const deferred = claimed - attempted();
      const silent = breaker.open && breaker.cause !== null ? breakerSentence(breaker.cause, kind) : null;
      const none = claimed > 0 && attempted() === 0 && !told ? NONE_STARTED : null;
      return { result, counts, deferred, looks: 0, error: reasonToEnd ?? silent ?? none, succeeded };
    },
  };
}

export type Tally = ReturnType<typeof createTally>;
