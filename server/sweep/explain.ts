import type { Acting } from './acting.ts';
import { type Phrases, phrasesOf } from './explain-phrases.ts';
import type { BackendKind, FailureClass, OrphanState, Outcome, Resolution, SecondLook, Why } from './outcome.ts';
import { capitalised, uncapitalised } from './sentence.ts';

/** What the sentence about an orphan is made from. */
export interface Explained {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly state: OrphanState;
  readonly why: Why;
  /** Of a container without a row: two looks far enough apart have missed it. */
  readonly noRowConfirmed: boolean;
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

/** Of the backend, what the sentence depends on. */
export interface ExplainedBackend {
  readonly kind: BackendKind | null;
  /** So far apart two looks must have missed the row of what is then stopped; null: it is reported only. */
  readonly unknownGraceMs: number | null;
}

/** Whether anything is stopped now, and by whom. */
interface Circumstances {
  readonly acting: Acting;
  readonly phrases: Phrases;
  readonly unknownGraceMs: number | null;
}

/**
 * One sentence: why the orphan is still here, and what happens next. No relative time in it: a console renders times
 * from fields.
 */
export function explain(orphan: Explained, acting: Acting, { kind, unknownGraceMs }: ExplainedBackend): string {
  const phrases = phrasesOf(kind);
  switch (orphan.state) {
    case 'cleared':
      return explainCleared(orphan, phrases);
    case 'resolved':
      return explainResolved(orphan.resolution, phrases);
    case 'held':
      return `Held by ${orphan.heldBy ?? 'somebody'} (${orphan.holdReason ?? 'no reason given'}); not stopped until the hold ends.`;
    case 'sweeping':
      return 'Its Stop is under way now.';
    case 'waiting':
    case 'retrying':
    case 'stuck':
      return explainOpen(orphan, { acting, phrases, unknownGraceMs });
  }
}

/** What happens next to an orphan for which nothing else is decided. */
function nextOf({ acting, phrases }: Circumstances): string {
  const { backend, instance, platformBack } = phrases;
  switch (acting) {
    case 'disabled':
      return 'nothing is being stopped for now';
    case 'brake':
      return 'the safety brake is on, and nothing is stopped until a person releases it';
    case 'platform':
      return `nothing is stopped until ${platformBack}`;
    case 'not_known':
      return `nothing is stopped while the ${backend} does not know the ${instance}s of this platform`;
    case 'paused':
      return 'sweeping is paused, and goes on by itself when the pause ends';
    case 'dry_run':
      return 'a dry run lists it and does not stop it';
    case 'control_plane':
      return `it waits for the ${backend}, and heals by itself once that is back`;
    case 'stops':
      return DUE;
  }
}

const DUE = 'the next sweep for which it is due stops it';

function explainCleared({ resolution, secondLook }: Explained, phrases: Phrases): string {
  if (resolution === 'already_gone') return phrases.alreadyGone;
  switch (secondLook) {
    case 'due':
      return phrases.lookDue;
    case 'confirmed':
      return phrases.lookConfirmed;
    case 'unconfirmed':
      return phrases.lookUnconfirmed;
    case 'reappeared':
      return phrases.lookReappeared;
    case null:
      return phrases.accepted;
  }
}

function explainResolved(resolution: Resolution | null, { instance, resolvedExternally }: Phrases): string {
  switch (resolution) {
    case 'external':
      return resolvedExternally;
    case 'restored':
      return `Its workspace was restored with this ${instance}, which is in use again and not an orphan any more.`;
    case 'acknowledged':
      return 'A person has looked at it and acknowledged it.';
    case 'stopped':
    case 'already_gone':
    case null:
      return 'It is not an orphan any more.';
  }
}

function explainOpen(orphan: Explained, now: Circumstances): string {
  const { instance, beingStopped, onlyReported } = now.phrases;
  if (orphan.lastOutcome === 'stopped_live') {
    const name = orphan.workspaceName ?? orphan.workspaceId;
    return `The workspace ${name} was restored while ${beingStopped}, so a live workspace may be without its ${instance}; a person must look, and acknowledge it.`;
  }
  const person = orphan.state === 'stuck' ? ' A person must look.' : '';
  switch (orphan.why) {
    case 'replaced':
      return `Its workspace's row does not name this ${instance} any more; it is never stopped from here, and a person must find out whether it still runs, and acknowledge it.`;
    case 'no_row':
      return now.unknownGraceMs === null
        ? `${UNKNOWN}; it is ${onlyReported}.`
        : `${unknown(orphan, now, now.unknownGraceMs)}.${person}`;
    case 'reappeared':
      return `${reappeared(orphan, now)}.${person}`;
    case 'row_gone':
      return `${rowGone(orphan, now)}.${person}`;
    case 'removed':
      return `${last(orphan, now)}.${person}`;
  }
}

const UNKNOWN = 'It belongs to a workspace that the platform has no row of';

function unknown(orphan: Explained, now: Circumstances, graceMs: number): string {
  if (orphan.lastOutcome !== null) return `${UNKNOWN}: ${uncapitalised(last(orphan, now))}`;
  const missed = `two looks at least ${spelt(graceMs)} apart have missed its row`;
  const due = orphan.noRowConfirmed ? `${missed}, and ${DUE}` : `it is stopped once ${missed}`;
  return `${UNKNOWN}; ${now.acting === 'stops' ? due : nextOf(now)}`;
}

function rowGone(orphan: Explained, now: Circumstances): string {
  const gone = `Its workspace's row is gone from the platform's table, and ${now.phrases.keptByUs}`;
  return orphan.lastOutcome === null ? `${gone}; ${nextOf(now)}` : `${gone}: ${uncapitalised(last(orphan, now))}`;
}

/** One that kept running waits for a look after each further Stop: only that can say that it is gone. */
function reappeared({ secondLook }: Explained, now: Circumstances): string {
  return secondLook === 'due'
    ? 'It was still running after an accepted Stop and was stopped again; the next look says whether it is gone'
    : `A Stop of it was accepted, but it is still running; ${now.acting === 'stops' ? 'the next sweep for which it is due stops it again' : nextOf(now)}`;
}

/** What the last attempt came to, and what follows. */
function last(orphan: Explained, now: Circumstances): string {
  const { lastOutcome } = orphan;
  if (lastOutcome === null) return `${now.phrases.stillThere}; ${nextOf(now)}`;
  const { reason, next } = afterOutcome(orphan, lastOutcome, now.phrases);
  return `${reason}; ${now.acting === 'stops' ? next : nextOf(now)}`;
}

interface Told {
  readonly reason: string;
  /** What follows while sweeps do stop. */
  readonly next: string;
}

function afterOutcome(orphan: Explained, lastOutcome: Outcome, phrases: Phrases): Told {
  switch (lastOutcome) {
    case 'failed':
      return afterFailure(orphan, phrases);
    case 'clear_failed':
      return { reason: capitalised(phrases.notFinished), next: phrases.triedAgain };
    case 'shared':
      return {
        reason: withoutDot(orphan.lastMessage) ?? `${capitalised(phrases.shared)}: not called`,
        next: phrases.sharedNext,
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
      return { reason: phrases.thereAgain, next: DUE };
  }
}

const LESS_OFTEN = 'it is tried again, less and less often';

function afterFailure(orphan: Explained, { backend, instance, credentials }: Phrases): Told {
  const heals = `it is tried again, and heals by itself once the ${backend} is back`;
  const { lastHttpStatus: status, lastMessage } = orphan;
  const times = orphan.attempts === 1 ? '' : ` (attempt ${orphan.attempts})`;
  switch (orphan.lastClass) {
    case 'unreachable':
      return { reason: `The ${backend} could not be reached${times}`, next: heals };
    case 'timeout':
      return { reason: `The ${backend} gave no whole answer in time${times}`, next: heals };
    case 'transient':
      return { reason: `The ${backend} answered ${status ?? 'an error'}${times}`, next: heals };
    case 'throttled':
      return {
        reason: `The ${backend} asked to be called less (${status ?? 'throttled'})${times}`,
        next: 'it is tried again later',
      };
    case 'unauthorized':
      return {
        reason: `The ${backend} did not accept our credentials (${status ?? 401})${times}`,
        next: `it is tried again, and heals once ${credentials}`,
      };
    case 'forbidden':
      return {
        reason: `The ${backend} forbids stopping this ${instance} (${status ?? 403})${times}`,
        next: LESS_OFTEN,
      };
    case 'in_progress':
      return {
        reason: `The ${backend} says that a Stop is already in progress (${status ?? 409})${times}`,
        next: 'it is tried again',
      };
    case 'rejected':
      return {
        reason: `The ${backend} rejected the Stop: ${withoutDot(lastMessage) ?? status ?? 'no reason given'}${times}`,
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

function spelt(ms: number): string {
  const seconds = ms / 1000;
  const [many, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${many} ${unit}${many === 1 ? '' : 's'}`;
}
