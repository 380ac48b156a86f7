import type { Database } from '../db/connect.ts';
import type { Act } from './audit.ts';
import type { Clock } from './clock.ts';
import type { SweepResult } from './outcome.ts';
import type { Begun, ManualRequest, NotQueued, Schedule } from './schedule.ts';
import { readSweep } from './sweep-list.ts';

export interface OnceDeps {
  readonly clock: Clock;
  readonly home: Database;
  readonly tenant: string;
  readonly schedule: Schedule;
  /** Runs one sweep that has begun, to its end. `takenMs`: monotonic, from before its lease was taken. */
  readonly run: (begun: Begun, takenMs: number, told: AbortSignal) => Promise<unknown>;
  /** A sweep ended: housekeeping. */
  readonly afterSweep: () => Promise<void>;
}

export interface Once {
  /** The sweep that was asked for, or joined. */
  readonly sweepId: string;
  /** An equal one was queued or running already. */
  readonly joined: boolean;
  /** Another replica ran it. */
  readonly elsewhere: boolean;
}

/** How often is asked whether it is our turn, or whether another replica has ended it. */
const LOOK_EVERY_MS = 500;

/**
 * One sweep that a person asked for, by a process without a loop: queued like every other, run here as soon as the lease
 * is free, or by whichever replica gets it first. Resolves when it has ended. Once `told` aborts, one that runs here ends
 * before its next Stop, one that nobody has begun is cancelled, and one that another replica runs is left to it.
 *
 * @throws when the home database fails
 */
export async function sweepOnce(
  deps: OnceDeps,
  request: ManualRequest,
  act: Act,
  told: AbortSignal,
): Promise<Once | NotQueued> {
  for (;;) {
    const asked = await deps.schedule.enqueue(request, act);
    if (asked.kind === 'brake_latched' || asked.kind === 'mismatch') return asked;
    const { sweepId, kind } = asked;
    const came = await runOrWait(deps, request, sweepId, told);
    if (came === 'abandoned') continue;
    if (came === 'told' && kind === 'queued' && (await resultOf(deps, sweepId)) === 'queued') {
      await deps.schedule.cancel(sweepId, act);
    }
    return { sweepId, joined: kind === 'joined', elsewhere: came !== 'here' };
  }
}

/** `abandoned`: whoever ran it has died, and asking again writes that down. */
type Came = 'here' | 'elsewhere' | 'told' | 'abandoned';

async function runOrWait(deps: OnceDeps, request: ManualRequest, sweepId: string, told: AbortSignal): Promise<Came> {
  const { clock, schedule } = deps;
  while (!told.aborted) {
    const takenMs = clock.monotonicMs();
    const begun = await schedule.beginQueued();
    if (begun !== null) {
      // Those that were queued before come first, as for every replica.
      await deps.run(begun, takenMs, told);
      await deps.afterSweep();
      if (begun.sweepId === sweepId) return 'here';
      continue;
    }
    const equal = await schedule.findEqual(request);
    if (hasEnded(await resultOf(deps, sweepId))) return 'elsewhere';
    if (equal === null) return 'abandoned';
    await clock.delay(LOOK_EVERY_MS, told);
  }
  return 'told';
}

/** Null: the sweep is not kept any more. */
async function resultOf({ home, tenant }: OnceDeps, sweepId: string): Promise<SweepResult | null> {
  return (await readSweep(home, tenant, sweepId))?.result ?? null;
}

function hasEnded(result: SweepResult | null): boolean {
  return result !== 'queued' && result !== 'running';
}
