import type { Ended } from './attempt.ts';
import type { ClaimedOrphan } from './claim.ts';
import type { Log, Repeats } from './log.ts';
import type { Outcome } from './outcome.ts';
import type { Left, SweepEnd } from './store.ts';

export interface LinesDeps {
  readonly log: Log;
  readonly repeats: Repeats;
}

/** Outcomes that somebody may have to do something about. `stopped_live` is worse, and never left out. */
const FAILURES: readonly Outcome[] = ['failed', 'clear_failed', 'shared'];

/** One line for each attempt that failed, unless its cause was said before. */
export function logAttempt({ log, repeats }: LinesDeps, sweepId: string, orphan: ClaimedOrphan, ended: Ended): void {
  const { outcome, class: failureClass, fault, httpStatus, attemptId } = ended;
  const { workspaceId, workspaceName, instanceId } = orphan;
  const of = { sweepId, attemptId, workspaceId, workspaceName, instanceId };
  const fields = { outcome, class: failureClass, fault, httpStatus, ...of };
  const message = ended.message ?? outcome;
  if (outcome === 'stopped_live') log.error(fields, message);
  else if (FAILURES.includes(outcome)) {
    const kind = `${outcome} ${failureClass} ${httpStatus}`;
    repeats.say({ of: 'attempt', kind, reason: message, level: 'warn', fields, message });
  } else log.debug(fields, message);
}

/** What a sweep was, and what it has come to. */
export interface EndedSweep {
  readonly sweepId: string;
  readonly trigger: string;
  readonly durationMs: number;
  readonly end: SweepEnd;
  readonly left: Left;
}

/** One line for each sweep that tried something; one for each reason for which none did. */
export function logSweep({ log, repeats }: LinesDeps, { end, left, sweepId, trigger, durationMs }: EndedSweep): void {
  const { result, counts, deferred, looks, error } = end;
  const fields = {
    sweepId,
    trigger,
    result,
    counts,
    deferred,
    looks,
    error,
    durationMs: Math.round(durationMs),
    ...left,
  };
  log[levelOf(end, repeats)](fields, 'Sweep ended');
}

function levelOf({ counts, error }: SweepEnd, repeats: Repeats): 'debug' | 'info' | 'warn' {
  const tried = Object.values(counts).some((count) => count > 0);
  const isNew = repeats.isNew('skipped', tried ? null : error);
  if (!tried) return isNew ? 'warn' : 'debug';
  const failed = [...FAILURES, 'stopped_live' as const].some((outcome) => (counts[outcome] ?? 0) > 0);
  return failed ? 'warn' : 'info';
}
