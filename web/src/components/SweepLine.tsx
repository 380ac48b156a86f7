import { Link } from '@tanstack/react-router';
import type { Sweep } from '../../../server/api/sweeps.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { number } from '../lib/count.ts';
import { duration } from '../lib/duration.ts';
import { moment } from '../lib/moment.ts';
import { named } from '../lib/named.ts';
import { progressOf } from '../lib/progress.ts';
import { lengthOf, whyItRan } from '../lib/sweep-words.ts';
import { RESULT_WORDS } from '../lib/words.ts';
import { RESULT_MARKS } from './icons.ts';
import { Outcomes } from './Outcomes.tsx';
import { Word } from './Word.tsx';

/** One sweep of the history, below the heading of its day: all of it is the link. */
export function SweepLine({ sweep }: { readonly sweep: Sweep }) {
  const length = lengthOf(sweep);
  const deferred = sweep.counts['deferred'] ?? 0;
  const { ended, of } = progressOf(sweep);
  return (
    <Link
      to="/sweeps/$sweepId"
      params={{ sweepId: sweep.id }}
      className="grid gap-x-5 gap-y-1 px-4 py-3 hover:bg-raised active:bg-raised md:grid-cols-[15rem_9rem_1fr]"
    >
      <span className="flex flex-wrap items-baseline justify-between gap-x-4 md:contents">
        <Clock time={sweep.requestedAt} />
        <Word mark={RESULT_MARKS[sweep.result]} word={RESULT_WORDS[sweep.result]} />
      </span>
      <span className="min-w-0 space-y-1">
        <span className="flex flex-wrap gap-x-4 gap-y-1">
          {sweep.finishedAt === null && of > 0 && (
            <span className="font-medium">
              {number(ended)} of {number(of)}
            </span>
          )}
          <Outcomes of={sweep} />
          {deferred > 0 && <span>Put off {number(deferred)}</span>}
          <span className="text-soft">
            {whyItRan(sweep)}
            {length !== null && ` · took ${length}`}
          </span>
        </span>
        <Asked sweep={sweep} />
        {sweep.error !== null && (
          <span className={`line-clamp-2 break-words ${sweep.result === 'cancelled' ? 'text-soft' : 'text-bad'}`}>
            {sweep.error}
          </span>
        )}
      </span>
    </Link>
  );
}

/** Who asked for it, and why, as far as that was said. */
function Asked({ sweep: { requestedBy, requestVerified, reason } }: { readonly sweep: Sweep }) {
  if (requestedBy === null && reason === null) return null;
  return (
    <span className="block break-words">
      {requestedBy !== null && named(requestedBy, requestVerified)}
      {requestedBy !== null && reason !== null && ': '}
      {reason}
    </span>
  );
}

/** Without its date, which the heading says. */
function Clock({ time }: { readonly time: string }) {
  const { status, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const ms = Date.parse(time);
  return (
    <time dateTime={time} className="whitespace-nowrap">
      <span className="link">{moment(time, zone, ms)}</span>
      {status !== null && <span className="text-soft"> · {duration(serverNowMs - ms)} ago</span>}
    </time>
  );
}
