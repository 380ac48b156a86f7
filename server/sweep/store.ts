import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { attempts, orphans, sweeps, tenants } from '../db/schema.ts';
import { type Conclusion, messagePattern, type Settlement, STUCK_AFTER_MS } from './decide.ts';
import { acceptedStop, applyConclusion, milliseconds } from './inventory.ts';
import type { FailureClass, Fault, Outcome, SweepResult, Why } from './outcome.ts';

/** An orphan that a sweep has the right to attempt, for as long as its claim is renewed. */
export interface ClaimedOrphan {
  readonly orphanId: string;
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly instanceId: string;
  readonly why: Why;
  readonly failures: number;
  readonly lastOutcome: Outcome | null;
  /** A Stop of it has been accepted: a late answer said so, or its id could not be cleared. */
  readonly lateStop: boolean;
}

export interface ClaimRequest {
  readonly limit: number;
  /** From first seen, for every sweep. */
  readonly graceMs: number;
  /** Only these workspaces; null: all. */
  readonly scope: readonly string[] | null;
  /** A sweep that a person asked for does not wait for the backoff. */
  readonly ignoreBackoff: boolean;
  readonly ttlMs: number;
}

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

export interface SweepEnd {
  readonly result: SweepResult;
  readonly counts: Partial<Record<Outcome, number>>;
  readonly deferred: number;
  readonly error: string | null;
  /** The backend has answered at least one Stop of this sweep with success. */
  readonly succeeded: boolean;
}

/** The home database as one sweep sees it. */
export interface SweepStore {
  /** Extends the lease and all claims of this sweep, in one statement. False: the lease is not ours any more. */
  renew(ttlMs: number): Promise<boolean>;
  /** At most `limit` due orphans in one statement, those that have waited longest first. */
  claim(request: ClaimRequest): Promise<ClaimedOrphan[]>;
  /** Whether a claim would find anything. */
  anyDue(request: ClaimRequest): Promise<boolean>;
  /** Writes the attempt, before its Stop, in one statement. Null: refused, the orphan is not ours to stop now. */
  start(orphan: ClaimedOrphan): Promise<string | null>;
  /** Ends an attempt. False: it had been ended without us; then the answer is kept beside its outcome. */
  finish(attemptId: string, orphan: ClaimedOrphan, ending: Ending, consequence: Consequence): Promise<boolean>;
  /** Writes what a dry run would have done; `nextAttemptMs` moves the orphan's place, null leaves it. */
  note(orphan: ClaimedOrphan, ending: Ending, nextAttemptMs: number | null): Promise<void>;
  /** Whether the platform's connection may clear ids; null: it may. For the console. */
  platformWritable(error: string | null): Promise<void>;
  /** Drops the claims that are left, gives the lease back and writes the result. */
  end(end: SweepEnd): Promise<void>;
}

export interface SweepIdentity {
  readonly tenant: string;
  readonly replica: string;
  readonly sweepId: string;
}

const columns = {
  orphanId: orphans.id,
  workspaceId: orphans.workspaceId,
  workspaceName: orphans.workspaceName,
  instanceId: orphans.instanceId,
  why: orphans.why,
  failures: orphans.failures,
  lastOutcome: orphans.lastOutcome,
};

/** Of all there are, those that a sweep may ever stop. The others wait for a person, or for their row. */
const stoppable = sql`${orphans.why} = 'removed' and ${orphans.lastOutcome} is distinct from 'stopped_live'`;

export function createSweepStore(home: Database, { tenant, replica, sweepId }: SweepIdentity): SweepStore {
  const leased = sql`exists (
    select 1 from ${tenants} where ${tenants.tenant} = ${tenant} and ${tenants.leaseHolder} = ${replica}
      and ${tenants.leaseSweepId} = ${sweepId} and ${tenants.leaseUntil} > now())`;

  return {
    renew: (ttlMs) =>
      home.transaction(async (tx) => {
        const { rows } = await tx.execute<{ held: boolean }>(sql`
          with lease as (
            update ${tenants} set lease_until = now() + ${milliseconds(ttlMs)}, alive_at = now()
            where tenant = ${tenant} and lease_holder = ${replica} and lease_sweep_id = ${sweepId}
            returning 1
          ), claims as (
            update ${orphans} set claimed_until = now() + ${milliseconds(ttlMs)}
            where claimed_by = ${sweepId} and exists (select 1 from lease)
          )
          select exists (select 1 from lease) as held`);
        return rows[0]?.held === true;
      }),

    claim: (request) =>
      home.transaction(async (tx) => {
        const claimed = await claim(tx, tenant, sweepId, request);
        await tx.update(sweeps).set({ claimed: claimed.length }).where(eq(sweeps.id, sweepId));
        return claimed;
      }),

    anyDue: (request) =>
      home.transaction(async (tx) => {
        const found = await tx.select({ id: orphans.id }).from(orphans).where(due(tenant, request)).limit(1);
        return found.length > 0;
      }),

    start: (orphan) => home.transaction((tx) => start(tx, { tenant, replica, sweepId }, orphan, leased)),

    finish: (attemptId, orphan, ending, consequence) =>
      home.transaction((tx) => finish(tx, attemptId, orphan, ending, consequence, sweepId)),

    note: (orphan, ending, nextAttemptMs) =>
      home.transaction(async (tx) => {
        await tx.insert(attempts).values({
          ...attemptOf(orphan, { tenant, replica, sweepId }),
          finishedAt: sql`now()`,
          ...ending,
          requestId: sql`gen_random_uuid()::text`,
        });
        if (nextAttemptMs === null) return;
        await tx
          .update(orphans)
          .set({ nextAttemptAt: afterStart(sweepId, nextAttemptMs) })
          .where(and(eq(orphans.id, orphan.orphanId), eq(orphans.claimedBy, sweepId)));
      }),

    platformWritable: (error) =>
      home.transaction(async (tx) => {
        await tx
          .update(tenants)
          .set({ platformWriteError: error })
          .where(and(eq(tenants.tenant, tenant), sql`${tenants.platformWriteError} is distinct from ${error}`));
      }),

    end: (ended) => home.transaction((tx) => end(tx, { tenant, replica, sweepId }, ended)),
  };
}

/** Not resolved, past its grace, its time has come, not claimed by another sweep, in scope, and ours to stop. */
function due(tenant: string, { ignoreBackoff, scope, graceMs }: ClaimRequest): SQL | undefined {
  return and(
    eq(orphans.tenant, tenant),
    isNull(orphans.resolvedAt),
    ignoreBackoff ? undefined : sql`${orphans.nextAttemptAt} <= now()`,
    scope === null ? undefined : sql`${orphans.workspaceId} = any(${sql.param([...scope])}::text[])`,
    sql`${orphans.firstSeenAt} <= now() - ${milliseconds(graceMs)}`,
    sql`coalesce(${orphans.claimedUntil} <= now(), true)`,
    isNull(orphans.attemptId),
    stoppable,
  );
}

async function claim(tx: Transaction, tenant: string, sweepId: string, request: ClaimRequest) {
  const first = tx
    .$with('due')
    .as(
      tx
        .select({ id: orphans.id })
        .from(orphans)
        .where(due(tenant, request))
        .orderBy(orphans.nextAttemptAt, orphans.orphanedAt, orphans.id)
        .limit(request.limit)
        .for('update', { skipLocked: true }),
    );
  const claimed = tx.$with('claimed').as(
    tx
      .update(orphans)
      .set({ claimedBy: sweepId, claimedUntil: sql`now() + ${milliseconds(request.ttlMs)}` })
      .from(first)
      .where(eq(orphans.id, first.id))
      .returning({ ...columns, nextAttemptAt: orphans.nextAttemptAt, orphanedAt: orphans.orphanedAt }),
  );
  // `returning` promises no order.
  return tx
    .with(first, claimed)
    .select({
      orphanId: claimed.orphanId,
      workspaceId: claimed.workspaceId,
      workspaceName: claimed.workspaceName,
      instanceId: claimed.instanceId,
      why: claimed.why,
      failures: claimed.failures,
      lastOutcome: claimed.lastOutcome,
      lateStop: acceptedStop('claimed.id'),
    })
    .from(claimed)
    .orderBy(claimed.nextAttemptAt, claimed.orphanedAt, claimed.orphanId);
}

function attemptOf(orphan: ClaimedOrphan, { tenant, replica, sweepId }: SweepIdentity) {
  const { orphanId, workspaceId, workspaceName, instanceId } = orphan;
  return { tenant, replica, sweepId, orphanId, workspaceId, workspaceName, instanceId };
}

async function start(tx: Transaction, by: SweepIdentity, orphan: ClaimedOrphan, leased: SQL): Promise<string | null> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    with started as (
      update ${orphans} set attempt_id = gen_random_uuid(), attempts = attempts + 1,
        first_attempt_at = coalesce(first_attempt_at, now()), last_attempt_at = now()
      where id = ${orphan.orphanId} and claimed_by = ${by.sweepId} and claimed_until > now()
        and resolved_at is null and attempt_id is null and ${leased}
      returning id, tenant, workspace_id, workspace_name, instance_id, attempt_id
    )
    insert into ${attempts}
      (id, tenant, sweep_id, orphan_id, workspace_id, workspace_name, instance_id, request_id, replica)
    select attempt_id, tenant, ${by.sweepId}, id, workspace_id, workspace_name, instance_id, attempt_id::text,
      ${by.replica}
    from started
    returning id`);
  return rows[0]?.id ?? null;
}

async function finish(
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
  return {
    lastOutcome: ending.outcome,
    lastClass: ending.class,
    lastFault: ending.fault,
    lastMessage: ending.message,
    lastPattern: messagePattern(ending.message),
    lastHttpStatus: ending.httpStatus,
    lastErrorAt: sql`now()`,
  };
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
function afterStart(sweepId: string, ms: number): SQL {
  return sql`greatest(${orphans.nextAttemptAt},
    (select ${sweeps.startedAt} from ${sweeps} where ${sweeps.id} = ${sweepId}) + ${milliseconds(ms)})`;
}

async function end(tx: Transaction, { tenant, replica, sweepId }: SweepIdentity, ended: SweepEnd): Promise<void> {
  // First, as everybody does who also touches orphans: in another order two of us would wait for each other.
  await tx.select({ tenant: tenants.tenant }).from(tenants).where(eq(tenants.tenant, tenant)).for('update');
  await tx
    .update(orphans)
    .set({ claimedBy: null, claimedUntil: null })
    .where(and(eq(orphans.claimedBy, sweepId), isNull(orphans.attemptId)));
  const [inventory] = await tx
    .select({
      open: sql<number>`count(*)::int`,
      stuck: sql<number>`(count(*) filter (where ${orphans.stuckAt} <= now()))::int`,
    })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt)));
  const { succeeded, ...rest } = ended;
  const [sweep] = await tx
    .update(sweeps)
    .set({ ...rest, open: inventory?.open ?? null, stuck: inventory?.stuck ?? null, finishedAt: sql`now()` })
    .where(and(eq(sweeps.id, sweepId), isNull(sweeps.finishedAt)))
    .returning({ trigger: sweeps.trigger });
  const automatic = sweep !== undefined && sweep.trigger !== 'manual';
  await tx
    .update(tenants)
    .set({
      ...(automatic ? { sweptAt: sql`now()`, sweptBy: replica } : {}),
      ...(succeeded ? { lastSuccessAt: sql`now()` } : {}),
      aliveAt: sql`now()`,
    })
    .where(eq(tenants.tenant, tenant));
  await tx
    .update(tenants)
    .set({ leaseHolder: null, leaseSweepId: null, leaseUntil: null })
    .where(and(eq(tenants.tenant, tenant), eq(tenants.leaseHolder, replica), eq(tenants.leaseSweepId, sweepId)));
  if (automatic && ended.result === 'skipped') await dropRepeatedSkip(tx, tenant, sweepId);
}

/** `skipped` is written once per reason: not again while the newest sweep before it says the same. */
async function dropRepeatedSkip(tx: Transaction, tenant: string, sweepId: string): Promise<void> {
  await tx.execute(sql`
    delete from ${sweeps} where id = ${sweepId}
      and not exists (select 1 from ${attempts} where ${attempts.sweepId} = ${sweepId})
      and error = (
        select case when before.result = 'skipped' then before.error end from ${sweeps} as before
        where before.tenant = ${tenant} and before.id <> ${sweepId} and before.finished_at is not null
        order by before.requested_at desc, before.id desc limit 1)`);
}
