import { Link } from '@tanstack/react-router';
import type { Attempt } from '../../../server/api/attempts.ts';
import { useBackendWords } from '../hooks/useBackend.ts';
import { duration } from '../lib/duration.ts';
import { CLASS_WORDS, OUTCOME_WORDS } from '../lib/words.ts';
import { Id } from './Id.tsx';
import { OUTCOME_MARKS } from './icons.ts';
import { When } from './When.tsx';
import { Word } from './Word.tsx';

/** The attempts of a sweep, newest first. */
export function AttemptList({ attempts }: { readonly attempts: readonly Attempt[] }) {
  const words = useBackendWords();
  return (
    <ol className="divide-y divide-line text-sm">
      {attempts.map((attempt) => (
        <li data-line key={attempt.id} className="py-3">
          <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
            {attempt.outcome === null ? (
              <span className="font-medium">Under way</span>
            ) : (
              <Word mark={OUTCOME_MARKS[attempt.outcome]} word={OUTCOME_WORDS[attempt.outcome]} />
            )}
            <Link to="/orphans/$workspaceId" params={{ workspaceId: attempt.workspaceId }} className="link font-medium">
              {attempt.workspaceName ?? attempt.workspaceId}
            </Link>
            <When time={attempt.startedAt} />
            {attempt.finishedAt !== null && <span className="text-soft">{took(attempt)}</span>}
          </div>
          {attempt.error !== null && (
            <p className="mt-1 break-words">
              {attempt.error.class !== null && (
                <strong className="font-medium">{CLASS_WORDS[attempt.error.class]}: </strong>
              )}
              {attempt.error.message}
            </p>
          )}
          <p className="mt-1 flex flex-wrap gap-x-4 text-soft">
            <span>
              {words.instanceLabel} <Id id={attempt.instanceId} what={`${words.instance} id`} />
            </span>
            <span>
              Request <Id id={attempt.requestId} what="request id" />
            </span>
          </p>
        </li>
      ))}
    </ol>
  );
}

function took({ startedAt, finishedAt }: Attempt): string {
  const ms = Date.parse(finishedAt ?? startedAt) - Date.parse(startedAt);
  return `took ${ms < 1000 ? `${ms} ms` : duration(ms)}`;
}
