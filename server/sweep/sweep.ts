import type { Backend } from '../backends/backend.ts';
import { attemptBatch, type Batch } from './batch.ts';
import { createBreaker } from './breaker.ts';
import type { ClaimedOrphan, ClaimRequest } from './claim.ts';
import type { Clock } from './clock.ts';
import { looksOf, probeTurn } from './decide.ts';
import { type Gate, refusalOf } from './gate.ts';
import type { Inventory } from './inventory.ts';
import { holdLease, LEASE_MARGIN_MS, type Lease } from './lease.ts';
import type { Log, Repeats } from './log.ts';
import type { Meter } from './meter.ts';
import { observe } from './observe.ts';
import type { Trigger } from './outcome.ts';
import type { Platform } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';
import type { Controller } from './positive-control.ts';
import { lookAgain } from './second-look.ts';
import type { SweepEnd, SweepStore } from './store.ts';
import { logSweep } from './sweep-lines.ts';
import { createTally } from './tally.ts';

/** One sweep that has begun: its row says `running` and the lease is taken. */
export interface SweepOrder {
  readonly sweepId: string;
  readonly trigger: Trigger;
  /** Only these workspaces; null: all. */
  readonly scope: readonly string[] | null;
  readonly dryRun: boolean;
  /** All that is open after its own observe, each once, in batches. Never dry. */
  readonly drain: boolean;
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
  /** From an accepted Stop to its second look; 0: nobody looks again. */
  readonly secondLookMs: number;
  /** Why nothing is stopped at all; null when it is. */
  readonly disabledReason: string | null;
}

export interface SweepDeps {
  readonly clock: Clock;
  readonly store: SweepStore;
  readonly inventory: Inventory;
  readonly platform: Platform;
  readonly backend: Backend | null;
  readonly controller: Controller;
  readonly settings: SweepSettings;
  readonly log: Log;
  readonly repeats: Repeats;
  readonly meter: Meter;
  /** From [0, 1): the jitter of the backoff. */
  readonly random: () => number;
}

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
  const { clock, store, settings, repeats } = deps;
  const lease = holdLease(
    {
      clock,
      ttlMs: leaseMs(settings),
      renew: (ttlMs) => store.renew(ttlMs),
      onError: (error) => repeats.fails('lease', 'warn', error, 'The lease could not be renewed'),
    },
    order.takenMs,
  );
  try {
    const end = await pass(deps, order, lease, told);
    const left = await store.end(end);
    logSweep(deps, { ...order, durationMs: clock.monotonicMs() - order.takenMs, end, left });
    return end;
  } finally {
    await lease.letGo();
  }
}

async function pass(deps: SweepDeps, order: SweepOrder, lease: Lease, told: AbortSignal): Promise<SweepEnd> {
  const { store } = deps;
  const beganMs = deps.clock.monotonicMs();
  try {
    await observe(deps);
  } catch (error) {
    if (!(error instanceof PlatformFault)) throw error;
    return nothingAttempted('skipped', error.message);
  }
  if (told.aborted) return nothingAttempted('interrupted', null);
  const gate = await store.gate();
  const request = requestOf(deps, order, gate);
  const kind = deps.backend?.kind ?? null;
  const refusal =
    deps.settings.disabledReason ?? refusalOf(gate, { byHand: order.trigger === 'manual', dryRun: order.dryRun, kind });
  if (refusal !== null) {
    if (gate.cancelled) return nothingAttempted('cancelled', refusal);
    return (await store.anyDue(request))
      ? nothingAttempted('skipped', refusal)
      : nothingAttempted('nothing_to_do', null);
  }
  const breaker = createBreaker(gate.breaker, store.saveBreaker);
  const control = once(() => deps.controller.check(breaker.open, told));
  const of: Pass = { order, lease, told, beganMs, breaker, tally: createTally(breaker, kind), control };
  const end = await attemptAll(deps, of, request, gate);
  return { ...end, looks: await looksAfter(deps, of) };
}

function requestOf({ settings }: SweepDeps, { trigger, scope, drain }: SweepOrder, gate: Gate): ClaimRequest {
  return {
    limit: settings.limit,
    graceMs: settings.graceMs,
    scope,
    ignoreBackoff: trigger === 'manual',
    ttlMs: leaseMs(settings),
    probe: null,
    drainUntil: drain ? gate.now : null,
  };
}

function nothingAttempted(
  result: 'skipped' | 'interrupted' | 'nothing_to_do' | 'cancelled',
  error: string | null,
  deferred = 0,
): SweepEnd {
  return { result, counts: {}, deferred, looks: 0, error, succeeded: false };
}

interface Pass extends Omit<Batch, 'probing'> {
  /** Why the control plane may be another platform's; null: no reason. Asked once in a sweep, when first needed. */
  readonly control: () => Promise<string | null>;
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask();
    return asked;
  };
}

/**
 * Claims and attempts: one batch, as a rule. While the breaker is open a probe comes first, and the batch only if the
 * control plane is back; a drain takes one batch after another.
 */
async function attemptAll(deps: SweepDeps, of: Pass, request: ClaimRequest, gate: Gate): Promise<SweepEnd> {
  const { store, settings } = deps;
  const { order, tally, breaker, told } = of;
  let claimed = order.drain ? await store.countDue(request) : 0;
  let left = settings.limit;
  let probed = gate.breaker.probes;
  let beganMs = of.beganMs;
  let refusal: string | null = null;
  for (let batch = 0; left > 0; batch += 1) {
    const probing = breaker.open && !order.dryRun;
    const orphans = await store.claim({
      ...request,
      limit: probing ? 1 : left,
      probe: probing ? probeTurn(probed) : null,
    });
    const [first] = orphans;
    if (batch === 0) {
      if (first === undefined) {
        // With nothing to clear there is nothing to complain about, until there is.
        await noteWritable(store, gate, null);
        if (gate.notKnown && !order.dryRun) await of.control();
        return nothingAttempted('nothing_to_do', null);
      }
      refusal = await refusalToStop(deps, of, gate, first);
      if (refusal !== null && !order.dryRun) return nothingAttempted('skipped', refusal, orphans.length);
    }
    if (first === undefined) break;
    if (!order.drain) claimed += orphans.length;
    if (probing) {
      probed += 1;
      await store.countProbe();
    }
    const before = tally.seen();
    await attemptBatch(deps, { ...of, beganMs, probing }, orphans);
    await breaker.saved();
    const seen = tally.seen();
    if (told.aborted || tally.reasonToEnd !== null || seen.attempted === before.attempted) break;
    // One that was not called is no probe.
    if (breaker.open && !(probing && seen.answers === before.answers)) break;
    if (!probing && !order.drain) break;
    if (order.drain) beganMs = deps.clock.monotonicMs();
    else left -= orphans.length;
  }
  const end = tally.sum(claimed, { dryRun: order.dryRun, told: told.aborted });
  return { ...end, error: end.error ?? refusal };
}

/** Why nothing may be stopped here: an id that could not be cleared, or a control plane that is another platform's. */
async function refusalToStop(deps: SweepDeps, of: Pass, gate: Gate, first: ClaimedOrphan): Promise<string | null> {
  const refusal = await clearingRefused(deps.platform, first);
  await noteWritable(deps.store, gate, refusal);
  if (refusal !== null || of.order.dryRun) return refusal?.message ?? null;
  return of.control();
}

/** Asks whether the very update that clears an id would be allowed: stopping what can't be cleared would never end. */
async function clearingRefused(platform: Platform, first: ClaimedOrphan): Promise<PlatformFault | null> {
  try {
    await platform.mayClear(first);
    return null;
  } catch (error) {
    if (!(error instanceof PlatformFault)) throw error;
    return error;
  }
}

/** Only what is new is written: this stands before the first Stop. */
async function noteWritable(store: SweepStore, gate: Gate, refusal: PlatformFault | null): Promise<void> {
  if ((refusal?.message ?? null) !== gate.platformWriteError) await store.platformWritable(refusal);
}

/**
 * After the Stops, so that a look never keeps one waiting; a person's dry run moves nothing, and so looks at nothing. A
 * control plane that is another platform's would say of every instance that it is gone.
 */
async function looksAfter(deps: SweepDeps, of: Pass): Promise<number> {
  const { clock, store, backend, log, meter, settings } = deps;
  const { limit, concurrency, stopTimeoutMs: timeoutMs, deadlineMs } = settings;
  const { told, breaker, beganMs, order } = of;
  if (backend === null || breaker.open || told.aborted || settings.secondLookMs === 0) return 0;
  if (order.dryRun && order.trigger === 'manual') return 0;
  const due = await store.dueLooks(looksOf(limit));
  if (due.length === 0 || (await of.control()) !== null) return 0;
  const lastStartMs = beganMs + deadlineMs - timeoutMs;
  return lookAgain({ clock, store, backend, log, meter, concurrency, timeoutMs, lastStartMs, told }, due);
}
