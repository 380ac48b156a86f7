import {
  CircleCheck,
  Ellipsis,
  Eye,
  Hand,
  LoaderCircle,
  type LucideIcon,
  Search,
  Trash2,
  Undo2,
  UserCheck,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { type BackendKind, wordsOf } from '../../../server/sweep/outcome.ts';
import type { AllAttempts } from '../hooks/useAllAttempts.ts';
import { useBackendKind } from '../hooks/useBackend.ts';
import { ATTEMPTS_KEPT } from '../lib/kept.ts';
import { named } from '../lib/named.ts';
import type { Happened } from '../lib/timeline.ts';
import type { Tone } from '../lib/verdict.ts';
import { OUTCOME_WORDS, resolutionWords, SECOND_LOOK_WORDS, whyWords } from '../lib/words.ts';
import { AttemptDetails, took } from './AttemptDetails.tsx';
import { Id } from './Id.tsx';
import { OUTCOME_MARKS, TONE_TEXT } from './icons.ts';
import { OlderAttempts } from './OlderAttempts.tsx';
import { Until, When } from './When.tsx';

interface TimelineItemProps {
  readonly happened: Happened;
  /** The workspace has had several instances, so each line names its own. */
  readonly several: boolean;
  readonly older: AllAttempts;
}

/** One line of the timeline: what, when, and what is to be known of it. */
export function TimelineItem({ happened, several, older }: TimelineItemProps) {
  const kind = useBackendKind();
  const words = wordsOf(kind);
  const { icon: Icon, tone, title, note, body } = shownOf(happened, older, kind);
  const instanceId = several ? instanceOf(happened) : null;
  return (
    <li className="group relative flex gap-3 pb-5 text-sm last:pb-0">
      <span aria-hidden="true" className="absolute top-6 bottom-0 left-2.5 w-px bg-line group-last:hidden" />
      <Icon aria-hidden="true" className={`size-5 shrink-0 ${TONE_TEXT[tone]}`} />
      <div className="min-w-0 flex-1 space-y-1">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-medium">{title}</span>
          {happened.kind !== 'gap' && happened.kind !== 'not_kept' && (
            <span className="text-soft">{clockOf(happened)}</span>
          )}
          {note !== undefined && <span className="text-soft">{note}</span>}
        </p>
        {body}
        {instanceId !== null && (
          <p className="text-soft">
            {words.instanceLabel} <Id id={instanceId} what={`${words.instance} id`} />
          </p>
        )}
      </div>
    </li>
  );
}

interface Shown {
  readonly icon: LucideIcon;
  readonly tone: Tone;
  readonly title: string;
  readonly note?: string;
  readonly body?: ReactNode;
}

function shownOf(happened: Happened, older: AllAttempts, kind: BackendKind | null): Shown {
  switch (happened.kind) {
    case 'removed':
      return { icon: Trash2, tone: 'unknown', title: 'Removed at or before' };
    case 'found':
      return {
        icon: Search,
        tone: 'info',
        title: 'First seen',
        body: <p>A look found it: {whyWords(happened.orphan.why, kind)}.</p>,
      };
    case 'attempt': {
      const { attempt } = happened;
      const mark = attempt.outcome === null ? null : OUTCOME_MARKS[attempt.outcome];
      return {
        icon: mark?.icon ?? LoaderCircle,
        tone: mark?.tone ?? 'info',
        title: attempt.outcome === null ? 'Under way' : OUTCOME_WORDS[attempt.outcome],
        ...(attempt.finishedAt === null ? {} : { note: took(attempt) }),
        body: <AttemptDetails attempt={attempt} />,
      };
    }
    case 'act': {
      const { act, words } = happened;
      return {
        icon: act.action === 'acknowledge' ? UserCheck : Hand,
        tone: 'unknown',
        title: words,
        body: <By actor={act.actor} verified={act.verified} reason={act.reason} />,
      };
    }
    case 'hold':
      return {
        icon: Hand,
        tone: 'unknown',
        title: 'Held',
        body: <By {...happened.hold} />,
      };
    case 'resolved':
      return resolved(happened.orphan, kind);
    case 'look':
      return look(happened.orphan);
    case 'gap':
      return {
        icon: Ellipsis,
        tone: 'unknown',
        title: 'Older attempts are not shown here',
        body: <OlderAttempts older={older} />,
      };
    case 'not_kept':
      return {
        icon: Ellipsis,
        tone: 'unknown',
        title: 'Older attempts are not kept any more',
        body: <p>{ATTEMPTS_KEPT}</p>,
      };
  }
}

function resolved({ state, resolution }: Orphan, kind: BackendKind | null): Shown {
  const how = resolution === null ? 'How is not known' : resolutionWords(resolution, kind);
  return state === 'cleared'
    ? { icon: CircleCheck, tone: 'ok', title: 'Cleared', body: <p>{how}.</p> }
    : { icon: Undo2, tone: 'unknown', title: 'Resolved elsewhere', body: <p>{how}.</p> };
}

const LOOK_TONES = { due: 'info', confirmed: 'ok', unconfirmed: 'unknown', reappeared: 'bad' } as const;

function look({ secondLook }: Orphan): Shown {
  const result = secondLook?.result ?? 'unconfirmed';
  return { icon: Eye, tone: LOOK_TONES[result], title: 'Second look', body: <p>{SECOND_LOOK_WORDS[result]}.</p> };
}

interface ByProps {
  readonly actor: string | null;
  readonly verified: boolean;
  readonly reason: string | null;
}

function By({ actor, verified, reason }: ByProps) {
  return (
    <p className="break-words">
      {actor !== null && `By ${named(actor, verified)}`}
      {actor !== null && reason !== null && ': '}
      {reason}
    </p>
  );
}

/** A second look may be yet to come; when one was taken is not kept. */
function clockOf({ kind, at }: Happened): ReactNode {
  if (at === null) return 'after the Stop';
  return kind === 'look' ? <Until time={at} /> : <When time={at} />;
}

function instanceOf(happened: Happened): string | null {
  switch (happened.kind) {
    case 'attempt':
      return happened.attempt.instanceId;
    case 'removed':
    case 'found':
    case 'resolved':
    case 'look':
      return happened.orphan.instanceId;
    case 'act':
    case 'hold':
    case 'gap':
    case 'not_kept':
      return null;
  }
}
