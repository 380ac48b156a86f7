import {
  type FailureClass,
  type Fault,
  type Outcome,
  type Resolution,
  STUCK_FAILURES,
  type SweepResult,
  type Why,
} from './outcome.ts';
import type { CurrentRow } from './platform.ts';

/** Pure decisions: no I/O, no clock, no randomness that is not an argument. */

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

/**
 * Whether an orphan is tried last and by itself: its attempt before this one never came to an end, and may have brought
 * the process down. Tried beside others it would take their attempts with it, in every sweep again.
 */
export function goesAlone({ lastOutcome }: { readonly lastOutcome: Outcome | null }): boolean {
  return lastOutcome === 'interrupted';
}

/** What answers to Stops have told of the control plane as a whole. */
export interface BreakerState {
  /** While it is open a sweep sends one probe instead of a batch. */
  readonly open: boolean;
  /** The different orphans that failed in a row by the control plane's fault, newest last. */
  readonly run: readonly string[];
}

/** So many different orphans that fail in a row by the control plane's fault are no coincidence. */
const BREAKER_RUN = 3;
/** These say so of themselves, whichever orphan met them. */
const OPENS_AT_ONCE: ReadonlySet<FailureClass> = new Set<FailureClass>(['unauthorized', 'throttled']);

/**
 * The breaker after one more answer to a Stop. Any answer that is not the control plane's failure closes it.
 *
 * @param failure null: the Stop has succeeded
 */
export function breakerAfter(
  { open, run }: BreakerState,
  orphanId: string,
  failure: { readonly class: FailureClass; readonly fault: Fault } | null,
): BreakerState {
  if (failure?.fault !== 'control_plane') return { open: false, run: [] };
  const longer = run.includes(orphanId) ? run : [...run, orphanId].slice(-BREAKER_RUN);
  return { open: open || OPENS_AT_ONCE.has(failure.class) || longer.length >= BREAKER_RUN, run: longer };
}

const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** For how long nothing at all is asked of a control plane that said so; null: it did not say. */
export function restMs(retryAfterMs: number | null): number | null {
  return retryAfterMs === null ? null : Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
}

/** Which orphan a probe tries: in turn, so that one that always hangs cannot keep the breaker open. */
export type ProbeTurn = 'newest_untried' | 'random';

/** @param probes so many since the breaker opened */
export function probeTurn(probes: number): ProbeTurn {
  return probes % 2 === 0 ? 'newest_untried' : 'random';
}

/** @param inserted new orphans in ten minutes that no release covers */
export function brakeLatches(inserted: number, surgeLimit: number | 'unlimited'): boolean {
  return surgeLimit !== 'unlimited' && inserted > surgeLimit;
}

/** How many second looks a sweep takes at the most. */
export function looksOf(limit: number): number {
  return Math.max(1, Math.floor(limit / 10));
}

/** Whether a Stop may be sent for this orphan, by what its own row is now. Undefined: the row is gone. */
export function mayStop(orphan: { readonly why: Why; readonly instanceId: string }, row: CurrentRow | undefined) {
  switch (orphan.why) {
    case 'removed':
      return row?.removed === true && names(row, orphan.instanceId);
    case 'row_gone':
      return row === undefined || (row.removed && names(row, orphan.instanceId));
    case 'reappeared':
      return row === undefined || (row.removed && (row.instanceId === null || row.instanceId === orphan.instanceId));
    case 'no_row':
      return row === undefined;
    case 'replaced':
      return false;
  }
}

/** Whether a row's instance is this one; or, where rows name none, whether it is among those of its workspace. */
function names(row: CurrentRow, instanceId: string): boolean {
  return row.instanceId === instanceId || row.containers?.includes(instanceId) === true;
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
  /** A Stop was accepted: what becomes of its second look, or nothing of the kind. */
  readonly look: 'due' | 'unconfirmed' | null;
}

export interface Finished {
  readonly outcome: Exclude<Outcome, 'superseded' | 'would_stop'>;
  readonly fault: Fault | null;
  /** The orphan's own failures before this attempt. */
  readonly failures: number;
  readonly why: Why;
}

export interface SettleBy {
  readonly intervalMs: number;
  /** 0: nobody looks again. */
  readonly secondLookMs: number;
  /** From [0, 1). */
  readonly random: number;
}

/** The column "the orphan" of the table of outcomes. */
export function settle(finished: Finished, { intervalMs, secondLookMs, random }: SettleBy): Settlement {
  const { outcome, fault, failures } = finished;
  const open = { resolution: null, failures, look: null } as const;
  switch (outcome) {
    case 'stopped':
      return accepted(finished, secondLookMs, backoffMs(failures, intervalMs, random));
    case 'already_gone':
      return { ...open, resolution: outcome, nextAttemptMs: null, stuck: 'as_it_was' };
    case 'stopped_live':
      return { ...open, nextAttemptMs: intervalMs, stuck: 'now' };
    case 'interrupted':
      return { ...open, nextAttemptMs: intervalMs, stuck: 'after_a_while' };
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
  return { resolution: null, failures, nextAttemptMs, stuck: failures >= STUCK_FAILURES ? 'now' : stuck, look: null };
}

/** One that has kept running after an accepted Stop is not believed gone by another: only a look can say so. */
function accepted({ failures, why }: Finished, secondLookMs: number, backoff: number): Settlement {
  const stopped = { resolution: 'stopped', failures, nextAttemptMs: null, stuck: 'as_it_was' } as const;
  if (why !== 'reappeared') return { ...stopped, look: secondLookMs === 0 ? null : 'due' };
  if (secondLookMs === 0) return { ...stopped, look: 'unconfirmed' };
  return { resolution: null, failures, nextAttemptMs: Math.max(backoff, secondLookMs), stuck: 'now', look: 'due' };
}

/** What a second look has found; `again`: nothing yet. */
export type Sight = 'terminated' | 'running' | 'again' | 'unconfirmed';

/** What the control plane's word for the state of an instance tells of a Stop that it accepted. */
export function sightOf(state: string): Sight {
  switch (state) {
    case 'terminated':
    case 'not_found':
      return 'terminated';
    case 'running':
      return 'running';
    case 'pending':
    case 'stopping':
    case 'stopped':
      return 'again';
    default:
      return 'unconfirmed';
  }
}

/** How long after a look that told nothing the next one comes: twice as long each time, up to an hour. */
export function nextLookMs(looks: number, secondLookMs: number): number {
  return Math.min(secondLookMs * 2 ** looks, Math.max(MAX_BACKOFF_MS, secondLookMs));
}

/** An open orphan that its platform no longer lists. */
export interface Vanished {
  readonly instanceId: string;
  readonly why: Why;
  readonly lastOutcome: Outcome | null;
  /** A Stop of it has been accepted (a late answer said so, or its id could not be cleared), or was cut off and may have. */
  readonly mayBeStopped: boolean;
}

/** What follows from the row as it is now. */
export type Conclusion =
  | { readonly kind: 'listed' }
  | { readonly kind: 'resolved'; readonly resolution: Resolution; readonly unconfirmed: boolean }
  | { readonly kind: 'stopped_live' }
  | { readonly kind: 'kept'; readonly why: 'row_gone' | 'replaced' | 'reappeared' };

/** The table of vanished rows. `row` is undefined when the row is gone. */
export function concludeVanished(orphan: Vanished, row: CurrentRow | undefined): Conclusion {
  // Shouted until a person has heard it, whatever the row says by now.
  if (orphan.lastOutcome === 'stopped_live') return { kind: 'stopped_live' };
  if (row === undefined) return { kind: 'kept', why: orphan.why === 'removed' ? 'row_gone' : keptAs(orphan.why) };
  if (names(row, orphan.instanceId)) return row.removed ? { kind: 'listed' } : restored(orphan);
  if (row.containers !== undefined) return gone(orphan, row);
  if (orphan.why === 'reappeared' && mayStop(orphan, row)) return { kind: 'kept', why: 'reappeared' };
  // Another instance in the row, or none in a live row, says nothing of the one we look for: it may run for ever.
  if (row.instanceId !== null || !row.removed || orphan.why === 'replaced') return { kind: 'kept', why: 'replaced' };
  const byUs = orphan.lastOutcome === 'interrupted' || orphan.lastOutcome === 'clear_failed';
  return { kind: 'resolved', resolution: byUs ? 'stopped' : 'external', unconfirmed: byUs };
}

/** Its engine knows no such container any more: that is conclusive, and only whose work it was is left to be said. */
function gone({ lastOutcome, mayBeStopped }: Vanished, { removed }: CurrentRow): Conclusion {
  const byUs = lastOutcome === 'interrupted' || mayBeStopped;
  if (byUs && !removed) return { kind: 'stopped_live' };
  return { kind: 'resolved', resolution: byUs ? 'stopped' : 'external', unconfirmed: byUs };
}

/** Whether the row of one that is replaced goes, too, says nothing of who uses its instance now. */
function keptAs(why: Exclude<Why, 'removed'>): 'row_gone' | 'replaced' | 'reappeared' {
  return why === 'no_row' ? 'row_gone' : why;
}

function restored({ why, lastOutcome, mayBeStopped }: Vanished): Conclusion {
  return lastOutcome === 'interrupted' || mayBeStopped || why === 'reappeared'
    ? { kind: 'stopped_live' }
    : { kind: 'resolved', resolution: 'restored', unconfirmed: false };
}

/** What a sweep has to show when it ends. */
export interface Tally {
  readonly dryRun: boolean;
  /** The process was told to stop. */
  readonly told: boolean;
  /** A person has cancelled it. */
  readonly cancelled: boolean;
  /** Due, at the moment of the claim. */
  readonly claimed: number;
  readonly counts: Readonly<Partial<Record<Outcome, number>>>;
}

/** How a sweep ended. */
export function sweepResult({ dryRun, told, cancelled, claimed, counts }: Tally): SweepResult {
  const attempted = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (cancelled && (attempted < claimed || attempted === 0)) return 'cancelled';
  if (told && (attempted < claimed || attempted === 0 || (counts.interrupted ?? 0) > 0)) return 'interrupted';
  if (claimed === 0) return 'nothing_to_do';
  if (attempted === 0) return 'skipped';
  if (dryRun) return 'dry_run';
  const good = (counts.stopped ?? 0) + (counts.already_gone ?? 0) + (counts.superseded ?? 0);
  if (good === attempted) return 'cleared';
  return good === 0 ? 'failed' : 'partial';
}

/** Below it ten new orphans are nothing unusual anywhere. */
const FEWEST_FOR_A_WARNING = 10;

/**
 * Whether so many new orphans within ten minutes are worth a word although the brake lets them pass: a tenth of what it
 * would latch above, or more.
 *
 * @param newOrphans those that no release of the brake covers
 */
export function surgeWarning(newOrphans: number, limit: number | 'unlimited'): boolean {
  if (limit === 'unlimited') return false;
  return newOrphans >= FEWEST_FOR_A_WARNING && newOrphans * 10 >= limit && newOrphans <= limit;
}

/** Whether more than a tenth more wait than a person has seen: then it is another surge than the one they judged. */
export function brakeMoved(seen: number, waiting: number): boolean {
  return waiting * 10 > seen * 11;
}

/** A message without what differs from orphan to orphan: ids, numbers, addresses. Causes are counted by it. */
export function messagePattern(message: string): string {
  return message
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '…')
    .replace(/\b(?=[\w-]*\d)[\w-]{6,}\b/g, '…')
    .replace(/\d+/g, '…')
    .slice(0, 200);
}
