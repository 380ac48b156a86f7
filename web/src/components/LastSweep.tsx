import { Link } from '@tanstack/react-router';
import { useStatus } from '../hooks/useStatus.ts';
import { isOutdated } from '../lib/connection.ts';
import { duration } from '../lib/duration.ts';
import { soon } from '../lib/verdict.ts';
import { RESULT_WORDS } from '../lib/words.ts';

/** `Last sweep 14 s ago (Partial) · next in 46 s` */
export function LastSweep() {
  const { status, connection, serverNowMs } = useStatus();
  // When the next sweep would be is not known of a server that is away, nor the last one without our own database.
  if (status === null || isOutdated(connection) || status.home.state === 'failing') return null;
  const { lastSweep, nextSweepAt, currentSweepId } = status.sweeper;
  return (
    <p className="text-sm text-soft">
      {lastSweep?.finishedAt != null ? (
        <Link to="/sweeps/$sweepId" params={{ sweepId: lastSweep.id }} className="link">
          Last sweep {duration(serverNowMs - Date.parse(lastSweep.finishedAt))} ago ({RESULT_WORDS[lastSweep.result]})
        </Link>
      ) : (
        'No sweep has ended yet'
      )}
      {currentSweepId !== null ? (
        <>
          {' · '}
          <Link to="/sweeps/$sweepId" params={{ sweepId: currentSweepId }} className="link">
            sweeping now
          </Link>
        </>
      ) : (
        nextSweepAt !== null && (
          <>
            {' · '}
            <span className="whitespace-nowrap">next {soon(Date.parse(nextSweepAt) - serverNowMs)}</span>
          </>
        )
      )}
    </p>
  );
}
