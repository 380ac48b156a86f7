import { setMaxListeners } from 'node:events';
import type { BaseLogger } from 'pino';
import type { Backend } from '../backends/backend.ts';
import { type AttemptDeps, type AttemptEnd, attemptDry, attemptStop, type DryDeps } from './attempt.ts';
import type { ClaimedOrphan, ClaimRequest } from './claim.ts';
import type { Clock } from './clock.ts';
import { mayBegin } from './decide.ts';
import { createRightOfWay } from './give-way.ts';
import type { Inventory } from './inventory.ts';
import { holdLease, LEASE_MARGIN_MS, type Lease } from './lease.ts';
import { observe } from './observe.ts';
import type { Trigger } from './outcome.ts';
import type { Platform } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';
import { createRechecker } from './recheck.ts';
import { createStopper } from './stopper.ts';
import type { SweepEnd, SweepStore } from './store.ts';
import { createTally } from './tally.ts';

/** One sweep that has begun: its row says `running` and the lease is taken. */
export interface SweepOrder {
  readonly sweepId: string;
  readonly trigger: Trigger;
  /** Only these workspaces; null: all. */
  readonly scope: readonly string[] | null;
  readonly dryRun: boolean;
  /** Monotonic time from before the lease was taken. */
  readonly takenMs: number;
}

export interface SweepSettings {
  readonly intervalMs: number;
  readonly limit: number;
  readonly concurrency: number;
  readonly stopTimeoutMs: number;
  readonly deadlineMs: number;
  readonly graceMs: number;
  /** Why nothing is stopped at all; null when it is. */
  readonly disabledReason: string | null;
}

export interface SweepDeps {
  readonly clock: Clock;
  readonly store: SweepStore;
  readonly inventory: Inventory;
  readonly platform: Platform;
  readonly backend: Backend | null;
  readonly settings: SweepSettings;
  readonly log: BaseLogger;
  /** From [0, 1): the jitter of the backoff. */
  readonly random: () => number;
}

/** Those in flight get this long when the process is told to stop. */
const LAST_ANSWERS_MS = 5_000;

/** How long lease and claims are valid without renewal. */
export function leaseMs({ stopTimeoutMs }: Pick<SweepSettings, 'stopTimeoutMs'>): number {
  return stopTimeoutMs + LEASE_MARGIN_MS;
}

/**
 * One pass: observe, claim, then for each orphan recheck, stop, clear, finish. A failure of one orphan is data; what
 * keeps the whole sweep from working is the `error` of its row.
 *
 * @param told no Stop starts once it aborts; those in flight get 5 s
 * @returns what has been written to the sweep's row
 * @throws when the home database fails: the row is then ended as `interrupted` by whoever takes the lease next
 */
export async function sweep(deps: SweepDeps, order: SweepOrder, told: AbortSignal): Promise<SweepEnd> {
  const { clock, store, settings, log } = deps;
  const lease = holdLease(
    {
      clock,
      ttlMs: leaseMs(settings),
      renew: (ttlMs) => store.renew(ttlMs),
      onError: (error) => log.warn({ err: error }, 'The lease could not be renewed'),
    },
    order.takenMs,
  );
  try {
    const end = await pass(deps, order, lease, told);
    await store.end(end);
    return end;
  } finally {
    await lease.letGo();
  }
}

async function pass(deps: SweepDeps, order: SweepOrder, lease: Lease, told: AbortSignal): Promise<SweepEnd> {
  const { store, settings, platform } = deps;
  const beganMs = deps.clock.monotonicMs();
  try {
    await observe(deps);
  } catch (error) {
    if (!(error instanceof PlatformFault)) throw error;
    return nothingAttempted('skipped', 0, error.message);
  }
  if (told.aborted) return nothingAttempted('interrupted', 0, null);
  const request: ClaimRequest = {
    limit: settings.limit,
    graceMs: settings.graceMs,
    scope: order.scope,
    ignoreBackoff: order.trigger === 'manual',
    ttlMs: leaseMs(settings),
  };
  if (settings.disabledReason !== null && (await store.anyDue(request))) {
    return nothingAttempted('skipped', 0, settings.disabledReason);
  }
  const claimed = await store.claim(request);
  const [first] = claimed;
  if (first === undefined) {
    // With nothing to clear there is nothing to complain about, until there is.
    await store.platformWritable(null);
    return nothingAttempted('nothing_to_do', 0, null);
  }
  const refusal = await clearingRefused(platform, store, first);
  if (refusal !== null && !order.dryRun) return nothingAttempted('skipped', claimed.length, refusal);
  const end = await attemptAll(deps, { order, lease, told, beganMs }, claimed);
  return { ...end, error: end.error ?? refusal };
}

function nothingAttempted(
  result: 'skipped' | 'interrupted' | 'nothing_to_do',
  deferred: number,
  error: string | null,
): SweepEnd {
  return { result, counts: {}, deferred, error, succeeded: false };
}

/** Asks whether the very update that clears an id would be allowed: stopping what can't be cleared would never end. */
async function clearingRefused(platform: Platform, store: SweepStore, first: ClaimedOrphan): Promise<string | null> {
  let refusal: string | null = null;
  try {
    await platform.mayClear(first);
  } catch (error) {
    if (!(error instanceof PlatformFault)) throw error;
    refusal = error.message;
  }
  await store.platformWritable(refusal);
  return refusal;
}

interface Pass {
  readonly order: SweepOrder;
  readonly lease: Lease;
  readonly told: AbortSignal;
  readonly beganMs: number;
}

/** Attempts them in order: slow start, then as many at once as allowed, until none is left or something says no. */
async function attemptAll(deps: SweepDeps, of: Pass, claimed: readonly ClaimedOrphan[]): Promise<SweepEnd> {
  const { settings, clock, log } = deps;
  const { dryRun } = of.order;
  const queue = [...claimed];
  const tally = createTally();
  const cut = new AbortController();
  // Every Stop listens, and a width above ten is nothing to be warned of.
  setMaxListeners(0, cut.signal);
  const attempt = prepare(deps, of, claimed, { cut: cut.signal, answer: tally.answer });
  const lastAnswers = (): void => {
    void clock.delay(LAST_ANSWERS_MS, cut.signal).then(() => cut.abort());
  };
  of.told.addEventListener('abort', lastAnswers);
  const attempts: Promise<void>[] = [];
  try {
    while (queue.length > 0 && !of.told.aborted && tally.reasonToEnd === null) {
      const pace = tally.pace();
      if (mayBegin({ ...pace, answered: dryRun || pace.answered }, settings.concurrency) > 0) {
        const orphan = queue.shift();
        if (orphan === undefined) break;
        tally.begin();
        const ended = (end: AttemptEnd | null): void => {
          tally.end(end);
          if (end !== null) logEnd(log, orphan, end);
        };
        attempts.push(attempt(orphan).then(ended, tally.fail));
      } else if (pace.inFlight + pace.finishing > 0) await tally.change();
      else break;
    }
    await Promise.all(attempts);
  } finally {
    of.told.removeEventListener('abort', lastAnswers);
    cut.abort();
  }
  return tally.sum(claimed.length, dryRun, of.told.aborted);
}

function prepare(
  deps: SweepDeps,
  { order, lease, told, beganMs }: Pass,
  claimed: readonly ClaimedOrphan[],
  live: { readonly cut: AbortSignal } & Pick<AttemptDeps, 'answer'>,
): (orphan: ClaimedOrphan) => Promise<AttemptEnd | null> {
  const { clock, store, platform, backend, random, settings } = deps;
  const { intervalMs, stopTimeoutMs, deadlineMs } = settings;
  const recheck = createRechecker(clock, platform, claimed);
  const dry: DryDeps = { clock, store, recheck, lastStartMs: beganMs + deadlineMs - stopTimeoutMs, told };
  // Asked for by a person, a dry run moves nothing; under SWEEP_DRY_RUN all get shown in turn.
  if (order.dryRun) return (orphan) => attemptDry(dry, orphan, order.trigger === 'manual' ? null : intervalMs);
  if (backend === null) throw new TypeError('a sweep without a backend is disabled, and says so');
  const stopper = createStopper(backend, clock, stopTimeoutMs, live.cut);
  const rightOfWay = createRightOfWay();
  const { answer } = live;
  const stopping: AttemptDeps = { ...dry, platform, lease, random, intervalMs, stopper, answer, rightOfWay };
  return (orphan) => attemptStop(stopping, orphan);
}

function logEnd(log: BaseLogger, { workspaceId, instanceId }: ClaimedOrphan, end: AttemptEnd): void {
  const { outcome, class: failureClass, fault, message } = end;
  const fields = { workspaceId, instanceId, outcome, class: failureClass, fault };
  if (outcome === 'stopped_live') log.error(fields, message ?? outcome);
  else if (outcome === 'failed' || outcome === 'clear_failed' || outcome === 'shared')
    log.warn(fields, message ?? outcome);
  else log.debug(fields, outcome);
}
