import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Step } from '../backends/backend.ts';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { attempts, orphans, sweeps, tenants } from '../db/schema.ts';
import type { BreakerChange } from './breaker.ts';
import { countProbe, saveBreaker } from './breaker-row.ts';
import { attemptOf, type ClaimedOrphan, type ClaimRequest, claim, due, type SweepIdentity, start } from './claim.ts';
import type { Sight } from './decide.ts';
import { lockTenant } from './expiry.ts';
import { afterStart, type Consequence, type Ending, finish } from './finish.ts';
import { type Gate, readGate } from './gate.ts';
import { type DueLook, dueLooks, looked } from './look-rows.ts';
import { needsPerson } from './orphan-state.ts';
import type { Outcome, SweepResult } from './outcome.ts';
import type { PlatformFault } from './platform-fault.ts';
import { planSteps, stepDone, stepsLeft } from './steps.ts';
import { together } from './together.ts';

export interface SweepEnd {
  readonly result: SweepResult;
  readonly counts: Partial<Record<Outcome, number>>;
  readonly deferred: number;
  /** Second looks that were asked for. */
  readonly looks: number;
  readonly error: string | null;
  /** The backend has answered at least one Stop of this sweep with success. */
  readonly succeeded: boolean;
}

/** What is open after a sweep, and how much of it needs a person. */
export interface Left {
  readonly open: number | null;
  readonly stuck: number | null;
}

/** The home database as one sweep sees it. */
export interface SweepStore {
  /** What stands between this sweep and its Stops now. */
  gate(): Promise<Gate>;
  /** How many a claim would find, had it no limit; a drain shows its progress against it. */
  countDue(request: ClaimRequest): Promise<number>;
  /** The next probe tries another orphan. */
  countProbe(): Promise<void>;
  saveBreaker(change: BreakerChange): Promise<void>;
  /** Instances of which a Stop was accepted, whose second look is due: the longest due first. */
  dueLooks(limit: number): Promise<DueLook[]>;
  /** Writes what a look has found. False: another has been there first, and nothing was written. */
  looked(look: DueLook, sight: Sight): Promise<boolean>;
  /** Extends the lease and all claims of this sweep, in one statement. False: the lease is not ours any more. */
  renew(ttlMs: number): Promise<boolean>;
  /** At most `limit` due orphans in one statement, those that have waited longest first. */
  claim(request: ClaimRequest): Promise<ClaimedOrphan[]>;
  /** Whether a claim would find anything. */
  anyDue(request: ClaimRequest): Promise<boolean>;
  /**
   * Writes the attempt, before its Stop; those that are asked for together, in one statement. Null: refused, the orphan
   * is not ours to stop now.
   */
  start(orphan: ClaimedOrphan): Promise<string | null>;
  /** Ends an attempt. False: it had been ended without us; then the answer is kept beside its outcome. */
  finish(attemptId: string, orphan: ClaimedOrphan, ending: Ending, consequence: Consequence): Promise<boolean>;
  /** Writes what a dry run would have done; `nextAttemptMs` moves the orphan's place, null leaves it. */
  note(orphan: ClaimedOrphan, ending: Ending, nextAttemptMs: number | null): Promise<void>;
  /** What earlier attempts have planned and not done, in order. */
  stepsLeft(orphanId: string): Promise<readonly Step[]>;
  /** Writes down what is to be done, before any of it is. */
  planSteps(orphanId: string, steps: readonly Step[]): Promise<void>;
  stepDone(orphanId: string, step: Step): Promise<void>;
  /** Whether the platform's connection may clear ids; null: it may. For the console. */
  platformWritable(refusal: PlatformFault | null): Promise<void>;
  /** Drops the claims that are left, gives the lease back and writes the result. */
  end(end: SweepEnd): Promise<Left>;
}

export interface SweepStoreOptions {
  /** From an accepted Stop to its second look; 0: nobody looks again. */
  readonly secondLookMs: number;
}

export function createSweepStore(
  home: Database,
  identity: SweepIdentity,
  { secondLookMs }: SweepStoreOptions,
): SweepStore {
  const { tenant, replica, sweepId } = identity;

  return {
    async renew(ttlMs) {
      const { rows } = await home.statement<{ held: boolean }>(sql`
        with lease as (
          update ${tenants} set lease_until = now() + ${milliseconds(ttlMs)}, alive_at = now()
          where tenant = ${tenant} and lease_holder = ${replica} and lease_sweep_id = ${sweepId}
          returning 1
        ), claimed as (
          select id from ${orphans} where claimed_by = ${sweepId} and exists (select 1 from lease)
          order by id for no key update
        ), claims as (
          update ${orphans} set claimed_until = now() + ${milliseconds(ttlMs)}
          from claimed where orphans.id = claimed.id
        )
        select exists (select 1 from lease) as held`);
      return rows[0]?.held === true;
    },

    claim: (request) =>
      home.transaction(async (tx) => {
        const claimed = await claim(tx, tenant, sweepId, request);
        // A drain has said beforehand how many there are.
        if (request.drainUntil === null) {
          const more = sql`${sweeps.claimed} + ${claimed.length}`;
          await tx.update(sweeps).set({ claimed: more }).where(eq(sweeps.id, sweepId));
        }
        return claimed;
      }),

    countDue: (request) =>
      home.transaction(async (tx) => {
        const found = tx.$with('found').as(
          tx
            .select({ id: orphans.id })
            .from(orphans)
            .where(due(tenant, sweepId, request)),
        );
        const [row] = await tx.with(found).select({ due: sql<number>`count(*)::int` }).from(found);
        const count = row?.due ?? 0;
        await tx.update(sweeps).set({ claimed: count }).where(eq(sweeps.id, sweepId));
        return count;
      }),

    gate: () => readGate(home, tenant, sweepId),
    countProbe: () => countProbe(home, tenant),
    saveBreaker: (change) => saveBreaker(home, tenant, change),
    dueLooks: (limit) => dueLooks(home, tenant, limit),
    looked: (look, sight) => looked(home, tenant, look, sight, secondLookMs),

    anyDue: (request) =>
      home.transaction(async (tx) => {
        const found = await tx
          .select({ id: orphans.id })
          .from(orphans)
          .where(due(tenant, sweepId, request))
          .limit(1);
        return found.length > 0;
      }),

    start: together((claimed) => start(home, identity, claimed, mayStart(identity))),

    finish: (attemptId, orphan, ending, consequence) =>
      finish(home, attemptId, orphan, ending, consequence, { sweepId, secondLookMs }),

    note: (orphan, ending, nextAttemptMs) =>
      home.transaction(async (tx) => {
        await tx.insert(attempts).values({
          ...attemptOf(orphan, identity),
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

    stepsLeft: (orphanId) => stepsLeft(home, orphanId),
    planSteps: (orphanId, steps) => planSteps(home, tenant, orphanId, steps),
    stepDone: (orphanId, step) => stepDone(home, orphanId, step),

    platformWritable: (refusal) =>
      home.transaction(async (tx) => {
        const error = refusal?.message ?? null;
        await tx
          .update(tenants)
          .set({ platformWriteError: error, platformWriteFault: refusal?.code ?? null })
          .where(and(eq(tenants.tenant, tenant), sql`${tenants.platformWriteError} is distinct from ${error}`));
      }),

    end: (ended) => home.transaction((tx) => end(tx, identity, ended)),
  };
}

/** The lease is ours, and neither the brake nor a pause nor a cancel has come since the claim. */
function mayStart({ tenant, replica, sweepId }: SweepIdentity): SQL {
  return sql`exists (
    select 1 from ${tenants} join ${sweeps} on ${sweeps.id} = ${tenants.leaseSweepId}
    where ${tenants.tenant} = ${tenant} and ${tenants.leaseHolder} = ${replica}
      and ${tenants.leaseSweepId} = ${sweepId} and ${tenants.leaseUntil} > now()
      and ${tenants.brakeAt} is null and ${sweeps.cancelRequestedAt} is null
      and (${sweeps.trigger} = 'manual' or coalesce(${tenants.pauseUntil} <= now(), true)))`;
}

async function end(tx: Transaction, { tenant, replica, sweepId }: SweepIdentity, ended: SweepEnd): Promise<Left> {
  // First, as everybody does who also touches orphans: in another order two of us would wait for each other.
  await lockTenant(tx, tenant);
  await tx
    .update(orphans)
    .set({ claimedBy: null, claimedUntil: null })
    .where(and(eq(orphans.claimedBy, sweepId), isNull(orphans.attemptId)));
  const [inventory] = await tx
    .select({
      open: sql<number>`count(*)::int`,
      stuck: sql<number>`(count(*) filter (where ${needsPerson(tenant)}))::int`,
    })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), isNull(orphans.resolvedAt)));
  const left = { open: inventory?.open ?? null, stuck: inventory?.stuck ?? null };
  const { succeeded, ...rest } = ended;
  const [sweep] = await tx
    .update(sweeps)
    .set({ ...rest, ...left, finishedAt: sql`now()` })
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
  return left;
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
