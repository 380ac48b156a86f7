import type { Status } from '../../../server/api/status.ts';
import { type FailureClass, wordsOf } from '../../../server/sweep/outcome.ts';
import { count, number } from './count.ts';
import { soon } from './duration.ts';
import { moment } from './moment.ts';
import type { Verdict, VerdictInput } from './verdict.ts';
import { joined, oldest, runbook, sweepAction, verdict } from './verdict-parts.ts';
import { notLookedYet } from './verdict-unknown.ts';

type Counts = NonNullable<Status['counts']>;

/** The rows of the verdict that tell how the orphans are, while the sweeper is at work. */
export function orphansVerdict(input: VerdictInput, status: Status): Verdict {
  const { counts } = status;
  if (counts === null) return notLookedYet();
  if (status.sweeper.state === 'dry_run') return dryRun(input, status, counts);
  const waitForIt = counts.open - counts.held - counts.stuck;
  if (isControlPlaneFailing(status) && waitForIt > 0) return controlPlaneFailing(input, status, waitForIt);
  if (counts.stuck > 0) return stuck(input, status, counts);
  if (counts.retrying > 0) return retrying(input, status, counts);
  if (counts.waiting + counts.sweeping > 0) return waiting(input, status, counts);
  return counts.held > 0 ? held(counts.held) : none(input, status);
}

function isControlPlaneFailing({ backend: { state, breaker } }: Status): boolean {
  return breaker.state === 'open' || state === 'failing' || state === 'not_answering';
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

interface Trouble {
  readonly is: string;
  /** When it heals. */
  readonly when: string;
}
const BACK = 'when it is back';

/** What is known best: why the breaker opened; else what the last answers were like. */
function trouble({ breaker, state }: Status['backend']): Trouble {
  const named = breaker.state === 'open' && breaker.class !== null ? TROUBLES[breaker.class] : undefined;
  return named ?? { is: state === 'not_answering' ? 'is not answering' : 'is failing', when: BACK };
}

const TROUBLES: Readonly<Partial<Record<FailureClass, Trouble>>> = {
  unreachable: { is: 'is not answering', when: BACK },
  timeout: { is: 'is not answering', when: BACK },
  transient: { is: 'is failing', when: BACK },
  throttled: { is: 'asks to be called less', when: 'when it takes calls again' },
  unauthorized: { is: 'refuses our credentials', when: 'when they are right again' },
};

function controlPlaneFailing(input: VerdictInput, status: Status, wait: number): Verdict {
  const { backend } = status;
  const named = `The ${wordsOf(backend.kind).backend}`;
  // A sweep would call nobody before then.
  const sweep = notBefore(input, backend) === null ? sweepAction(input, status) : null;
  const { is, when } = trouble(backend);
  const heal = wait === 1 ? '1 waits and heals by itself' : `${number(wait)} wait and heal by themselves`;
  return verdict({
    kind: 'control_plane_failing',
    tone: 'bad',
    headline: `${named} ${is}. ${heal} ${when}`,
    spoken: `${named} ${is}`,
    detail: joined(backend.breaker.message ?? backend.error, nextCall(input, backend)),
    primary: input.hasRunbook || sweep === null ? runbook(input, 'control_plane_failing') : sweep,
    secondary: input.hasRunbook ? sweep : null,
  });
}

/** One probe per sweep, and none while it asked not to be called. */
function nextCall(input: VerdictInput, backend: Status['backend']): string | null {
  if (backend.breaker.state === 'closed') return null;
  const retryAt = notBefore(input, backend);
  if (retryAt === null) return 'each sweep tries one';
  return `not called before ${moment(retryAt, input.zone, input.nowMs)}`;
}

/** When the control plane may be called again, if that is yet to come. */
export function notBefore({ nowMs }: VerdictInput, { breaker: { state, retryAt } }: Status['backend']): string | null {
  return state === 'open' && retryAt !== null && Date.parse(retryAt) > nowMs ? retryAt : null;
}

function stuck(input: VerdictInput, status: Status, counts: Counts): Verdict {
  const more = counts.retrying + counts.sweeping + counts.waiting;
  const themselves = more === 1 ? 'is retrying by itself' : 'are retrying by themselves';
  return verdict({
    kind: 'stuck',
    tone: 'bad',
    headline: counts.stuck === 1 ? '1 orphan needs you' : `${number(counts.stuck)} orphans need you`,
    detail: joined(more === 0 ? null : `${number(more)} more ${themselves}`, oldest(input)),
    primary: { kind: 'show', label: `Show the ${number(counts.stuck)}`, state: 'stuck' },
    secondary: sweepAction(input, status),
  });
}

function retrying(input: VerdictInput, status: Status, counts: Counts): Verdict {
  const alone = counts.retrying === 1;
  // Not those that no sweep takes, as containers that are only reported.
  const able = Math.max(0, (status.sweepable ?? 0) - counts.retrying);
  const more = Math.min(counts.waiting + counts.sweeping, able);
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
  // Containers without a row are found, and no sweep takes them before they may be stopped.
  if (status.backend.kind === 'docker' && status.sweepable === 0 && counts.sweeping === 0) {
    return verdict({
      kind: 'waiting',
      tone: 'info',
      headline: `${found}, not to be stopped for now`,
      detail: oldest(input),
      primary: { kind: 'show', label: `Show the ${number(counts.waiting)}`, state: null },
    });
  }
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

/** Not plain green where it is not known that what was stopped has ended. */
function none({ zone, nowMs }: VerdictInput, { observedAt, unconfirmed, backend: { kind } }: Status): Verdict {
  if (observedAt === null) return notLookedYet();
  const looked = `0 orphans, looked at ${moment(observedAt, zone, nowMs)}`;
  if (unconfirmed !== null && unconfirmed > 0) {
    const { backend, instance } = wordsOf(kind);
    return verdict({
      kind: 'unconfirmed',
      tone: 'unknown',
      headline: `Cleared; termination of ${number(unconfirmed)} not confirmed`,
      detail: `${looked}. The ${backend} accepted the Stop, and did not tell whether the ${instance} ended.`,
      secondary: { kind: 'show', label: 'Show what was cleared', state: 'cleared' },
    });
  }
  return verdict({ kind: 'clear', tone: 'ok', headline: `All clear: ${looked}`, spoken: 'All clear: 0 orphans' });
}
