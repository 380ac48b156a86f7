import type { Status } from '../../../server/api/status.ts';
import type { Connection } from './connection.ts';
import { count, number } from './count.ts';
import { duration } from './duration.ts';
import { moment, type Zone } from './moment.ts';

export const VERDICT_KINDS = [
  'signed_out',
  'not_answering',
  'checking',
  'home_unreadable',
  'disabled',
  'late',
  'platform_failing',
  'dry_run',
  'control_plane_failing',
  'stuck',
  'retrying',
  'waiting',
  'held',
  'clear',
  'unknown',
] as const;
export type VerdictKind = (typeof VERDICT_KINDS)[number];

/** bad: needs a person now. warn: heals by itself. info: as intended. ok: nothing leaks. unknown: cannot be said. */
export type Tone = 'bad' | 'warn' | 'info' | 'ok' | 'unknown';

/** What one can press. */
export type Action =
  | { readonly kind: 'reload' | 'sign_in' | 'settings'; readonly label: string }
  | { readonly kind: 'runbook'; readonly label: string; readonly about: VerdictKind }
  | { readonly kind: 'show'; readonly label: string; readonly state: 'stuck' | 'held' | null }
  | { readonly kind: 'sweep'; readonly label: string; readonly dryRun: boolean };

export interface Verdict {
  readonly kind: VerdictKind;
  readonly tone: Tone;
  readonly headline: string;
  readonly detail: string | null;
  /** The headline without what changes by itself as time goes on: spoken when it changes, and not every second. */
  readonly spoken: string;
  readonly primary: Action | null;
  readonly secondary: Action | null;
}

export interface VerdictInput {
  readonly connection: Connection;
  /** The last that was known; null: nothing yet. */
  readonly status: Status | null;
  /** The server's clock, by its last answer and the time since. */
  readonly nowMs: number;
  readonly zone: Zone;
  /** SWEEP_LIMIT; null while it is not known. */
  readonly sweepLimit: number | null;
  /** RUNBOOK_URL is set. Without one the settings are the nearest thing to it: they name what leads where. */
  readonly hasRunbook: boolean;
}

/** The one thing to know and the one thing to press. The first row that holds wins. */
export function verdictOf(input: VerdictInput): Verdict {
  const { connection, status } = input;
  if (connection === 'signed_out') return signedOut(input);
  if (connection === 'not_answering' || connection === 'offline') return notAnswering(input);
  if (status === null || connection === 'checking') return checking(input);
  if (status.home.state === 'failing') return homeUnreadable(input, status.home.error);
  if (status.sweeper.state === 'disabled') return disabled(status);
  if (status.sweeper.state === 'late') return late(input, status);
  if (status.platform.state === 'failing') return platformFailing(input, status.platform.error);
  const { counts } = status;
  if (counts === null) return notLookedYet();
  if (status.sweeper.state === 'dry_run') return dryRun(input, status, counts);
  const failing = status.backend.state === 'failing' || status.backend.state === 'not_answering';
  const waitForIt = counts.open - counts.held - counts.stuck;
  if (failing && waitForIt > 0) return controlPlaneFailing(input, status, waitForIt);
  if (counts.stuck > 0) return stuck(input, status, counts);
  if (counts.retrying > 0) return retrying(input, status, counts);
  if (counts.waiting + counts.sweeping > 0) return waiting(input, status, counts);
  return counts.held > 0 ? held(counts.held) : clear(input, status);
}

type Counts = NonNullable<Status['counts']>;
type Row = Omit<Verdict, 'spoken' | 'detail' | 'primary' | 'secondary'> & Partial<Verdict>;

function verdict(row: Row): Verdict {
  return { spoken: row.headline, detail: null, primary: null, secondary: null, ...row };
}

function runbook({ hasRunbook }: VerdictInput, about: VerdictKind): Action {
  return hasRunbook ? { kind: 'runbook', label: 'Runbook', about } : { kind: 'settings', label: 'Settings' };
}

function signedOut({ status, zone, nowMs }: VerdictInput): Verdict {
  return verdict({
    kind: 'signed_out',
    tone: 'bad',
    headline: 'Signed out',
    detail: status === null ? null : `Data from ${moment(status.now, zone, nowMs)}.`,
    primary: { kind: 'sign_in', label: 'Sign in again' },
  });
}

function notAnswering({ status, zone, nowMs, connection }: VerdictInput): Verdict {
  const known = status === null ? 'Nothing is known yet' : `Data from ${moment(status.now, zone, nowMs)}`;
  const what = connection === 'offline' ? 'This device is offline' : 'Server not answering';
  return verdict({
    kind: 'not_answering',
    tone: 'bad',
    headline: `${what}. ${known}`,
    detail: 'What is shown below is what was last known. It is asked again every 2 s.',
    spoken: what,
    primary: { kind: 'reload', label: 'Reload' },
  });
}

function checking({ status, zone, nowMs }: VerdictInput): Verdict {
  const detail = status === null ? null : `Data from ${moment(status.now, zone, nowMs)}.`;
  return verdict({ kind: 'checking', tone: 'unknown', headline: 'Checking…', detail });
}

function homeUnreadable(input: VerdictInput, error: string | null): Verdict {
  return verdict({
    kind: 'home_unreadable',
    tone: 'bad',
    headline: 'Orphan Sweeper cannot read its own database',
    detail: sentences('Nothing is being stopped, and how many orphans there are is not known.', error),
    primary: runbook(input, 'home_unreadable'),
  });
}

function disabled({ sweeper, counts }: Status): Verdict {
  const reason = sweeper.reason ?? 'no reason was given';
  const wait = counts === null || counts.open === 0 ? null : `${count(counts.open, 'orphan')} found; none is stopped.`;
  return verdict({
    kind: 'disabled',
    tone: 'bad',
    headline: `Nothing is being stopped: ${reason}`,
    detail: wait,
    primary: { kind: 'settings', label: 'Settings' },
  });
}

function late(input: VerdictInput, { sweeper }: Status): Verdict {
  const since = sweeper.aliveAt === null ? '' : ` for ${duration(input.nowMs - Date.parse(sweeper.aliveAt))}`;
  return verdict({
    kind: 'late',
    tone: 'bad',
    headline: `The sweeper has not run${since}. Instances are not being stopped`,
    spoken: 'The sweeper has not run for a while. Instances are not being stopped',
    primary: runbook(input, 'late'),
  });
}

function platformFailing(input: VerdictInput, error: string | null): Verdict {
  const sentence = error ?? 'The platform database cannot be read.';
  const [headline = sentence] = sentence.split(/(?<=\.) /);
  return verdict({
    kind: 'platform_failing',
    tone: 'bad',
    headline: headline.replace(/\.$/, ''),
    detail: sentences('Nothing is being stopped until it can be asked again.', sentence.slice(headline.length).trim()),
    primary: runbook(input, 'platform_failing'),
  });
}

function notLookedYet(): Verdict {
  return verdict({
    kind: 'unknown',
    tone: 'unknown',
    headline: 'The platform has not been looked at yet',
    detail: 'How many orphans there are is not known.',
  });
}

function dryRun(input: VerdictInput, status: Status, { open }: Counts): Verdict {
  return verdict({
    kind: 'dry_run',
    tone: 'info',
    headline: `Dry run: ${number(status.sweepable ?? open)} would be stopped`,
    detail: 'SWEEP_DRY_RUN is on: orphans are found and checked, and none is stopped.',
    primary: open === 0 ? null : { kind: 'show', label: 'See them', state: null },
    secondary: sweepAction(input, status),
  });
}

function controlPlaneFailing(input: VerdictInput, status: Status, wait: number): Verdict {
  const what = status.backend.state === 'failing' ? 'failing' : 'not answering';
  const heal = wait === 1 ? '1 waits and heals by itself' : `${number(wait)} wait and heal by themselves`;
  return verdict({
    kind: 'control_plane_failing',
    tone: 'bad',
    headline: `The control plane is ${what}. ${heal} when it is back`,
    spoken: `The control plane is ${what}`,
    detail: status.backend.error,
    primary: input.hasRunbook ? runbook(input, 'control_plane_failing') : sweepAction(input, status),
    secondary: input.hasRunbook ? sweepAction(input, status) : null,
  });
}

function stuck(input: VerdictInput, status: Status, counts: Counts): Verdict {
  const more = counts.retrying + counts.sweeping + counts.waiting;
  const rest = more === 0 ? null : `${number(more)} more ${more === 1 ? 'is' : 'are'} retrying by themselves`;
  const headline = counts.stuck === 1 ? '1 orphan needs you' : `${number(counts.stuck)} orphans need you`;
  return verdict({
    kind: 'stuck',
    tone: 'bad',
    headline,
    detail: joined(rest?.replace(/^1 more is retrying by themselves$/, '1 more is retrying by itself'), oldest(input)),
    primary: { kind: 'show', label: `Show the ${number(counts.stuck)}`, state: 'stuck' },
    secondary: sweepAction(input, status),
  });
}

function retrying(input: VerdictInput, status: Status, counts: Counts): Verdict {
  const alone = counts.retrying === 1;
  const more = counts.waiting + counts.sweeping;
  return verdict({
    kind: 'retrying',
    tone: 'warn',
    headline: alone
      ? '1 orphan is retrying by itself'
      : `${number(counts.retrying)} orphans are retrying by themselves`,
    detail: joined(more === 0 ? null : `${number(more)} more in the next sweep`, oldest(input)),
    primary: sweepAction(input, status),
  });
}

function waiting(input: VerdictInput, status: Status, counts: Counts): Verdict {
  const found = `${count(counts.waiting + counts.sweeping, 'orphan')} found`;
  const { nextSweepAt, currentSweepId } = status.sweeper;
  const inMs = nextSweepAt === null ? null : Date.parse(nextSweepAt) - input.nowMs;
  const next = currentSweepId !== null || inMs === null ? 'being swept now' : `next sweep ${soon(inMs)}`;
  return verdict({
    kind: 'waiting',
    tone: 'info',
    headline: `${found}, ${next}`,
    spoken: found,
    detail: oldest(input),
    primary: sweepAction(input, status),
  });
}

function held(holding: number): Verdict {
  return verdict({
    kind: 'held',
    tone: 'info',
    headline: `${count(holding, 'orphan')} held, and no other`,
    primary: { kind: 'show', label: `Show the ${number(holding)}`, state: 'held' },
  });
}

function clear({ zone, nowMs }: VerdictInput, { observedAt }: Status): Verdict {
  if (observedAt === null) return notLookedYet();
  return verdict({
    kind: 'clear',
    tone: 'ok',
    headline: `All clear: 0 orphans, looked at ${moment(observedAt, zone, nowMs)}`,
    spoken: 'All clear: 0 orphans',
  });
}

/** `in 46 s`, or `any moment` once it is due. */
export function soon(ms: number): string {
  return ms < 1_000 ? 'any moment' : `in ${duration(ms)}`;
}

/** Says how many it is about, and how many of them fit into one sweep. */
function sweepAction({ sweepLimit }: VerdictInput, { sweepable, sweeper }: Status): Action | null {
  if (sweepable === null || sweepable === 0) return null;
  const dry = sweeper.state === 'dry_run';
  const some = sweepLimit !== null && sweepLimit < sweepable;
  const of = some ? `${number(sweepLimit)} of ${number(sweepable)}` : number(sweepable);
  return { kind: 'sweep', label: `${dry ? 'Dry run' : 'Sweep now'} (${of})`, dryRun: dry };
}

function oldest({ status, nowMs }: VerdictInput): string | null {
  const found = status?.oldest;
  return found === undefined || found === null ? null : `oldest ${duration(nowMs - Date.parse(found.orphanedAt))}`;
}

function joined(...parts: readonly (string | null | undefined)[]): string | null {
  const said = parts.filter((part) => part !== null && part !== undefined && part !== '');
  return said.length === 0 ? null : said.join(' · ');
}

function sentences(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' ');
}
