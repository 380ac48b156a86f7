import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { attempts, orphans, samples, tenants } from '../db/schema.ts';
import { batchesOf } from './batches.ts';
import { judgeBrake } from './brake.ts';
import { conclude, mayTouch } from './conclude.ts';
import { endExpired } from './expiry.ts';
import { foreignSentence } from './fingerprint.ts';
import { needsPerson } from './orphan-state.ts';
import { STUCK_AFTER_MS, STUCK_FAILURES } from './outcome.ts';
import type { CurrentRow, LeakedRow, Looked } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';
import { SHORT_LENGTH } from './workspaces.ts';

/** An open orphan that the platform does not list (any more). */
export interface Missing {
  readonly orphanId: string;
  readonly workspaceId: string;
}

/** An open orphan that is listed, but not as our inventory has it. */
interface Changed {
  readonly orphanId: string;
  readonly workspaceName: string | null;
  readonly why: LeakedRow['why'];
}

/** What a look has found, against the inventory. */
export interface Differences {
  readonly added: readonly LeakedRow[];
  readonly changed: readonly Changed[];
  readonly missing: readonly Missing[];
}

export interface Look {
  /** When the look began, as `begin` gave it: the home database's time. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly looked: Looked;
  readonly differences: Differences;
  /** The rows of what is missing, read again by id. */
  readonly current: ReadonlyMap<string, CurrentRow>;
  /** The platform's table holds no row at all, and orphans of ours are missing in it. */
  readonly tableEmpty: boolean;
}

/** Our `orphans` table as observes see it. */
export interface Inventory {
  /**
   * The home database's time, before the platform is read.
   *
   * @throws PlatformFault when this inventory is another platform's
   */
  begin(): Promise<string>;
  compare(looked: Looked): Promise<Differences>;
  /** Brings the inventory up to date in one transaction. False: a later-started look has been applied already. */
  apply(look: Look): Promise<boolean>;
  /** Remembers why a look failed, unless a later-started one has been applied; the inventory stays as it is. */
  failed(startedAt: string, fault: PlatformFault): Promise<void>;
}

interface ComparedRow extends Record<string, unknown> {
  readonly orphan_id: string | null;
  readonly workspace_id: string;
  readonly workspace_name: string | null;
  readonly instance_id: string;
  readonly updated_at: string | null;
  readonly listed: boolean;
  readonly why: LeakedRow['why'] | null;
}

export interface InventoryOptions {
  readonly tenant: string;
  readonly intervalMs: number;
  /** SWEEP_SURGE_LIMIT. */
  readonly surgeLimit: number | 'unlimited';
  /** How far apart two looks must both miss the row of a container that has none; null: it is never stopped. */
  readonly unknownGraceMs: number | null;
  /** Of the platform that is looked at. */
  readonly fingerprint: string;
}

export function createInventory(home: Database, options: InventoryOptions): Inventory {
  const { tenant, intervalMs, surgeLimit } = options;
  return {
    begin: () => begin(home, options),

    compare: (looked) => compare(home, tenant, looked),

    apply: (look) =>
      home.transaction(async (tx) => {
        if (!(await isNewest(tx, options, look.startedAt))) return false;
        const touches = await endExpired(tx, tenant, touchedBy(look));
        if (touches) await interruptExpired(tx, tenant, intervalMs);
        for (const added of batchesOf(look.differences.added)) {
          await reopen(tx, tenant, look.startedAt, added);
          await insert(tx, tenant, look.startedAt, added);
        }
        for (const changed of batchesOf(look.differences.changed)) await relist(tx, look.startedAt, changed);
        if (look.looked.unseen !== 'no_row') await confirmUnknown(tx, options, look);
        const missing = look.differences.missing.map((one) => one.orphanId);
        await conclude(tx, look.startedAt, missing, look.current);
        await judgeBrake(tx, tenant, { surgeLimit, emptyLatches: options.unknownGraceMs !== null && look.tableEmpty });
        await sample(tx, tenant);
        await tx
          .update(tenants)
          .set({
            observedAt: sql`${look.startedAt}::timestamptz`,
            platformEmpty: look.tableEmpty,
            observeMs: Math.round(look.durationMs),
            leftAlone: [...look.looked.leftAlone],
            observeError: look.looked.fault?.message ?? null,
            observeFault: look.looked.fault?.code ?? null,
            observeErrorAt: look.looked.fault === null ? null : sql`now()`,
          })
          .where(eq(tenants.tenant, tenant));
        return true;
      }),

    failed: (startedAt, { code, message }) =>
      home.transaction(async (tx) => {
        await tx
          .update(tenants)
          .set({ observeError: message, observeFault: code, observeErrorAt: sql`now()` })
          .where(
            and(
              eq(tenants.tenant, tenant),
              sql`coalesce(${tenants.observedAt} <= ${startedAt}::timestamptz, true)`,
              sql`coalesce(${tenants.platformFingerprint} = ${options.fingerprint}, true)`,
            ),
          );
      }),
  };
}

async function begin(home: Database, { tenant, fingerprint }: InventoryOptions): Promise<string> {
  const { rows } = await home.statement<{ now: string; known: string | null }>(sql`
    select clock_timestamp()::text as now,
      (select platform_fingerprint from ${tenants} where tenant = ${tenant}) as known`);
  const { now = '', known = null } = rows[0] ?? {};
  refuseForeign(known, tenant, fingerprint);
  return now;
}

function refuseForeign(known: string | null, tenant: string, fingerprint: string): void {
  if (known === null || known === fingerprint) return;
  const sentence = foreignSentence(tenant, known, fingerprint);
  throw new PlatformFault('not_ours', sentence, new Error(`${known} is not ${fingerprint}`));
}

/** The rows of a look as a relation. */
function seen(rows: readonly LeakedRow[]): SQL {
  return sql`unnest(
    ${sql.param(rows.map((row) => row.workspaceId))}::text[],
    ${sql.param(rows.map((row) => row.workspaceName))}::text[],
    ${sql.param(rows.map((row) => row.instanceId))}::text[],
    ${sql.param(rows.map((row) => row.updatedAt))}::text[],
    ${sql.param(rows.map((row) => row.why))}::text[]
  ) as seen (workspace_id, workspace_name, instance_id, updated_at, why)`;
}

/**
 * One pass over both sides that returns only what differs, so that a quiet look writes nothing. A container without a row
 * whose row was once seen removed is not listed in this sense: what became of its row is concluded. What could not be
 * looked for is not missing.
 */
async function compare(home: Database, tenant: string, { rows, unseen }: Looked): Promise<Differences> {
  const lost = sql`seen.why = 'no_row' and known.why <> 'no_row'`;
  const found = await home.statement<ComparedRow>(sql`
    select known.id as orphan_id, coalesce(seen.workspace_id, known.workspace_id) as workspace_id,
      seen.workspace_name, coalesce(seen.instance_id, known.instance_id) as instance_id, seen.updated_at, seen.why,
      seen.workspace_id is not null and not coalesce(${lost}, false) as listed
    from (select * from ${seen(rows)}) as seen
    full join (
      select id, workspace_id, workspace_name, instance_id, why from ${orphans}
      where tenant = ${tenant} and resolved_at is null
    ) as known on known.workspace_id = seen.workspace_id and known.instance_id = seen.instance_id
    where (known.id is null or seen.workspace_id is null or ${lost}
      or known.workspace_name is distinct from seen.workspace_name or known.why in ('row_gone', 'replaced')
      or known.why = 'no_row' and seen.why = 'removed')
      and (seen.workspace_id is not null
        or case when known.why = 'no_row' then 'no_row' else 'removed' end is distinct from ${unseen}::text)`);
  const added: LeakedRow[] = [];
  const changed: Changed[] = [];
  const missing: Missing[] = [];
  for (const row of found.rows) {
    const { orphan_id: orphanId, workspace_id: workspaceId, workspace_name: workspaceName } = row;
    if (orphanId === null) {
      const { instance_id: instanceId, updated_at: updatedAt } = row;
      added.push({ workspaceId, workspaceName, instanceId, updatedAt, why: row.why ?? 'removed' });
    } else if (row.listed) changed.push({ orphanId, workspaceName, why: row.why ?? 'removed' });
    else missing.push({ orphanId, workspaceId });
  }
  return { added, changed, missing };
}

/**
 * Locks the tenant's row, so that looks are applied one after another.
 *
 * @throws PlatformFault when another platform has taken the tenant over since the look began
 */
async function isNewest(
  tx: Transaction,
  { tenant, fingerprint }: InventoryOptions,
  startedAt: string,
): Promise<boolean> {
  const [row] = await tx
    .select({
      newer: sql<boolean>`coalesce(${tenants.observedAt} > ${startedAt}::timestamptz, false)`,
      known: tenants.platformFingerprint,
    })
    .from(tenants)
    .where(eq(tenants.tenant, tenant))
    .for('update');
  refuseForeign(row?.known ?? null, tenant, fingerprint);
  return row !== undefined && !row.newer;
}

const expired = sql`${orphans.attemptId} is not null and ${orphans.claimedUntil} <= now()`;

/** An open attempt whose claim has expired is `interrupted`: nobody knows what its Stop did. */
async function interruptExpired(tx: Transaction, tenant: string, intervalMs: number): Promise<void> {
  await tx
    .update(attempts)
    .set({
      finishedAt: sql`now()`,
      outcome: 'interrupted',
      fault: 'nobody',
      message: 'The process that made this attempt did not come back before its claim ran out.',
    })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), expired, eq(attempts.id, orphans.attemptId), isNull(attempts.outcome)));
  await tx
    .update(orphans)
    .set({
      attemptId: null,
      claimedBy: null,
      claimedUntil: null,
      lastOutcome: 'interrupted',
      nextAttemptAt: sql`greatest(${orphans.nextAttemptAt}, ${orphans.lastAttemptAt} + ${milliseconds(intervalMs)})`,
      stuckAt: sql`coalesce(${orphans.stuckAt}, now() + ${milliseconds(STUCK_AFTER_MS)})`,
    })
    .where(and(eq(orphans.tenant, tenant), expired));
}

/** All open orphans that a look may change: locked together, as by a sweep that starts several. */
function touchedBy({ differences: { changed, missing } }: Look): SQL {
  const ids = [...changed, ...missing].map(({ orphanId }) => orphanId);
  return sql`(${expired} or ${orphans.id} = any(${sql.param(ids)}::uuid[]))`;
}

/** Seen again after it was resolved by others: the same orphan, with its failures and its first seen. */
async function reopen(tx: Transaction, tenant: string, startedAt: string, added: readonly LeakedRow[]): Promise<void> {
  await tx.execute(sql`
    update ${orphans} set resolved_at = null, resolution = null, why = seen.why::sweeper.why,
      no_row_since = ${noRowSince(startedAt)}, no_row_confirmed = false,
      workspace_name = seen.workspace_name,
      stuck_at = case when failures >= ${STUCK_FAILURES} then stuck_at end
    from ${seen(added)}
    where orphans.tenant = ${tenant} and orphans.workspace_id = seen.workspace_id
      and orphans.instance_id = seen.instance_id
      and orphans.resolution in ('external', 'restored') and orphans.resolved_at <= ${startedAt}::timestamptz
      and not exists (
        select 1 from ${orphans} as other
        where other.tenant = orphans.tenant and other.workspace_id = orphans.workspace_id
          and other.instance_id = orphans.instance_id and other.id <> orphans.id
          and (other.resolved_at is null or (other.resolved_at, other.id) > (orphans.resolved_at, orphans.id))
      )`);
}

/**
 * Never a key that was resolved after the look began: what it saw is older than that. A hold covers later orphans of its
 * workspace, too, also of one that was known by half of its name only. First seen is not `now()`, which may be older than the wait for the tenant's row: what a release of the
 * brake covers was there before it.
 */
async function insert(tx: Transaction, tenant: string, startedAt: string, added: readonly LeakedRow[]): Promise<void> {
  await tx.execute(sql`
    insert into ${orphans}
      (tenant, workspace_id, workspace_name, instance_id, why, no_row_since, orphaned_at, first_seen_at, next_attempt_at,
      held_at, held_by, hold_verified, hold_reason, hold_until)
    select ${tenant}, seen.workspace_id, seen.workspace_name, seen.instance_id, seen.why::sweeper.why,
      ${noRowSince(startedAt)},
      coalesce(seen.updated_at::timestamptz, statement_timestamp()), statement_timestamp(), statement_timestamp(),
      hold.held_at, hold.held_by, coalesce(hold.hold_verified, false), hold.hold_reason, hold.hold_until
    from ${seen(added)}
    left join lateral (
      select held_at, held_by, hold_verified, hold_reason, hold_until from ${orphans} as held
      where held.tenant = ${tenant} and held.hold_until > now()
        and held.workspace_id = any(array[seen.workspace_id, left(seen.workspace_id, ${SHORT_LENGTH}::int)])
        and (held.workspace_id = seen.workspace_id or held.why = 'no_row' and held.instance_id = seen.instance_id)
      order by held_at desc limit 1
    ) as hold on true
    where not exists (
      select 1 from ${orphans} as known
      where known.tenant = ${tenant} and known.workspace_id = seen.workspace_id
        and known.instance_id = seen.instance_id and known.resolved_at > ${startedAt}::timestamptz
    )
    on conflict (tenant, workspace_id, instance_id) where resolved_at is null do nothing`);
}

/** Listed, but under another name, or thought to be gone or replaced. */
async function relist(tx: Transaction, startedAt: string, changed: readonly Changed[]): Promise<void> {
  await tx.execute(sql`
    update ${orphans} set workspace_name = changed.workspace_name,
      stuck_at = case when why in ('row_gone', 'replaced') and failures < ${STUCK_FAILURES} then null else stuck_at end,
      no_row_since = case when listed_as = 'no_row' then no_row_since end,
      no_row_confirmed = no_row_confirmed and listed_as = 'no_row',
      why = case when why in ('row_gone', 'replaced', 'no_row') then listed_as::sweeper.why else why end
    from unnest(
      ${sql.param(changed.map((one) => one.orphanId))}::uuid[],
      ${sql.param(changed.map((one) => one.workspaceName))}::text[],
      ${sql.param(changed.map((one) => one.why))}::text[]
    ) as changed (orphan_id, workspace_name, listed_as)
    where orphans.id = changed.orphan_id and ${mayTouch(startedAt)}`);
}

const noRowSince = (startedAt: string): SQL => sql`case when seen.why = 'no_row' then ${startedAt}::timestamptz end`;

/**
 * A container without a row may be stopped once two looks, far enough apart, have both missed the row, and every look in
 * between: its time begins anew whenever there is one.
 */
async function confirmUnknown(
  tx: Transaction,
  { tenant, unknownGraceMs }: InventoryOptions,
  look: Look,
): Promise<void> {
  const missing = look.differences.missing.map((one) => one.orphanId);
  const confirmed =
    unknownGraceMs === null
      ? sql`false`
      : sql`no_row_since + ${milliseconds(unknownGraceMs)} <= ${look.startedAt}::timestamptz
          and id <> all(${sql.param(missing)}::uuid[])`;
  await tx.execute(sql`
    update ${orphans} set no_row_confirmed = ${confirmed}
    where tenant = ${tenant} and resolved_at is null and why = 'no_row' and no_row_confirmed <> (${confirmed})`);
}

/** At most one a minute. The first condition saves the count, the second the row of zeros that a count always gives. */
async function sample(tx: Transaction, tenant: string): Promise<void> {
  const minute = sql.raw(`date_trunc('minute', now())`);
  const none = sql`not exists (select 1 from ${samples} where tenant = ${tenant} and at = ${minute})`;
  await tx.execute(sql`
    insert into ${samples} (tenant, at, open, stuck)
    select ${tenant}, ${minute}, count(*), count(*) filter (where ${needsPerson(tenant)})
    from ${orphans} where tenant = ${tenant} and resolved_at is null and ${none}
    having ${none}
    on conflict (tenant, at) do nothing`);
}
