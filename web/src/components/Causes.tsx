import { Link } from '@tanstack/react-router';
import type { Status } from '../../../server/api/status.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { number } from '../lib/count.ts';
import { runbookUrl } from '../lib/settings.ts';
import { CLASS_WORDS, OUTCOME_WORDS } from '../lib/words.ts';
import { At } from './When.tsx';

type Cause = NonNullable<Status['causes']>[number];

const SHOWN = 5;

/** Why orphans are still here, counted: one line for each reason, however many orphans share it. */
export function Causes() {
  const { status } = useStatus();
  const settings = useSettings(status);
  const causes = status?.causes ?? null;
  return (
    <section aria-labelledby="why" className="card p-3 sm:p-4">
      <h2 id="why" className="font-semibold">
        Why
      </h2>
      {causes === null && <p className="mt-2 text-sm text-soft">Not known.</p>}
      {causes?.length === 0 && <p className="mt-2 text-sm text-soft">No attempt is failing.</p>}
      <ul className="mt-1 divide-y divide-line text-sm">
        {causes?.slice(0, SHOWN).map((cause) => (
          <CauseLine key={JSON.stringify(cause)} cause={cause} runbook={runbookUrl(settings, wordOf(cause))} />
        ))}
      </ul>
    </section>
  );
}

function CauseLine({ cause, runbook }: { readonly cause: Cause; readonly runbook: string | null }) {
  const { count, since, pattern, httpStatus } = cause;
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 py-2">
      <span className="min-w-0">
        <span className="font-semibold">{number(count)} × </span>
        <span className="font-medium">
          {httpStatus !== null && `${httpStatus} `}
          {labelOf(cause)}
        </span>
        {pattern !== null && (
          <span className="block break-words text-soft">{pattern.replace(/^answered …:? ?/, '')}</span>
        )}
      </span>
      <span className="flex items-baseline gap-3 whitespace-nowrap text-soft">
        {since !== null && (
          <span>
            since <At time={since} />
          </span>
        )}
        {runbook !== null && (
          <a href={runbook} target="_blank" rel="noreferrer" className="link">
            Runbook
          </a>
        )}
        {cause.class !== null && (
          <Link to="/orphans" search={{ class: cause.class }} className="link" aria-label={`Show ${labelOf(cause)}`}>
            Show
          </Link>
        )}
      </span>
    </li>
  );
}

function labelOf(cause: Cause): string {
  if (cause.class !== null) return CLASS_WORDS[cause.class];
  return cause.outcome === null ? 'Failed' : OUTCOME_WORDS[cause.outcome];
}

function wordOf(cause: Cause): string {
  return cause.class ?? cause.outcome ?? 'failed';
}
