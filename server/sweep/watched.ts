import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { orphans, sweeps } from '../db/schema.ts';
import { isHeld } from './orphan-state.ts';
import type { OpenState, SweepResult } from './outcome.ts';
import { countByState, readTenant, type StatusSettings } from './status.ts';

/** Which sweeps have done what they are for. One of which nothing could be stopped says nothing of the next. */
const ENDED_WELL: Readonly<Record<SweepResult, boolean>> = {
  queued: false,
  running: false,
  cleared: true,
  partial: true,
  failed: false,
  nothing_to_do: true,
  // Under SWEEP_DRY_RUN every sweep ends so; those are told apart by sweeper_dry_run.
  dry_run: true,
  skipped: false,
  cancelled: false,
  interrupted: false,
};
const GOOD_RESULTS = Object.entries(ENDED_WELL).flatMap(([result, good]) => (good ? [result] : []));

/** Of one result so many of the newest are looked at: one that was queued may end after some that were asked for later. */
const NEWEST_OF_A_RESULT = 10;

/** The few numbers by which a tenant is watched from outside: the same whichever replica is asked. */
export interface Watched {
  /** Null: nobody has looked at the platform yet, and 0 would be a guess. */
  readonly orphans: Readonly<Record<OpenState, number>> | null;
  /** Of the open orphans that are not held, how long the oldest has been one; 0: there is none. */
  readonly oldestSeconds: number | null;
  readonly lastSweepSeconds: number | null;
  readonly lastObserveSeconds: number | null;
  readonly breakerOpen: boolean;
  readonly braked: boolean;
  readonly paused: boolean;
}

/**
 * Times are Unix seconds of the home database. The platform is not looked at: whoever watches must not be a load, nor the
 * reason why a sweeper that sleeps looks awake.
 *
 * @returns null: the home database holds nothing of this tenant
 */
export async function readWatched(
  home: Database,
  tenant: string,
  { intervalMs }: Pick<StatusSettings, 'intervalMs'>,
): Promise<Watched | null> {
  return home.transaction(async (tx) => {
    const row = await readTenant(tx, tenant, intervalMs);
    if (row === null) return null;
    const { observedAt, breakerOpenedAt, brakeAt, paused } = row;
    return {
      orphans: observedAt === null ? null : await countByState(tx, tenant),
      oldestSeconds: observedAt === null ? null : await readOldest(tx, tenant),
      lastSweepSeconds: await readLastSweep(tx, tenant),
      lastObserveSeconds: observedAt === null ? null : observedAt.getTime() / 1000,
      breakerOpen: breakerOpenedAt !== null,
      braked: brakeAt !== null,
      paused,
    };
  });
}

/** Who holds an orphan knows how long it waits, and for how long it shall: nobody is to be woken for it. */
async function readOldest(tx: Transaction, tenant: string): Promise<number> {
  const [oldest] = await tx
    .select({ seconds: sql<number>`greatest(0, extract(epoch from now() - ${orphans.orphanedAt}))::float8` })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt), sql`not ${isHeld}`))
    .orderBy(orphans.orphanedAt, orphans.id)
    .limit(1);
  return oldest?.seconds ?? 0;
}

/**
 * When the last sweep that did what it is for has ended, in Unix seconds; null: none has. By hand only one of everything
 * counts, and no dry one: what a person tried out does not show that the tenant is swept.
 */
export async function readLastSweep(tx: Transaction, tenant: string): Promise<number | null> {
  const { rows } = await tx.execute<{ seconds: number | null }>(sql`
    select extract(epoch from max(newest.finished_at))::float8 as seconds
    from unnest(${sql.param(GOOD_RESULTS)}::sweeper.sweep_result[]) as good (result), lateral (
      select finished_at from ${sweeps}
      where tenant = ${tenant} and sweeps.result = good.result and finished_at is not null
        and (trigger <> 'manual' or (scope is null and not dry_run))
      order by requested_at desc, id desc limit ${NEWEST_OF_A_RESULT}
    ) as newest`);
  return rows[0]?.seconds ?? null;
}
