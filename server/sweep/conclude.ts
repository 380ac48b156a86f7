import { and, isNull, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { attempts, orphans } from '../db/schema.ts';
import { steps } from '../db/step-schema.ts';
import { batchesOf } from './batches.ts';
import { type Conclusion, concludeVanished } from './decide.ts';
import { stuckNow } from './excuse.ts';
import type { Resolution, Why } from './outcome.ts';
import type { CurrentRow } from './platform.ts';

/** What a look may touch: nothing that is newer than itself, nothing that is being stopped right now. */
export function mayTouch(startedAt: string): SQL {
  return sql`${orphans.resolvedAt} is null and ${orphans.firstSeenAt} <= ${startedAt}::timestamptz
    and not (${orphans.attemptId} is not null and ${orphans.claimedUntil} > now())`;
}

/**
 * Decides what became of orphans that a look did not list, by what their rows are now, under lock.
 *
 * @param missing ids of orphans
 * @param current their rows, by workspace id; one that is not in it does not exist
 */
export async function conclude(
  tx: Transaction,
  startedAt: string,
  missing: readonly string[],
  current: ReadonlyMap<string, CurrentRow>,
): Promise<void> {
  if (missing.length === 0) return;
  const locked = await tx
    .select({
      id: orphans.id,
      workspaceId: orphans.workspaceId,
      instanceId: orphans.instanceId,
      why: orphans.why,
      lastOutcome: orphans.lastOutcome,
      mayBeStopped: stopMayHaveArrived('orphans.id'),
    })
    .from(orphans)
    .where(and(sql`${orphans.id} = any(${sql.param([...missing])}::uuid[])`, mayTouch(startedAt)))
    .for('no key update');
  const changes = new Map<string, { conclusion: Conclusion; ids: string[] }>();
  for (const orphan of locked) {
    const conclusion = concludeVanished(orphan, current.get(orphan.workspaceId));
    if (!differs(orphan, conclusion)) continue;
    const key = JSON.stringify(conclusion);
    const change = changes.get(key);
    if (change === undefined) changes.set(key, { conclusion, ids: [orphan.id] });
    else change.ids.push(orphan.id);
  }
  for (const { conclusion, ids } of changes.values()) {
    for (const some of batchesOf(ids)) await applyConclusion(tx, some, conclusion);
  }
}

/**
 * Whether a Stop of this orphan has been accepted (by a late answer, or although its id could not be cleared, or in part), or was cut
 * off and may have been, whatever later attempts met: if its row lives again, its instance perhaps does not.
 *
 * @param orphanId as raw SQL: drizzle leaves the table's name out where there is but one
 */
export function stopMayHaveArrived(orphanId: 'orphans.id' | 'claimed.id'): SQL<boolean> {
  // No `exists`: for many orphans that would be answered by reading all attempts there are.
  return sql<boolean>`(coalesce((
    select true from ${steps} as step where step.orphan_id = ${sql.raw(orphanId)}
      and step.kind = 'container' and step.done_at is not null limit 1), false) or coalesce((
    select true from ${attempts} as made where made.orphan_id = ${sql.raw(orphanId)}
      and (made.outcome = 'clear_failed' or made.late_answer in ('stopped', 'stopped_live', 'clear_failed')
        or (made.outcome = 'interrupted' and made.called is not false
          and coalesce(made.late_answer, 'interrupted') = 'interrupted'))
    limit 1), false))`;
}

function differs(before: { why: Why; lastOutcome: string | null }, conclusion: Conclusion): boolean {
  switch (conclusion.kind) {
    case 'listed':
      return false;
    case 'resolved':
      return true;
    case 'stopped_live':
      return before.lastOutcome !== 'stopped_live';
    case 'kept':
      return before.why !== conclusion.why;
  }
}

/** Writes one conclusion to open orphans. Also what a sweep does to one that was superseded. */
export async function applyConclusion(tx: Transaction, ids: readonly string[], conclusion: Conclusion): Promise<void> {
  if (conclusion.kind === 'listed') return;
  await tx
    .update(orphans)
    .set(changeOf(conclusion))
    .where(and(sql`${orphans.id} = any(${sql.param([...ids])}::uuid[])`, isNull(orphans.resolvedAt)));
}

function changeOf(conclusion: Exclude<Conclusion, { kind: 'listed' }>) {
  const stuck = stuckNow(sql`orphans.tenant`);
  switch (conclusion.kind) {
    case 'resolved':
      return resolved(conclusion.resolution, conclusion.unconfirmed);
    case 'stopped_live':
      return { lastOutcome: 'stopped_live' as const, stuckAt: stuck };
    case 'kept':
      // One whose row is gone is stopped by the id that is kept; the other waits for a person.
      return { why: conclusion.why, ...(conclusion.why === 'replaced' ? { stuckAt: stuck } : {}) };
  }
}

function resolved(resolution: Resolution, unconfirmed: boolean) {
  return {
    resolution,
    resolvedAt: sql<Date>`now()`,
    ...(unconfirmed ? { secondLook: 'unconfirmed' as const } : {}),
  };
}
