import { Link } from '@tanstack/react-router';
import { useStatus } from '../hooks/useStatus.ts';
import { isOutdated } from '../lib/connection.ts';
import { duration, soon } from '../lib/duration.ts';
import { RESULT_WORDS } from '../lib/words.ts';

/** `Last sweep 14 s ago (Partial) · next in 46 s` */
export function LastSweep() {
  const { status, connection, serverNowMs } = useStatus();
  // When the next sweep would be is not known of a server that is away, nor the last one without our own database.
  if (status === null || isOutdated(connection) || status.home.state === 'failing') return null;
  const { state, lastSweep, nextSweepAt, currentSweepId } = status.sweeper;
  // The next one would stop nothing, or does not come: nobody should wait for it.
  const awaited = state === 'brake' || state === 'paused' || state === 'late' ? null : nextSweepAt;
  return (
    <p className="text-xs text-soft sm:text-sm">
      {lastSweep?.finishedAt != null ? (
        <Link to="/sweeps/$sweepId" params={{ sweepId: lastSweep.id }} className="link inline-block py-1">
          Last sweep {duration(serverNowMs - Date.parse(lastSweep.finishedAt))} ago ({RESULT_WORDS[lastSweep.result]})
        </Link>
      ) : (
        'No sweep has ended yet'
      )}
      {currentSweepId !== null ? (
        <>
          {' · '}
          <Link to="/sweeps/$sweepId" params={{ sweepId: currentSweepId }} className="link inline-block py-1">
            sweeping now
          </Link>
        </>
      ) : (
        awaited !== null && (
          <>
            {' · '}
            <span className="whitespace-nowrap">next {soon(Date.parse(awaited) - serverNowMs)}</span>
          </>
        )
      )}
    </p>
  );
}
