import { Link } from '@tanstack/react-router';
import type { Attempt } from '../../../server/api/attempts.ts';
import { duration } from '../lib/duration.ts';
import { askedBy } from '../lib/timeline.ts';
import { CLASS_WORDS, TRIGGER_WORDS } from '../lib/words.ts';
import { Id } from './Id.tsx';

/** What came of an attempt, who or what made it, and by which id the control plane knows it. */
export function AttemptDetails({ attempt }: { readonly attempt: Attempt }) {
  const { error, trigger, sweepId, requestId } = attempt;
  const by = askedBy(attempt);
  return (
    <>
      {error !== null && (
        <p className="break-words">
          <strong className="font-medium">
            {error.httpStatus}
            {error.httpStatus !== null && error.class !== null && ' '}
            {error.class !== null && CLASS_WORDS[error.class]}
            {(error.httpStatus !== null || error.class !== null) && ': '}
          </strong>
          {error.message}
        </p>
      )}
      <p className="break-words text-soft">
        {TRIGGER_WORDS[trigger]}
        {by !== null && `, ${by}`} ·{' '}
        <Link to="/sweeps/$sweepId" params={{ sweepId }} className="link">
          Its sweep
        </Link>
      </p>
      <p className="text-soft">
        Request <Id id={requestId} what="request id" />
      </p>
    </>
  );
}

export function took({ startedAt, finishedAt }: Attempt): string {
  const ms = Date.parse(finishedAt ?? startedAt) - Date.parse(startedAt);
  return `took ${ms < 1000 ? `${ms} ms` : duration(ms)}`;
}
