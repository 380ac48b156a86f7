import type { StopAnswer, StopFailure } from '../backends/backend.ts';
import type { ClaimedOrphan } from './claim.ts';
import type { Clock } from './clock.ts';
import { concludeVanished, judgeFault, mayStop, settle } from './decide.ts';
import type { Consequence, Ending } from './finish.ts';
import type { RightOfWay } from './give-way.ts';
import { type Lease, STOP_MARGIN_MS } from './lease.ts';
import type { FailureClass, Fault, Outcome } from './outcome.ts';
import { createPassage, type Halt, TOO_SLOW } from './passage.ts';
import type { Platform, Target } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';
import { RECHECK_VALID_MS, type Rechecked } from './recheck.ts';
import type { Stopper } from './stopper.ts';
import type { SweepStore } from './store.ts';

/** How an attempt ended, and which one it was. */
export interface Ended extends Ending {
  /** The name under which the control plane was asked, too; null: one of a dry run. */
  readonly attemptId: string | null;
}

/** What a dry attempt needs of its sweep. */
export interface DryDeps {
  readonly clock: Clock;
  readonly store: SweepStore;
  readonly recheck: (target: Target) => Promise<Rechecked>;
  /** Monotonic: no Stop starts later. */
  readonly lastStartMs: number;
  /** No Stop starts any more. */
  readonly told: AbortSignal;
}

/** What one attempt needs of its sweep. */
export interface AttemptDeps extends DryDeps {
  readonly platform: Platform;
  readonly stopper: Stopper;
  readonly lease: Lease;
  readonly random: () => number;
  readonly intervalMs: number;
  readonly secondLookMs: number;
  /** Told of the answer to a Stop as soon as it has come, and judges whose fault a failure was. See tally.ts. */
  readonly answer: (orphanId: string, failure: StopFailure | 'cut' | null) => Fault | null;
  /** An id is cleared after the next Stops have been sent: they wait for an answer, and it does not. */
  readonly rightOfWay: RightOfWay;
}

/**
 * One attempt: written first, then recheck, Stop, clear, and finished.
 *
 * @returns null or `refused` when it was deferred: no attempt exists, and the orphan keeps its place. `refused`: by the
 *   home database, for what has come since the claim
 * @throws only when the home database fails; then the attempt stays open until its claim runs out
 */
export function attemptStop(deps: AttemptDeps, orphan: ClaimedOrphan): Promise<Ended | 'refused' | null> {
  return deps.rightOfWay.first((sent) => attempt(deps, orphan, sent));
}

async function attempt(deps: AttemptDeps, orphan: ClaimedOrphan, sent: () => void): Promise<Ended | 'refused' | null> {
  if (!(await mayStart(deps))) return null;
  const attemptId = await deps.store.start(orphan);
  if (attemptId === null) return 'refused';
  const { ending, rechecked } = await recheckAndStop(deps, orphan, attemptId, sent);
  await deps.store.finish(attemptId, orphan, ending, consequenceOf(deps, orphan, ending, rechecked));
  return { ...ending, attemptId };
}

/**
 * Everything up to the recheck, and what would have followed.
 *
 * @param nextAttemptMs moves the orphan's place; null leaves it
 */
export async function attemptDry(
  deps: DryDeps,
  orphan: ClaimedOrphan,
  nextAttemptMs: number | null,
): Promise<Ended | null> {
  if (deps.told.aborted || deps.clock.monotonicMs() > deps.lastStartMs) return null;
  const judged = await recheckOnce(deps, orphan);
  const ending: Ending = judged.kind === 'ended' ? judged.ending : notCalled('would_stop', null, null);
  await deps.store.note(orphan, ending, nextAttemptMs);
  return { ...ending, attemptId: null };
}

async function mayStart({ clock, lease, lastStartMs, stopper, told }: AttemptDeps): Promise<boolean> {
  return !told.aborted && clock.monotonicMs() <= lastStartMs && (await lease.lasts(stopper.timeoutMs + STOP_MARGIN_MS));
}

async function recheckAndStop(deps: AttemptDeps, orphan: ClaimedOrphan, attemptId: string, sent: () => void) {
  const judged = await recheckOnce(deps, orphan);
  if (judged.kind === 'ended') return judged;
  // The database may have been slow, or this process frozen, since the attempt was written.
  const refusal = await refusalToCall(deps);
  if (refusal !== null) return { ending: notCalled('interrupted', null, refusal), rechecked: judged.rechecked };
  if (deps.clock.monotonicMs() - judged.rechecked.askedMs >= RECHECK_VALID_MS) {
    return { ending: TOO_SLOW, rechecked: judged.rechecked };
  }
  const passage = passageOf(deps, orphan, judged.rechecked);
  const answering = deps.stopper.stop(orphan, attemptId, passage.steps);
  sent();
  const answer = await answering;
  if (answer.kind === 'halted') return answer.taken ? halfDone(deps, orphan, passage.halt()) : passage.halt();
  return { ending: await afterAnswer(deps, orphan, answer), rechecked: judged.rechecked };
}

function passageOf(deps: AttemptDeps, orphan: ClaimedOrphan, before: Rechecked) {
  return createPassage(
    {
      clock: deps.clock,
      platform: deps.platform,
      steps: {
        left: () => deps.store.stepsLeft(orphan.orphanId),
        plan: (steps) => deps.store.planSteps(orphan.orphanId, steps),
        done: (step) => deps.store.stepDone(orphan.orphanId, step),
      },
      refusal: async () => {
        const refusal = await refusalToGoOn(deps);
        return refusal === null ? null : notCalled('interrupted', null, refusal);
      },
      judge: (rechecked) => {
        const judged = judge(orphan, rechecked);
        return judged.kind === 'ended' ? judged.ending : null;
      },
      faultOf,
    },
    orphan,
    before,
  );
}

/** Something of it has been removed, and then the recheck before the next step said no. */
function halfDone({ answer }: AttemptDeps, orphan: ClaimedOrphan, { ending, rechecked }: Halt): Halt {
  answer(orphan.orphanId, null);
  if (ending.outcome !== 'superseded') return { ending: { ...ending, called: true }, rechecked };
  const lives = rechecked?.row?.removed === false;
  const outcome = lives ? 'stopped_live' : 'failed';
  const failure = lives ? null : 'platform';
  const message = lives ? RESTORED_MEANWHILE : CHANGED_MEANWHILE;
  return { ending: { ...notCalled(outcome, failure, message), called: true }, rechecked };
}

const RESTORED_MEANWHILE = 'The workspace was restored while its container was being removed: its volumes were kept.';
const CHANGED_MEANWHILE =
  'The row of the workspace changed while its container was being removed: its volumes were kept.';

async function refusalToCall(deps: AttemptDeps): Promise<string | null> {
  const refusal = await refusalToGoOn(deps);
  if (refusal !== null) return refusal;
  return deps.clock.monotonicMs() > deps.lastStartMs ? 'The deadline came before the Stop was sent: not called.' : null;
}

/** The deadline cuts no Stop that has begun: that ends by its own time. */
async function refusalToGoOn({ lease, stopper, told }: AttemptDeps): Promise<string | null> {
  if (!(await lease.lasts(stopper.timeoutMs + STOP_MARGIN_MS)))
    return 'The lease ran out before the Stop was sent: not called.';
  if (told.aborted) return 'The process was told to stop before the Stop was sent: not called.';
  return null;
}

const NOT_CLEARED = "The platform's database accepted the update that clears the id, but the row still has it.";

const TABLE_EMPTY = "The platform's table holds no row at all, so a row that is not there proves nothing: not called.";

type Judged =
  | { readonly kind: 'go'; readonly rechecked: Rechecked }
  | { readonly kind: 'ended'; readonly ending: Ending; readonly rechecked: Rechecked | null };

/** Reads own row and live rows; asks once more when the first answer came too late to be used. */
async function recheckOnce(deps: DryDeps, orphan: ClaimedOrphan): Promise<Judged> {
  try {
    let rechecked = await deps.recheck(orphan);
    if (deps.clock.monotonicMs() - rechecked.askedMs >= RECHECK_VALID_MS) rechecked = await deps.recheck(orphan);
    return judge(orphan, rechecked);
  } catch (error) {
    return { kind: 'ended', ending: faultOf(error), rechecked: null };
  }
}

function faultOf(error: unknown): Ending {
  if (!(error instanceof PlatformFault)) throw error;
  return notCalled('failed', 'platform', error.message);
}

function judge(orphan: ClaimedOrphan, rechecked: Rechecked): Judged {
  const { row, live, tableEmpty } = rechecked;
  if (row === undefined && tableEmpty && orphan.why !== 'removed') {
    return { kind: 'ended', ending: notCalled('failed', 'platform', TABLE_EMPTY), rechecked };
  }
  if (!mayStop(orphan, row)) {
    return { kind: 'ended', ending: notCalled('superseded', null, null), rechecked };
  }
  if (live !== undefined) {
    const name = live.workspaceName === null ? live.workspaceId : `${live.workspaceName} (${live.workspaceId})`;
    const message = live.ambiguous
      ? `The container's name fits the workspace ${name}, too: not called.`
      : `The live workspace ${name} names the same instance: not called.`;
    return { kind: 'ended', ending: notCalled('shared', null, message), rechecked };
  }
  return { kind: 'go', rechecked };
}

function notCalled(outcome: Outcome, failure: FailureClass | null, message: string | null): Ending {
  const fault = failure === null ? null : judgeFault(failure, false);
  return { outcome, class: failure, fault, httpStatus: null, message, called: false };
}

async function afterAnswer(
  deps: AttemptDeps,
  orphan: ClaimedOrphan,
  answer: Exclude<StopAnswer, { kind: 'halted' }>,
): Promise<Ending> {
  const { httpStatus } = answer;
  if (answer.kind !== 'failed') {
    deps.answer(orphan.orphanId, null);
    await deps.rightOfWay.giveWay();
    return { ...(await clear(deps, orphan, answer.kind)), httpStatus, called: true };
  }
  if (deps.stopper.wasCut()) {
    deps.answer(orphan.orphanId, 'cut');
    const message = 'The process was told to stop during the Stop.';
    return { outcome: 'interrupted', class: null, fault: null, httpStatus, message, called: true };
  }
  const { class: failureClass, message } = answer;
  const fault = deps.answer(orphan.orphanId, answer);
  return { outcome: 'failed', class: failureClass, fault, httpStatus, message, called: true };
}

async function clear(
  { platform }: AttemptDeps,
  orphan: ClaimedOrphan,
  answer: 'accepted' | 'gone',
): Promise<Pick<Ending, 'outcome' | 'class' | 'fault' | 'message'>> {
  try {
    const cleared = await platform.clear(orphan);
    if (cleared === 'kept') return notCleared(NOT_CLEARED);
    // One that is gone while its workspace lives may be gone because of us.
    const ours =
      answer === 'accepted' ||
      orphan.lastOutcome === 'interrupted' ||
      orphan.mayBeStopped ||
      orphan.why === 'reappeared';
    if (answer === 'gone' && !(cleared === 'live' && ours)) {
      return { outcome: 'already_gone', class: null, fault: null, message: null };
    }
    const outcome = cleared === 'live' ? 'stopped_live' : 'stopped';
    const message = cleared === 'live' ? 'The workspace was restored while its instance was being stopped.' : null;
    return { outcome, class: null, fault: null, message };
  } catch (error) {
    if (!(error instanceof PlatformFault)) throw error;
    return notCleared(error.message);
  }
}

function notCleared(message: string): Pick<Ending, 'outcome' | 'class' | 'fault' | 'message'> {
  return { outcome: 'clear_failed', class: 'platform', fault: judgeFault('platform', true), message };
}

function consequenceOf(
  { intervalMs, secondLookMs, random }: AttemptDeps,
  orphan: ClaimedOrphan,
  { outcome, fault, called }: Ending,
  rechecked: Rechecked | null,
): Consequence {
  if (outcome === 'interrupted' && !called) return { kind: 'postponed', nextAttemptMs: intervalMs };
  if (outcome === 'superseded' || outcome === 'would_stop') {
    return { kind: 'concluded', conclusion: concludeVanished(orphan, rechecked?.row) };
  }
  const { failures, why } = orphan;
  const by = { intervalMs, secondLookMs, random: random() };
  return { kind: 'settled', settlement: settle({ outcome, fault, failures, why }, by) };
}
