import type { Status } from '../../../server/api/status.ts';
import { type BackendWords, wordsOf } from '../../../server/sweep/outcome.ts';
import { count, number } from './count.ts';
import { duration } from './duration.ts';
import { minute } from './moment.ts';
import type { Verdict, VerdictInput } from './verdict.ts';
import { joined, oldest, runbook, sentences, sweepAction, verdict } from './verdict-parts.ts';

/** What fits into a headline on a phone; the whole stands below it. */
const HEADLINE_REASON = 60;

const notKnownWords = ({ backend, instance }: BackendWords): string =>
  `The ${backend} does not know this platform's ${instance}s: nothing is stopped.`;

/** The rows of the verdict in which nothing is being stopped, in their order; null: none of them holds. */
export function notStopping(input: VerdictInput, status: Status): Verdict | null {
  const { home, sweeper, brake, platform, backend, pause } = status;
  if (home.state === 'failing') return homeUnreadable(input, home.error);
  if (sweeper.state === 'disabled') return disabled(status);
  if (brake !== null) return braked(input, status, brake);
  if (sweeper.state === 'late') return late(input, status);
  if (platform.state === 'failing') return platformFailing(input, status);
  if (backend.positiveControl === 'not_known') return notKnown(input, status);
  return pause === null ? null : paused(input, status, pause);
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
  return verdict({
    kind: 'disabled',
    tone: 'bad',
    headline: `Nothing is being stopped: ${reason}`,
    detail: noneStopped(counts),
    primary: { kind: 'settings', label: 'Settings' },
  });
}

function braked(input: VerdictInput, status: Status, brake: NonNullable<Status['brake']>): Verdict {
  const limit = brake.limit === null ? null : `over the limit of ${number(brake.limit)}`;
  const wait = brake.orphans === 1 ? '1 waits for a release' : `${number(brake.orphans)} wait for a release`;
  return verdict({
    kind: 'brake',
    tone: 'bad',
    headline: `Stopped by the safety brake: ${count(brake.newOrphans, 'new orphan')} in 10 min`,
    detail: joined(limit, wait, needYou(status), oldest(input)),
    primary: { kind: 'release', label: 'Review and release…' },
  });
}

function late(input: VerdictInput, status: Status): Verdict {
  const { sweeper, counts, backend } = status;
  const stopped = `${wordsOf(backend.kind).instanceLabel}s are not being stopped`;
  const since = sweeper.aliveAt === null ? '' : ` for ${duration(input.nowMs - Date.parse(sweeper.aliveAt))}`;
  return verdict({
    kind: 'late',
    tone: 'bad',
    headline: `The sweeper has not run${since}. ${stopped}`,
    spoken: `The sweeper has not run for a while. ${stopped}`,
    detail: joined(
      counts === null ? 'how many wait is not known' : `${count(counts.open, 'orphan')} when it last looked`,
      needYou(status),
      oldest(input),
    ),
    primary: runbook(input, 'late'),
  });
}

function platformFailing(input: VerdictInput, { platform, counts }: Status): Verdict {
  const { headline, rest } = firstSentence(platform.error ?? 'The platform database cannot be read.');
  return verdict({
    kind: 'platform_failing',
    tone: 'bad',
    headline,
    detail: sentences(
      'Nothing is being stopped until it can be asked again.',
      counts === null || counts.open === 0 ? null : `${count(counts.open, 'orphan')} when it was last asked.`,
      rest,
    ),
    primary: runbook(input, 'platform_failing'),
  });
}

function notKnown(input: VerdictInput, { backend, counts }: Status): Verdict {
  const { headline, rest } = firstSentence(backend.positiveControlMessage ?? notKnownWords(wordsOf(backend.kind)));
  return verdict({
    kind: 'not_known',
    tone: 'bad',
    headline,
    detail: sentences(rest, noneStopped(counts)) || null,
    primary: runbook(input, 'not_known'),
  });
}

function paused(input: VerdictInput, status: Status, pause: NonNullable<Status['pause']>): Verdict {
  const { actor, reason, until } = pause;
  const short = reason.length > HEADLINE_REASON;
  const said = short ? `${reason.slice(0, HEADLINE_REASON).trimEnd()}…` : reason;
  const wait = status.counts === null ? null : status.counts.open - status.counts.held;
  return verdict({
    kind: 'paused',
    tone: 'warn',
    headline: `Paused by ${actor} until ${minute(until, input.zone, input.nowMs)}: ${said}`,
    detail: joined(
      wait === null
        ? null
        : wait === 0
          ? 'no orphan waits'
          : `${count(wait, 'orphan')} ${wait === 1 ? 'waits' : 'wait'}`,
      needYou(status),
      wait === 0 ? null : oldest(input),
      short ? reason : null,
    ),
    primary: { kind: 'resume', label: 'Resume' },
    secondary: sweepAction(input, status),
  });
}

function noneStopped(counts: Status['counts']): string | null {
  return counts === null || counts.open === 0 ? null : `${count(counts.open, 'orphan')} found; none is stopped.`;
}

/** What needs a person does so under a pause and the brake, too. */
function needYou({ counts }: Status): string | null {
  if (counts === null || counts.stuck === 0) return null;
  return counts.stuck === 1 ? '1 needs you' : `${number(counts.stuck)} need you`;
}

function firstSentence(text: string): { readonly headline: string; readonly rest: string } {
  const [first = text] = text.split(/(?<=\.) /);
  return { headline: first.replace(/\.$/, ''), rest: text.slice(first.length).trim() };
}
