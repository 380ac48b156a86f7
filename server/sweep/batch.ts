import { setMaxListeners } from 'node:events';
import { type AttemptDeps, attemptDry, attemptStop, type DryDeps, type Ended } from './attempt.ts';
import type { Breaker } from './breaker.ts';
import type { ClaimedOrphan } from './claim.ts';
import { goesAlone, mayBegin } from './decide.ts';
import { refusalOf } from './gate.ts';
import { createRightOfWay } from './give-way.ts';
import type { Lease } from './lease.ts';
import { createRechecker } from './recheck.ts';
import { createStopper } from './stopper.ts';
import type { SweepDeps, SweepOrder } from './sweep.ts';
import { logAttempt } from './sweep-lines.ts';
import type { Tally } from './tally.ts';

/** Those in flight get this long when the process is told to stop. */
const LAST_ANSWERS_MS = 5_000;

/** What orphans that were claimed together have in common. */
export interface Batch {
  readonly order: SweepOrder;
  readonly lease: Lease;
  readonly told: AbortSignal;
  /** Monotonic: its deadline counts from here. */
  readonly beganMs: number;
  readonly breaker: Breaker;
  readonly tally: Tally;
  /** One orphan, to find out whether the control plane is back. */
  readonly probing: boolean;
}

/** Attempts them in order: slow start, then as many at once as allowed, until none is left or something says no. */
export async function attemptBatch(deps: SweepDeps, of: Batch, claimed: readonly ClaimedOrphan[]): Promise<void> {
  const { settings, clock, meter } = deps;
  const { tally, breaker, probing } = of;
  const { dryRun } = of.order;
  const queue = dryRun ? [...claimed] : suspectsLast(claimed);
  const cut = new AbortController();
  // Every Stop listens, and a width above ten is nothing to be warned of.
  setMaxListeners(0, cut.signal);
  const attempt = prepare(deps, of, [...queue], { cut: cut.signal, answer: tally.answer });
  const lastAnswers = (): void => {
    void clock.delay(LAST_ANSWERS_MS, cut.signal).then(() => cut.abort());
  };
  of.told.addEventListener('abort', lastAnswers);
  const watchGate = createGateWatch(deps, of);
  const run = async (orphan: ClaimedOrphan): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const end = await attempt(orphan);
    if (end === 'refused') await watchGate();
    const ended = end === 'refused' ? null : end;
    tally.end(ended);
    if (ended === null) return;
    meter.attempted(ended, clock.monotonicMs() - startedMs);
    logAttempt(deps, of.order.sweepId, orphan, ended);
  };
  const attempts: Promise<void>[] = [];
  try {
    while (queue.length > 0 && !of.told.aborted && tally.reasonToEnd === null) {
      const pace = tally.pace();
      const busy = pace.inFlight + pace.finishing > 0;
      const waits = busy && !dryRun && queue[0] !== undefined && goesAlone(queue[0]);
      const mayGoOn = dryRun || probing || !breaker.open;
      if (mayGoOn && !waits && mayBegin({ ...pace, answered: dryRun || pace.answered }, settings.concurrency) > 0) {
        const orphan = queue.shift();
        if (orphan === undefined) break;
        tally.begin();
        attempts.push(run(orphan).catch(tally.fail));
      } else if (busy) await tally.change();
      else break;
    }
    await Promise.all(attempts);
  } finally {
    of.told.removeEventListener('abort', lastAnswers);
    cut.abort();
  }
}

/** Those that may bring the process down go when all others are safely written down, one at a time. */
function suspectsLast(claimed: readonly ClaimedOrphan[]): ClaimedOrphan[] {
  return [...claimed.filter((orphan) => !goesAlone(orphan)), ...claimed.filter(goesAlone)];
}

/** One that was refused may be held, or the whole sweep may have been paused, braked or cancelled: then it ends. */
function createGateWatch({ store, backend }: SweepDeps, { order, tally }: Batch): () => Promise<void> {
  let watching: Promise<void> | null = null;
  const watch = async (): Promise<void> => {
    const gate = await store.gate();
    const refusal = refusalOf(gate, {
      byHand: order.trigger === 'manual',
      dryRun: order.dryRun,
      kind: backend?.kind ?? null,
    });
    if (refusal !== null) tally.endFor(refusal, gate.cancelled);
  };
  return () => {
    watching ??= watch().finally(() => {
      watching = null;
    });
    return watching;
  };
}

function prepare(
  deps: SweepDeps,
  { order, lease, told, beganMs }: Batch,
  claimed: readonly ClaimedOrphan[],
  live: { readonly cut: AbortSignal } & Pick<AttemptDeps, 'answer'>,
): (orphan: ClaimedOrphan) => Promise<Ended | 'refused' | null> {
  const { clock, store, platform, backend, random, settings } = deps;
  const { intervalMs, stopTimeoutMs, deadlineMs, secondLookMs } = settings;
  const recheck = createRechecker(clock, platform, claimed);
  const dry: DryDeps = { clock, store, recheck, lastStartMs: beganMs + deadlineMs - stopTimeoutMs, told };
  // Asked for by a person, a dry run moves nothing; under SWEEP_DRY_RUN all get shown in turn.
  if (order.dryRun) return (orphan) => attemptDry(dry, orphan, order.trigger === 'manual' ? null : intervalMs);
  if (backend === null) throw new TypeError('a sweep without a backend is disabled, and says so');
  const stopper = createStopper(backend, clock, stopTimeoutMs, live.cut);
  const rightOfWay = createRightOfWay();
  const { answer } = live;
  const times = { intervalMs, secondLookMs };
  const stopping: AttemptDeps = { ...dry, ...times, platform, lease, random, stopper, answer, rightOfWay };
  return (orphan) => attemptStop(stopping, orphan);
}
