import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { BackendKind } from '../../../server/sweep/outcome.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { useVerdictInput } from '../hooks/useVerdict.ts';
import { type Cause, causeWords, patternWords } from '../lib/cause-words.ts';
import { channelSummary } from '../lib/channel.ts';
import { count, number } from '../lib/count.ts';
import { runbookUrl } from '../lib/settings.ts';
import { standingWords } from '../lib/standing.ts';
import { verdictOf } from '../lib/verdict.ts';
import { CopyButton } from './CopyButton.tsx';
import { At } from './When.tsx';

const SHOWN = 5;

/** Why orphans are still here, counted: one line for each reason, however many orphans share it. */
export function Causes() {
  const { status } = useStatus();
  const settings = useSettings(status);
  const causes = status?.causes ?? null;
  const input = useVerdictInput();
  const standing = standingWords(verdictOf(input).kind, status?.backend.kind ?? null);
  const [all, setAll] = useState(false);
  const more = (causes?.length ?? 0) - SHOWN;
  return (
    <section aria-labelledby="why" className="card p-3 sm:p-4">
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 max-sm:-my-2">
        <h2 id="why" className="font-semibold">
          Why
        </h2>
        <CopyButton look="quiet" label="Copy for the channel" text={() => channelSummary(input, location.origin)} />
      </div>
      {causes === null && <p className="mt-2 text-sm text-soft">Not known.</p>}
      {standing !== null && <p className="mt-2 text-sm font-medium">{standing}.</p>}
      {causes?.length === 0 && standing === null && <p className="mt-2 text-sm text-soft">No attempt is failing.</p>}
      <ul className="mt-1 divide-y divide-line text-sm">
        {causes?.slice(0, all ? causes.length : SHOWN).map((cause) => (
          <CauseLine
            key={cause.key}
            cause={cause}
            kind={status?.backend.kind ?? null}
            runbook={runbookUrl(settings, wordOf(cause))}
          />
        ))}
      </ul>
      {more > 0 && (
        <button type="button" className="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show only ${SHOWN}` : `Show ${count(more, 'more cause')}`}
        </button>
      )}
    </section>
  );
}

interface CauseLineProps {
  readonly cause: Cause;
  readonly kind: BackendKind | null;
  readonly runbook: string | null;
}

function CauseLine({ cause, kind, runbook }: CauseLineProps) {
  const { count: orphans, stuck, since, pattern } = cause;
  const words = causeWords(cause, kind);
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 py-2 sm:flex-nowrap">
      <span className="min-w-0">
        <span className="font-semibold">{number(orphans)} × </span>
        <span className="font-medium">{words}</span>
        {stuck > 0 && <span className="font-medium text-bad"> · {needWords(orphans, stuck)}</span>}
        {pattern !== null && <span className="block break-words text-soft">{patternWords(pattern)}</span>}
      </span>
      <span className="flex w-full items-baseline gap-3 whitespace-nowrap text-soft sm:w-auto">
        {since !== null && (
          <span>
            since <At time={since} />
          </span>
        )}
        <span className="ml-auto flex gap-3">
          {runbook !== null && (
            <a href={runbook} target="_blank" rel="noreferrer" className="link">
              Runbook
            </a>
          )}
          <Link to="/orphans" search={{ cause: cause.key }} className="link" aria-label={`Show ${words}`}>
            Show
          </Link>
        </span>
      </span>
    </li>
  );
}

/** `needs you`, `3 need you`: all of them go without a number, which stands before. */
function needWords(orphans: number, stuck: number): string {
  if (stuck === orphans) return stuck === 1 ? 'needs you' : 'need you';
  return stuck === 1 ? '1 needs you' : `${number(stuck)} need you`;
}

function wordOf(cause: Cause): string {
  return cause.why ?? cause.class ?? cause.outcome ?? 'failed';
}
