import type { FailureClass, Fault, Outcome, Resolution, SweepResult, Why } from './outcome.ts';
import type { CurrentRow } from './platform.ts';

/** Pure decisions: no I/O, no clock, no randomness that is not an argument. */

/** An orphan that has failed this often by itself needs a person. */
export const STUCK_FAILURES = 5;
/** So does one that has been failing for so long, whoever's fault it was. */
export const STUCK_AFTER_MS = 30 * 60_000;
const MAX_BACKOFF_MS = 60 * 60_000;

const FAULT_OF_CLASS: Readonly<Record<FailureClass, Fault | 'depends'>> = {
  unreachable: 'depends',
  timeout: 'depends',
  transient: 'depends',
  throttled: 'control_plane',
  unauthorized: 'control_plane',
  forbidden: 'orphan',
  in_progress: 'orphan',
  rejected: 'orphan',
  platform: 'nobody',
};

/**
 * Whose fault a failure was, judged once, when its attempt finishes.
 *
 * @param stopSucceeded whether a Stop of this sweep had succeeded by then: it proves that the control plane is up
 */
export function judgeFault(failure: FailureClass, stopSucceeded: boolean): Fault {
  const fault = FAULT_OF_CLASS[failure];
  if (fault !== 'depends') return fault;
  return stopSucceeded ? 'orphan' : 'control_plane';
}

/**
 * How far a failed attempt moves `next_attempt_at`, in milliseconds from the sweep's start: never less than one
 * interval, so that the orphan goes behind those that wait; at most an hour.
 *
 * @param failures the orphan's own, this one included; 0 when this failure was not its own
 * @param random from [0, 1): full jitter on the part above one interval
 */
export function backoffMs(failures: number, intervalMs: number, random: number): number {
  const ceiling = Math.min(intervalMs * 2 ** Math.max(0, failures - 1), Math.max(MAX_BACKOFF_MS, intervalMs));
  return intervalMs + (ceiling - intervalMs) * random;
}

/** How many Stops a sweep has begun, and what it knows of the control plane by now. */
export interface Pace {
  readonly begun: number;
  /** From the writing of the attempt to the answer to its Stop. */
  readonly inFlight: number;
  /** Answered, and not yet cleared and written down. */
  readonly finishing: number;
  /** An answer has come that was not the control plane's failure. */
  readonly answered: boolean;
}

const SLOW_START = 3;

/**
 * Slow start: until the first answer that is not the control plane's failure at most three Stops are begun, and a
 * failure frees no place; after that the full width. An answer frees its place at once: clearing one id and starting the
 * next overlap. But no more are begun while as many again wait to be written down: a slow database slows the Stops.
 *
 * @returns how many more Stops may begin now
 */
export function mayBegin(pace: Pace, concurrency: number): number {
  if (pace.finishing >= concurrency) return 0;
  return pace.answered
    ? concurrency - pace.inFlight
    : Math.min(Math.min(SLOW_START, concurrency) - pace.inFlight, SLOW_START - pace.begun);
}

/** What a finished attempt does to its orphan. */
export interface Settlement {
  /** Null: stays open. */
  readonly resolution: Resolution | null;
  readonly failures: number;
  /** From the sweep's start, in milliseconds; null leaves `next_attempt_at` alone. */
  readonly nextAttemptMs: number | null;
  /** When it needs a person: now, half an hour after its first failure, or as it was. */
  readonly stuck: 'now' | 'after_a_while' | 'as_it_was';
}

export interface Finished {
  readonly outcome: Exclude<Outcome, 'superseded' | 'would_stop'>;
  readonly fault: Fault | null;
  /** The orphan's own failures before this attempt. */
  readonly failures: number;
}

/** The column "the orphan" of the table of outcomes. */
export function settle({ outcome, fault, failures }: Finished, intervalMs: number, random: number): Settlement {
  switch (outcome) {
    case 'stopped':
    case 'already_gone':
      return { resolution: outcome, failures, nextAttemptMs: null, stuck: 'as_it_was' };
    case 'stopped_live':
      return { resolution: null, failures, nextAttemptMs: intervalMs, stuck: 'now' };
    case 'interrupted':
      return { resolution: null, failures, nextAttemptMs: intervalMs, stuck: 'after_a_while' };
    case 'shared':
      return failed(failures + 1, 'now', backoffMs(failures + 1, intervalMs, random));
    case 'clear_failed':
      return failed(failures + 1, 'after_a_while', backoffMs(failures + 1, intervalMs, random));
    case 'failed':
      return fault === 'orphan'
        ? failed(failures + 1, 'after_a_while', backoffMs(failures + 1, intervalMs, random))
        : failed(failures, 'after_a_while', intervalMs);
  }
}

function failed(failures: number, stuck: 'now' | 'after_a_while', nextAttemptMs: number): Settlement {
  return { resolution: null, failures, nextAttemptMs, stuck: failures >= STUCK_FAILURES ? 'now' : stuck };
}

/** An open orphan that its platform no longer lists. */
export interface Vanished {
  readonly instanceId: string;
  readonly why: Why;
  readonly lastOutcome: Outcome | null;
  /** A Stop of it has been accepted: a late answer said so, or its id could not be cleared. */
  readonly lateStop: boolean;
}

/** What follows from the row as it is now. */
export type Conclusion =
  | { readonly kind: 'listed' }
  | { readonly kind: 'resolved'; readonly resolution: Resolution; readonly unconfirmed: boolean }
  | { readonly kind: 'stopped_live' }
  | { readonly kind: 'kept'; readonly why: 'row_gone' | 'replaced' };

/** The table of vanished rows. `row` is undefined when the row is gone. */
export function concludeVanished(orphan: Vanished, row: CurrentRow | undefined): Conclusion {
  // Shouted until a person has heard it, whatever the row says by now.
  if (orphan.lastOutcome === 'stopped_live') return { kind: 'stopped_live' };
  if (row === undefined) return { kind: 'kept', why: 'row_gone' };
  if (row.instanceId === orphan.instanceId) return row.removed ? { kind: 'listed' } : restored(orphan);
  // Another instance in the row, or none in a live row, says nothing of the one we look for: it may run for ever.
  if (row.instanceId !== null || !row.removed || orphan.why === 'replaced') return { kind: 'kept', why: 'replaced' };
  const byUs = orphan.lastOutcome === 'interrupted' || orphan.lastOutcome === 'clear_failed';
  return { kind: 'resolved', resolution: byUs ? 'stopped' : 'external', unconfirmed: byUs };
}

function restored({ lastOutcome, lateStop }: Vanished): Conclusion {
  return lastOutcome === 'interrupted' || lateStop
    ? { kind: 'stopped_live' }
    : { kind: 'resolved', resolution: 'restored', unconfirmed: false };
}

/** What a sweep has to show when it ends. */
export interface Tally {
  readonly dryRun: boolean;
  /** The process was told to stop. */
  readonly told: boolean;
  /** Due, at the moment of the claim. */
  readonly claimed: number;
  readonly counts: Readonly<Partial<Record<Outcome, number>>>;
}

/** How a sweep ended. */
export function sweepResult({ dryRun, told, claimed, counts }: Tally): SweepResult {
  const attempted = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (told && (attempted < claimed || attempted === 0 || (counts.interrupted ?? 0) > 0)) return 'interrupted';
  if (claimed === 0) return 'nothing_to_do';
  if (attempted === 0) return 'skipped';
  if (dryRun) return 'dry_run';
  const good = (counts.stopped ?? 0) + (counts.already_gone ?? 0) + (counts.superseded ?? 0);
  if (good === attempted) return 'cleared';
  return good === 0 ? 'failed' : 'partial';
}

/** A message without what differs from orphan to orphan: ids, numbers, addresses. Causes are counted by it. */
export function messagePattern(message: string): string {
  return message
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '…')
    .replace(/\b(?=[\w-]*\d)[\w-]{6,}\b/g, '…')
    .replace(/\d+/g, '…')
    .slice(0, 200);
}
