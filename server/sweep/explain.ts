import type { Acting } from './acting.ts';
import type { FailureClass, OrphanState, Outcome, Resolution, SecondLook, Why } from './outcome.ts';

/** What the sentence about an orphan is made from. */
export interface Explained {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly state: OrphanState;
  readonly why: Why;
  readonly attempts: number;
  readonly failures: number;
  readonly lastOutcome: Outcome | null;
  readonly lastClass: FailureClass | null;
  readonly lastMessage: string | null;
  readonly lastHttpStatus: number | null;
  readonly heldBy: string | null;
  readonly holdReason: string | null;
  readonly resolution: Resolution | null;
  readonly secondLook: SecondLook | null;
}

/** What happens next to an orphan for which nothing else is decided. */
const NEXT: Readonly<Record<Acting, string>> = {
  disabled: 'nothing is being stopped for now',
  brake: 'the safety brake is on, and nothing is stopped until a person releases it',
  platform: "nothing is stopped until the platform's database can be asked and written again",
  not_known: 'nothing is stopped while the control plane does not know the instances of this platform',
  paused: 'sweeping is paused, and goes on by itself when the pause ends',
  dry_run: 'a dry run lists it and does not stop it',
  control_plane: 'it waits for the control plane, and heals by itself once that is back',
  stops: 'the next sweep for which it is due stops it',
};

/**
 * One sentence: why the orphan is still here, and what happens next. No relative time in it: a console renders times
 * from fields.
 */
export function explain(orphan: Explained, acting: Acting): string {
  switch (orphan.state) {
    case 'cleared':
      return explainCleared(orphan);
    case 'resolved':
      return explainResolved(orphan.resolution);
    case 'held':
      return `Held by ${orphan.heldBy ?? 'somebody'} (${orphan.holdReason ?? 'no reason given'}); not stopped until the hold ends.`;
    case 'sweeping':
      return 'Its Stop is under way now.';
    case 'waiting':
    case 'retrying':
    case 'stuck':
      return explainOpen(orphan, acting);
  }
}

function explainCleared({ resolution, secondLook }: Explained): string {
  if (resolution === 'already_gone') {
    return 'The control plane said that the instance does not exist any more, so its id was cleared.';
  }
  switch (secondLook) {
    case 'due':
      return 'The control plane accepted the Stop and its id was cleared; whether the instance is really gone is still to be looked at.';
    case 'confirmed':
      return 'The control plane accepted the Stop, its id was cleared, and a second look found the instance gone.';
    case 'unconfirmed':
      return 'Its id was cleared after a Stop; that the instance terminated could not be confirmed.';
    case 'reappeared':
      return 'Its id was cleared after a Stop, but a second look found the instance still running; it is listed anew.';
    case null:
      return 'The control plane accepted the Stop and its id was cleared.';
  }
}

function explainResolved(resolution: Resolution | null): string {
  switch (resolution) {
    case 'external':
      return 'The platform took the instance id off the removed workspace itself; nothing was left to stop.';
    case 'restored':
      return 'Its workspace was restored with this instance, which is in use again and not an orphan any more.';
    case 'acknowledged':
      return 'A person has looked at it and acknowledged it.';
    case 'stopped':
    case 'already_gone':
    case null:
      return 'It is not an orphan any more.';
  }
}

function explainOpen(orphan: Explained, acting: Acting): string {
  if (orphan.lastOutcome === 'stopped_live') {
    const name = orphan.workspaceName ?? orphan.workspaceId;
    return `The workspace ${name} was restored while its instance was being stopped, so a live workspace may be without its instance; a person must look, and acknowledge it.`;
  }
  const person = orphan.state === 'stuck' ? ' A person must look.' : '';
  switch (orphan.why) {
    case 'replaced':
      return "Its workspace's row does not name this instance any more; it is never stopped from here, and a person must find out whether it still runs, and acknowledge it.";
    case 'no_row':
      return 'It belongs to a workspace that the platform has no row of; it is reported and not stopped.';
    case 'reappeared':
      return `${reappeared(orphan, acting)}.${person}`;
    case 'row_gone':
      return `${rowGone(orphan, acting)}.${person}`;
    case 'removed':
      return `${last(orphan, acting)}.${person}`;
  }
}

function rowGone(orphan: Explained, acting: Acting): string {
  const gone = "Its workspace's row is gone from the platform's table, and its instance is kept here by its id";
  if (orphan.lastOutcome === null) return `${gone}; ${NEXT[acting]}`;
  const sentence = last(orphan, acting);
  return `${gone}: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}

/** One that kept running waits for a look after each further Stop: only that can say that it is gone. */
function reappeared({ secondLook }: Explained, acting: Acting): string {
  return secondLook === 'due'
    ? 'It was still running after an accepted Stop and was stopped again; the next look says whether it is gone'
    : `A Stop of it was accepted, but it is still running; ${acting === 'stops' ? 'the next sweep for which it is due stops it again' : NEXT[acting]}`;
}

/** What the last attempt came to, and what follows. */
function last(orphan: Explained, acting: Acting): string {
  const { lastOutcome } = orphan;
  if (lastOutcome === null) return `Its workspace is removed and still carries the instance id; ${NEXT[acting]}`;
  const { reason, next } = afterOutcome(orphan, lastOutcome);
  return `${reason}; ${acting === 'stops' ? next : NEXT[acting]}`;
}

interface Told {
  readonly reason: string;
  /** What follows while sweeps do stop. */
  readonly next: string;
}

function afterOutcome(orphan: Explained, lastOutcome: Outcome): Told {
  switch (lastOutcome) {
    case 'failed':
      return afterFailure(orphan);
    case 'clear_failed':
      return {
        reason: "The Stop was accepted, but the platform's database did not clear the id",
        next: 'both are tried again (stopping twice is harmless)',
      };
    case 'shared':
      return {
        reason: withoutDot(orphan.lastMessage) ?? 'A live workspace names the same instance: not called',
        next: 'it is tried again and stopped once no live workspace names it',
      };
    case 'interrupted':
      return {
        reason: 'The last attempt was cut off, so its answer is unknown',
        next: 'it is tried again (stopping twice is harmless)',
      };
    case 'superseded':
      return { reason: 'Its row changed just before the Stop, which was not sent', next: 'it is tried again' };
    case 'would_stop':
    case 'stopped':
    case 'already_gone':
    case 'stopped_live':
      return { reason: 'Its workspace is removed and carries the instance id again', next: NEXT.stops };
  }
}

const HEALS = 'it is tried again, and heals by itself once the control plane is back';
const LESS_OFTEN = 'it is tried again, less and less often';

function afterFailure(orphan: Explained): Told {
  const { lastHttpStatus: status, lastMessage } = orphan;
  const times = orphan.attempts === 1 ? '' : ` (attempt ${orphan.attempts})`;
  switch (orphan.lastClass) {
    case 'unreachable':
      return { reason: `The control plane could not be reached${times}`, next: HEALS };
    case 'timeout':
      return { reason: `The control plane gave no whole answer in time${times}`, next: HEALS };
    case 'transient':
      return { reason: `The control plane answered ${status ?? 'an error'}${times}`, next: HEALS };
    case 'throttled':
      return {
        reason: `The control plane asked to be called less (${status ?? 'throttled'})${times}`,
        next: 'it is tried again later',
      };
    case 'unauthorized':
      return {
        reason: `The control plane did not accept our credentials (${status ?? 401})${times}`,
        next: 'it is tried again, and heals once CONTROL_PLANE_SHARED_SECRET and CONTROL_PLANE_ADMIN_TOKEN are right',
      };
    case 'forbidden':
      return {
        reason: `The control plane forbids stopping this instance (${status ?? 403})${times}`,
        next: LESS_OFTEN,
      };
    case 'in_progress':
      return {
        reason: `The control plane says that a Stop is already in progress (${status ?? 409})${times}`,
        next: 'it is tried again',
      };
    case 'rejected':
      return {
        reason: `The control plane rejected the Stop: ${withoutDot(lastMessage) ?? status ?? 'no reason given'}${times}`,
        next: LESS_OFTEN,
      };
    case 'platform':
      return {
        reason: `The platform's database could not be asked whether the workspace is still removed${times}, so the Stop was not sent`,
        next: 'it is tried again',
      };
    case null:
      return { reason: `The last attempt failed${times}`, next: 'it is tried again' };
  }
}

function withoutDot(message: string | null): string | null {
  return message === null ? null : message.replace(/\.+$/, '');
}
