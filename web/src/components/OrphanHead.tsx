import type { Orphan } from '../../../server/api/orphans.ts';
import { wordsOf } from '../../../server/sweep/outcome.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { runbookUrl } from '../lib/settings.ts';
import { STATE_WORDS } from '../lib/words.ts';
import { Id } from './Id.tsx';
import { STATE_MARKS } from './icons.ts';
import { Word } from './Word.tsx';

/** How one orphan is, and why it is still here: the first thing to read. */
export function OrphanHead({ orphan }: { readonly orphan: Orphan }) {
  const { status } = useStatus();
  const { state, instanceId, lastError, lastOutcome, resolvedAt } = orphan;
  const { instance, instanceLabel } = wordsOf(status?.backend.kind ?? null);
  const about = lastError?.class ?? lastOutcome;
  const settings = useSettings(status);
  const runbook = about === null || resolvedAt !== null ? null : runbookUrl(settings, about);
  return (
    <section aria-label={`${instanceLabel} ${instanceId}`} className="card space-y-2 p-4">
      <p className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <span className="text-lg">
          <Word mark={STATE_MARKS[state]} word={STATE_WORDS[state]} />
        </span>
        <span className="text-sm text-soft">
          {instanceLabel} <Id id={instanceId} what={`${instance} id`} />
        </span>
      </p>
      <p className="max-w-prose break-words">{orphan.explanation}</p>
      {runbook !== null && (
        <p>
          <a
            href={runbook}
            target="_blank"
            rel="noreferrer"
            className="link inline-flex min-h-11 items-center text-sm sm:min-h-8"
          >
            Runbook
          </a>
        </p>
      )}
    </section>
  );
}
