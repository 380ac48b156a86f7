import { and, eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { orphans } from '../db/schema.ts';
import { nextLookMs, type Sight } from './decide.ts';
import { stuckNow } from './excuse.ts';
import { lockTenant } from './expiry.ts';

/** An instance of which a Stop was accepted some minutes ago. */
export interface DueLook {
  readonly orphanId: string;
  readonly workspaceId: string;
  readonly instanceId: string;
  /** Looks before this one that told nothing. */
  readonly looks: number;
  /** With all the digits that the database has: it tells this look from every later one. */
  readonly dueAt: string;
}

/** What has told nothing by then is left unconfirmed. */
const GIVE_UP_AFTER = sql.raw(`interval '24 hours'`);

/** First those that wait for it: an orphan that is open still is resolved by its look, and stopped again after it. */
export async function dueLooks(home: Database, tenant: string, limit: number): Promise<DueLook[]> {
  const { rows } = await home.statement<DueLook & Record<string, unknown>>(sql`
    select id as "orphanId", workspace_id as "workspaceId", instance_id as "instanceId", second_looks as looks,
      second_look_due_at::text as "dueAt"
    from ${orphans} where tenant = ${tenant} and second_look_due_at <= now()
    order by resolved_at is not null, second_look_due_at, id limit ${limit}`);
  return rows;
}

/**
 * Only where the look is still due as it was: a frozen process that comes back must not undo what was found since. The
 * tenant's row is locked first, as a look at the platform does: one that lists the orphan anew is then seen, or waits.
 *
 * @returns whether it was
 */
export async function looked(
  home: Database,
  tenant: string,
  look: DueLook,
  sight: Sight,
  secondLookMs: number,
): Promise<boolean> {
  return home.transaction(async (tx) => {
    if (sight === 'running') await lockTenant(tx, tenant);
    const [still] = await tx
      .select({ open: sql<boolean>`${orphans.resolvedAt} is null` })
      .from(orphans)
      .where(
        and(
          eq(orphans.id, look.orphanId),
          eq(orphans.secondLooks, look.looks),
          sql`${orphans.secondLookDueAt} = ${look.dueAt}::timestamptz`,
        ),
      )
      .for('update');
    if (still === undefined) return false;
    if (sight === 'again') await again(tx, look, secondLookMs);
    else if (sight === 'running') await reappeared(tx, tenant, look);
    else await ended(tx, look, sight === 'terminated' ? 'confirmed' : 'unconfirmed');
    return true;
  });
}

async function again(tx: Transaction, { orphanId, looks }: DueLook, secondLookMs: number): Promise<void> {
  const { rows } = await tx.execute<{ too_long: boolean }>(
    sql`select coalesce(stopped_at < now() - ${GIVE_UP_AFTER}, false) as too_long from ${orphans} where id = ${orphanId}`,
  );
  if (rows[0]?.too_long === true) {
    await ended(tx, { orphanId }, 'unconfirmed');
    return;
  }
  await tx.execute(sql`
    update ${orphans} set second_looks = second_looks + 1,
      second_look_due_at = now() + ${milliseconds(nextLookMs(looks + 1, secondLookMs))}
    where id = ${orphanId}`);
}

const MAY_END = sql.raw(`resolved_at is not null or last_outcome is distinct from 'stopped_live'`);

/**
 * The look is over. One that had reappeared and is open still is resolved by it: nothing is left that could be asked. Not
 * where a live workspace has lost its instance: that is shouted until a person has heard it.
 */
async function ended(
  tx: Transaction,
  { orphanId }: Pick<DueLook, 'orphanId'>,
  secondLook: 'confirmed' | 'unconfirmed',
): Promise<void> {
  await tx.execute(sql`
    update ${orphans} set second_look = ${secondLook}, second_look_due_at = null,
      resolution = case when ${MAY_END} then coalesce(resolution, 'stopped') end,
      resolved_at = case when ${MAY_END} then coalesce(resolved_at, now()) end
    where id = ${orphanId}`);
}

/**
 * It still runs: the same orphan is open again, and needs a person. Where the platform has listed it anew meanwhile, that
 * one is open already, and this one only says what was seen; so does one that a person has acknowledged.
 */
async function reappeared(tx: Transaction, tenant: string, { orphanId }: DueLook): Promise<void> {
  await tx.execute(sql`
    update ${orphans} set second_look = 'reappeared', second_look_due_at = null, failures = failures + 1
    where id = ${orphanId}`);
  await tx.execute(sql`
    update ${orphans} set resolved_at = null, resolution = null, why = 'reappeared', stuck_at = ${stuckNow(tenant)},
      next_attempt_at = case when resolved_at is null then next_attempt_at else now() end
    where id = ${orphanId} and resolution is distinct from 'acknowledged' and not exists (
      select 1 from ${orphans} as other
      where other.tenant = orphans.tenant and other.workspace_id = orphans.workspace_id
        and other.instance_id = orphans.instance_id and other.id <> orphans.id
        and (other.resolved_at is null or other.resolved_at > orphans.resolved_at))`);
}
