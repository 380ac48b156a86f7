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

/** Whether sweeps stop anything at all: what happens next depends on it. */
export type Acting = 'stops' | 'dry_run' | 'disabled';

const NEXT: Readonly<Record<Acting, string>> = {
  stops: 'the next sweep for which it is due stops it',
  dry_run: 'a dry run lists it and does not stop it',
  disabled: 'nothing is being stopped for now',
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
  return secondLook === 'unconfirmed'
    ? 'Its id was cleared after a Stop whose answer was lost; that the instance terminated is not confirmed.'
    : 'The control plane accepted the Stop and its id was cleared.';
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
    return `The workspace ${name} was restored while its instance was being stopped, so a live workspace may be without its instance; a person must look.`;
  }
  switch (orphan.why) {
    case 'row_gone':
      return "Its workspace's row is gone from the platform's table; the instance is kept here by its id, and a person must find out whether it still runs.";
    case 'replaced':
      return "Its workspace's row does not name this instance any more; it is never stopped from here, and a person must find out whether it still runs.";
    case 'reappeared':
      return 'A Stop was accepted, but the instance is still running; it is stopped again, and a person must look.';
    case 'no_row':
      return 'It belongs to a workspace that the platform has no row of; it is reported and not stopped.';
    case 'removed':
      return orphan.lastOutcome === null
        ? `Its workspace is removed and still carries the instance id; ${NEXT[acting]}.`
        : `${explainLast(orphan, orphan.lastOutcome)}.${orphan.state === 'stuck' ? ' A person must look.' : ''}`;
  }
}

function explainLast(orphan: Explained, lastOutcome: Outcome): string {
  switch (lastOutcome) {
    case 'failed':
      return explainFailed(orphan);
    case 'clear_failed':
      return `The Stop was accepted, but the platform's database did not clear the id; both are tried again (stopping twice is harmless)`;
    case 'shared':
      return `${withoutDot(orphan.lastMessage) ?? 'A live workspace names the same instance: not called'}; it is tried again and stopped once no live workspace names it`;
    case 'interrupted':
      return 'The last attempt was cut off, so its answer is unknown; it is tried again (stopping twice is harmless)';
    case 'superseded':
      return 'Its row changed just before the Stop, which was not sent; it is tried again';
    case 'would_stop':
    case 'stopped':
    case 'already_gone':
    case 'stopped_live':
      return 'Its workspace is removed and carries the instance id again; the next sweep for which it is due stops it';
  }
}

const HEALS = 'it is tried again, and heals by itself once the control plane is back';

function explainFailed(orphan: Explained): string {
  const { lastHttpStatus: status } = orphan;
  const times = orphan.attempts === 1 ? '' : ` (attempt ${orphan.attempts})`;
  switch (orphan.lastClass) {
    case 'unreachable':
      return `The control plane could not be reached${times}; ${HEALS}`;
    case 'timeout':
      return `The control plane gave no whole answer in time${times}; ${HEALS}`;
    case 'transient':
      return `The control plane answered ${status ?? 'an error'}${times}; ${HEALS}`;
    case 'throttled':
      return `The control plane asked to be called less (${status ?? 'throttled'})${times}; it is tried again later`;
    case 'unauthorized':
      return `The control plane did not accept our credentials (${status ?? 401})${times}; it is tried again, and heals once CONTROL_PLANE_SHARED_SECRET and CONTROL_PLANE_ADMIN_TOKEN are right`;
    case 'forbidden':
      return `The control plane forbids stopping this instance (${status ?? 403})${times}; it is tried again, less and less often`;
    case 'in_progress':
      return `The control plane says that a Stop is already in progress (${status ?? 409})${times}; it is tried again`;
    case 'rejected':
      return `The control plane rejected the Stop: ${withoutDot(orphan.lastMessage) ?? status ?? 'no reason given'}${times}; it is tried again, less and less often`;
    case 'platform':
      return `The platform's database could not be asked whether the workspace is still removed${times}, so the Stop was not sent; it is tried again`;
    case null:
      return `The last attempt failed${times}; it is tried again`;
  }
}

function withoutDot(message: string | null): string | null {
  return message === null ? null : message.replace(/\.+$/, '');
}
