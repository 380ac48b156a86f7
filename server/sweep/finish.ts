import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { attempts, orphans, sweeps } from '../db/schema.ts';
import type { ClaimedOrphan } from './claim.ts';
import { applyConclusion } from './conclude.ts';
import { type Conclusion, messagePattern, type Settlement, STUCK_AFTER_MS } from './decide.ts';
import type { FailureClass, Fault, Outcome } from './outcome.ts';

/** How an attempt ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly class: FailureClass | null;
  readonly fault: Fault | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
}

/** What follows for the orphan: by the table of outcomes, or (when superseded) by what its row is now, or next to nothing. */
export type Consequence =
  | { readonly kind: 'settled'; readonly settlement: Settlement }
  /** No Stop was sent: what is known of the orphan stays as it was, and only its place moves. */
  | { readonly kind: 'postponed'; readonly nextAttemptMs: number }
  | { readonly kind: 'concluded'; readonly conclusion: Conclusion };

export async function finish(
  tx: Transaction,
  attemptId: string,
  orphan: ClaimedOrphan,
  ending: Ending,
  consequence: Consequence,
  sweepId: string,
): Promise<boolean> {
  const ended = await tx
    .update(attempts)
    .set({ finishedAt: sql`now()`, ...ending })
    .where(and(eq(attempts.id, attemptId), isNull(attempts.outcome)))
    .returning({ id: attempts.id });
  if (ended.length === 0) {
    await tx
      .update(attempts)
      .set({ lateAnswer: ending.outcome, lateAnswerAt: sql`now()` })
      .where(and(eq(attempts.id, attemptId), isNull(attempts.lateAnswer)));
    if (ending.outcome === 'stopped_live') await shoutLate(tx, orphan.orphanId);
    return false;
  }
  await tx
    .update(orphans)
    .set({
      attemptId: null,
      claimedBy: null,
      claimedUntil: null,
      ...effectOf(orphan, ending, consequence, sweepId),
    })
    .where(and(eq(orphans.id, orphan.orphanId), eq(orphans.attemptId, attemptId), isNull(orphans.resolvedAt)));
  if (consequence.kind === 'concluded') await applyConclusion(tx, [orphan.orphanId], consequence.conclusion);
  return true;
}

/** That a Stop hit a live workspace is heard even when the orphan has been ended, or filed away, without that answer. */
async function shoutLate(tx: Transaction, orphanId: string): Promise<void> {
  await tx
    .update(orphans)
    .set({ resolvedAt: null, resolution: null, lastOutcome: 'stopped_live', stuckAt: stuckAt('now') })
    .where(and(eq(orphans.id, orphanId), sql`(${orphans.resolvedAt} is null or ${orphans.resolution} = 'restored')`));
}

function effectOf(orphan: ClaimedOrphan, ending: Ending, consequence: Consequence, sweepId: string) {
  switch (consequence.kind) {
    case 'settled':
      return { ...lastOf(orphan, ending), ...settled(consequence.settlement, sweepId) };
    case 'concluded':
      return lastOf(orphan, ending);
    case 'postponed':
      return { nextAttemptAt: afterStart(sweepId, consequence.nextAttemptMs) };
  }
}

/** A recheck that found another row says nothing about a Stop whose end is unknown: `interrupted` outlives it. */
function lastOf(orphan: ClaimedOrphan, ending: Ending) {
  if (ending.outcome === 'superseded' && orphan.lastOutcome === 'interrupted') return {};
  if (ending.message === null) return { lastOutcome: ending.outcome };
  const pattern = messagePattern(ending.message);
  return {
    lastOutcome: ending.outcome,
    lastClass: ending.class,
    lastFault: ending.fault,
    lastMessage: ending.message,
    lastPattern: pattern,
    lastHttpStatus: ending.httpStatus,
    lastErrorAt: sql`now()`,
    causeSince: causeSince(ending, pattern),
  };
}

/** As it was where it failed in the same way the last time: a cause is as old as its first failure, not its last. */
function causeSince({ outcome, class: failure, httpStatus }: Ending, pattern: string): SQL {
  const same = and(
    sql`${orphans.lastOutcome} = ${outcome}`,
    sql`${orphans.lastClass} is not distinct from ${failure}::sweeper.failure_class`,
    sql`${orphans.lastHttpStatus} is not distinct from ${httpStatus}::integer`,
    sql`${orphans.lastPattern} is not distinct from ${pattern}::text`,
  );
  return sql`case when ${same} then coalesce(${orphans.causeSince}, now()) else now() end`;
}

function settled({ resolution, failures, nextAttemptMs, stuck }: Settlement, sweepId: string) {
  return {
    failures,
    ...(resolution === null ? {} : { resolution, resolvedAt: sql`now()` }),
    ...(nextAttemptMs === null ? {} : { nextAttemptAt: afterStart(sweepId, nextAttemptMs) }),
    ...(stuck === 'as_it_was' ? {} : { stuckAt: stuckAt(stuck) }),
  };
}

function stuckAt(stuck: 'now' | 'after_a_while'): SQL {
  return stuck === 'now'
    ? sql`least(${orphans.stuckAt}, now())`
    : sql`coalesce(${orphans.stuckAt}, now() + ${milliseconds(STUCK_AFTER_MS)})`;
}

/** So long after the sweep's start, and never earlier than what stands there. */
export function afterStart(sweepId: string, ms: number): SQL {
  return sql`greatest(${orphans.nextAttemptAt},
    (select ${sweeps.startedAt} from ${sweeps} where ${sweeps.id} = ${sweepId}) + ${milliseconds(ms)})`;
}
