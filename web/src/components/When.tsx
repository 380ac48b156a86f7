import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { duration } from '../lib/duration.ts';
import { moment } from '../lib/moment.ts';
import { soon } from '../lib/verdict.ts';

interface Timed {
  /** ISO 8601 in UTC. */
  readonly time: string;
}

/** Both clocks, without hovering: `4 min ago · 03:08:11Z`, or `in 46 s · 03:13:00Z`. */
export function When({ time }: Timed) {
  return <Both time={time} words={(ms) => (ms >= 0 ? `${duration(ms)} ago` : soon(-ms))} />;
}

/** Since when, as a length: `2 h 11 min · 01:01:12Z`. */
export function Since({ time }: Timed) {
  return <Both time={time} words={duration} />;
}

/** The clock only. */
export function At({ time }: Timed) {
  const { serverNowMs } = useStatus();
  const { zone } = useDisplay();
  return (
    <time dateTime={time} className="whitespace-nowrap">
      {moment(time, zone, serverNowMs)}
    </time>
  );
}

function Both({ time, words }: Timed & { readonly words: (ms: number) => string }) {
  const { status, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  // Without an answer of the server there is no clock to count from.
  if (status === null) return <At time={time} />;
  return (
    <time dateTime={time}>
      <span className="whitespace-nowrap">{words(serverNowMs - Date.parse(time))}</span>
      <span className="text-soft"> · </span>
      <span className="whitespace-nowrap text-soft">{moment(time, zone, serverNowMs)}</span>
    </time>
  );
}
