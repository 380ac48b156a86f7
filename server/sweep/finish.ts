import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { attempts, orphans, sweeps } from '../db/schema.ts';
import type { ClaimedOrphan } from './claim.ts';
import { applyConclusion } from './conclude.ts';
import { type Conclusion, messagePattern, type Settlement } from './decide.ts';
import { stuckNow } from './excuse.ts';
import { type FailureClass, type Fault, type Outcome, STUCK_AFTER_MS } from './outcome.ts';

/** How an attempt ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly class: FailureClass | null;
  readonly fault: Fault | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
  /** A Stop was sent. */
  readonly called: boolean;
}

/** What follows for the orphan: by the table of outcomes, or (when superseded) by what its row is now, or next to nothing. */
export type Consequence =
  | { readonly kind: 'settled'; readonly settlement: Settlement }
  /** No Stop was sent: what is known of the orphan stays as it was, and only its place moves. */
  | { readonly kind: 'postponed'; readonly nextAttemptMs: number }
  | { readonly kind: 'concluded'; readonly conclusion: Conclusion };

/** What an attempt's end takes from its sweep. */
export interface FinishingSweep {
  readonly sweepId: string;
  /** From an accepted Stop to its second look. */
  readonly secondLookMs: number;
}

/**
 * Ends an attempt, where it has no outcome yet, and with it the orphan's claim.
 *
 * @returns false: it had been ended without us; then the answer is kept beside its outcome
 */
export async function finish(
  home: Database,
  attemptId: string,
  orphan: ClaimedOrphan,
  ending: Ending,
  consequence: Consequence,
  of: FinishingSweep,
): Promise<boolean> {
  const statement = endStatement(attemptId, orphan, ending, effectOf(orphan, ending, consequence, of));
  if (consequence.kind !== 'concluded') {
    if (wasEnded(await home.statement<Ended>(statement))) return true;
    await home.transaction((tx) => answerLate(tx, attemptId, orphan, ending));
    return false;
  }
  return home.transaction(async (tx) => {
    const ended = wasEnded(await tx.execute<Ended>(statement));
    if (ended) await applyConclusion(tx, [orphan.orphanId], consequence.conclusion);
    else await answerLate(tx, attemptId, orphan, ending);
    return ended;
  });
}

interface Ended extends Record<string, unknown> {
  readonly ended: boolean;
}

function wasEnded({ rows }: { readonly rows: readonly Ended[] }): boolean {
  return rows[0]?.ended === true;
}

/** By hand: this is written for every orphan of a sweep, and the builder takes longer to write it than to have it run. */
function endStatement(attemptId: string, { orphanId }: ClaimedOrphan, ending: Ending, effect: readonly SQL[]): SQL {
  const { outcome, class: failureClass, fault, httpStatus, message, called } = ending;
  const free = sql`attempt_id = null, claimed_by = null, claimed_until = null`;
  return sql`
    with ended as (
      update ${attempts} set finished_at = now(), outcome = ${outcome}, class = ${failureClass}, fault = ${fault},
        http_status = ${httpStatus}, message = ${message}, called = ${called}
      where id = ${attemptId} and outcome is null
      returning id
    ), freed as (
      update ${orphans} set ${sql.join([free, ...effect], sql`, `)}
      from ended where orphans.id = ${orphanId} and orphans.attempt_id = ended.id and orphans.resolved_at is null
    )
    select exists (select 1 from ended) as ended`;
}

async function answerLate(tx: Transaction, attemptId: string, orphan: ClaimedOrphan, ending: Ending): Promise<void> {
  await tx
    .update(attempts)
    .set({ lateAnswer: ending.outcome, lateAnswerAt: sql`now()`, called: ending.called })
    .where(and(eq(attempts.id, attemptId), isNull(attempts.lateAnswer)));
  if (ending.outcome === 'stopped_live') await shoutLate(tx, orphan.orphanId);
}

/** That a Stop hit a live workspace is heard even when the attempt has been ended without that answer. */
async function shoutLate(tx: Transaction, orphanId: string): Promise<void> {
  await tx
    .update(orphans)
    .set({ lastOutcome: 'stopped_live', stuckAt: stuckAt('now') })
    .where(and(eq(orphans.id, orphanId), isNull(orphans.resolvedAt)));
}

function effectOf(orphan: ClaimedOrphan, ending: Ending, consequence: Consequence, of: FinishingSweep): SQL[] {
  switch (consequence.kind) {
    case 'settled':
      return [...lastOf(orphan, ending), ...settled(consequence.settlement, of)];
    case 'concluded':
      return lastOf(orphan, ending);
    case 'postponed':
      return [sql`next_attempt_at = ${afterStart(of.sweepId, consequence.nextAttemptMs)}`];
  }
}

/** A recheck that found another row says nothing about a Stop whose end is unknown: `interrupted` outlives it. */
function lastOf(orphan: ClaimedOrphan, ending: Ending): SQL[] {
  const { outcome, class: failureClass, fault, message, httpStatus } = ending;
  if (outcome === 'superseded' && orphan.lastOutcome === 'interrupted') return [];
  const last = sql`last_outcome = ${outcome}`;
  if (message === null) return [last];
  const pattern = messagePattern(message);
  return [
    last,
    sql`last_class = ${failureClass}, last_fault = ${fault}, last_message = ${message}, last_pattern = ${pattern},
      last_http_status = ${httpStatus}, last_error_at = now(), cause_since = ${causeSince(ending, pattern)}`,
  ];
}

/** As it was where it failed in the same way the last time: a cause is as old as its first failure, not its last. */
function causeSince({ outcome, class: failureClass, httpStatus }: Ending, pattern: string): SQL {
  return sql`case
    when last_outcome = ${outcome} and last_class is not distinct from ${failureClass}::sweeper.failure_class
      and last_http_status is not distinct from ${httpStatus}::integer and last_pattern = ${pattern}
    then coalesce(cause_since, now()) else now() end`;
}

function settled(settlement: Settlement, { sweepId, secondLookMs }: FinishingSweep): SQL[] {
  const { resolution, failures, nextAttemptMs, stuck, look } = settlement;
  return [
    sql`failures = ${failures}`,
    ...(resolution === null ? [] : [sql`resolution = ${resolution}, resolved_at = now()`]),
    ...(nextAttemptMs === null ? [] : [sql`next_attempt_at = ${afterStart(sweepId, nextAttemptMs)}`]),
    ...(stuck === 'as_it_was' ? [] : [sql`stuck_at = ${stuckAt(stuck)}`]),
    ...lookAfter(look, secondLookMs),
  ];
}

function lookAfter(look: Settlement['look'], secondLookMs: number): SQL[] {
  switch (look) {
    case 'due':
      return [
        sql`stopped_at = now(), second_look = 'due', second_looks = 0,
          second_look_due_at = now() + ${milliseconds(secondLookMs)}`,
      ];
    case 'unconfirmed':
      return [sql`stopped_at = now(), second_look = 'unconfirmed', second_look_due_at = null`];
    case null:
      return [];
  }
}

function stuckAt(stuck: 'now' | 'after_a_while'): SQL {
  return stuck === 'now'
    ? stuckNow(sql`orphans.tenant`)
    : sql`coalesce(${orphans.stuckAt}, now() + ${milliseconds(STUCK_AFTER_MS)})`;
}

/** So long after the sweep's start, and never earlier than what stands there. */
export function afterStart(sweepId: string, ms: number): SQL {
  return sql`greatest(${orphans.nextAttemptAt},
    (select ${sweeps.startedAt} from ${sweeps} where ${sweeps.id} = ${sweepId}) + ${milliseconds(ms)})`;
}
