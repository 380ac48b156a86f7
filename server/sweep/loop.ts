import type { Clock } from './clock.ts';
import type { Repeats } from './log.ts';
import type { Begun, Schedule } from './schedule.ts';

export interface LoopDeps {
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly repeats: Repeats;
  readonly intervalMs: number;
  /** Runs one sweep that has begun. `takenMs`: monotonic, from before its lease was taken. */
  readonly run: (begun: Begun, takenMs: number, told: AbortSignal) => Promise<unknown>;
  /** A sweep ended: housekeeping that must not run beside one. */
  readonly afterSweep: () => Promise<void>;
}

/** When to sweep: at boot, then one interval after the end of the last, and at once when a person asks. */
export interface Loop {
  start(): void;
  /** Looks for queued sweeps now instead of within a second. */
  wake(): void;
  /** No sweep starts any more; resolves when the one under way has ended. */
  stop(): Promise<void>;
  /** Milliseconds until this replica's next tick; null before the loop runs, and during a sweep. */
  nextTickInMs(): number | null;
}

/** How often every replica looks for queued sweeps. */
const LOOK_EVERY_MS = 1_000;

/** One sweep at a time, by construction: nothing here runs beside anything. No error ends it; only `stop` does. */
export function createLoop({ clock, schedule, repeats, intervalMs, run, afterSweep }: LoopDeps): Loop {
  const told = new AbortController();
  let woken = new AbortController();
  let trigger: 'boot' | 'interval' = 'boot';
  let nextTickMs = Number.NEGATIVE_INFINITY;
  let sweeping = false;
  let running: Promise<void> | null = null;

  const runSweep = async (begun: Begun, takenMs: number): Promise<void> => {
    sweeping = true;
    try {
      await run(begun, takenMs, told.signal);
      await afterSweep();
    } finally {
      sweeping = false;
    }
  };

  const runTick = async (): Promise<void> => {
    const takenMs = clock.monotonicMs();
    nextTickMs = takenMs + intervalMs;
    const tick = await schedule.tick(trigger);
    if (tick.kind === 'taken') {
      // The holder may be dead: then its lease ends by itself, and nobody should wait an interval longer.
      nextTickMs = clock.monotonicMs() + Math.min(intervalMs, tick.retryMs + 50);
      return;
    }
    trigger = 'interval';
    if (tick.kind === 'begun') await runSweep(tick, takenMs).finally(scheduleNext);
  };
  const scheduleNext = (): void => {
    nextTickMs = clock.monotonicMs() + intervalMs;
  };

  const turn = async (): Promise<void> => {
    const takenMs = clock.monotonicMs();
    // Made before the look, so that a call to wake during the look ends the rest that follows it.
    woken = new AbortController();
    const queued = await schedule.beginQueued();
    if (queued !== null) await runSweep(queued, takenMs);
    else if (clock.monotonicMs() >= nextTickMs) await runTick();
    else await rest();
  };

  const rest = async (): Promise<void> => {
    const untilTickMs = Math.max(0, nextTickMs - clock.monotonicMs());
    await clock.delay(Math.min(LOOK_EVERY_MS, untilTickMs), woken.signal);
  };

  const turnForEver = async (): Promise<void> => {
    while (!told.signal.aborted) {
      try {
        await turn();
        repeats.tellDue();
        repeats.works('loop', 'Sweeping works again');
      } catch (error) {
        // While a database is away this comes round every second.
        repeats.fails('loop', 'error', error, 'A sweep or its housekeeping could not run; tried again as planned');
        await clock.delay(LOOK_EVERY_MS, told.signal);
      }
    }
  };

  return {
    start() {
      running ??= turnForEver();
    },
    wake: () => woken.abort(),
    async stop() {
      told.abort();
      woken.abort();
      await running;
    },
    nextTickInMs: () =>
      running === null || sweeping ? null : Math.max(0, Math.min(nextTickMs - clock.monotonicMs(), intervalMs)),
  };
}
