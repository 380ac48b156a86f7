import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { duration, soon } from '../lib/duration.ts';
import { moment } from '../lib/moment.ts';

interface Timed {
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** One below the other, for a column. */
  readonly stacked?: boolean;
}

/** Both clocks, without hovering: `4 min ago · 03:08:11Z`, or `in 46 s · 03:13:00Z`. */
export function When(timed: Timed) {
  return <Both {...timed} words={(ms) => (ms >= 0 ? `${duration(ms)} ago` : soon(-ms))} />;
}

/** The same of what has happened: it is never yet to come, by however little the clocks differ. */
export function Ago(timed: Timed) {
  return <Both {...timed} words={(ms) => `${duration(ms)} ago`} />;
}

/** When something is to happen: `in 46 s · 03:13:00Z`, or `due` once that has come. */
export function Until(timed: Timed) {
  return <Both {...timed} words={(ms) => (ms >= 0 ? 'due' : soon(-ms))} />;
}

/** Since when, as a length: `2 h 11 min · 01:01:12Z`. */
export function Since(timed: Timed) {
  return <Both {...timed} words={duration} />;
}

/** The clock only. */
export function At({ time }: Pick<Timed, 'time'>) {
  const { serverNowMs } = useStatus();
  const { zone } = useDisplay();
  return (
    <time dateTime={time} className="whitespace-nowrap">
      {moment(time, zone, serverNowMs)}
    </time>
  );
}

function Both({ time, stacked = false, words }: Timed & { readonly words: (ms: number) => string }) {
  const { status, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  // Without an answer of the server there is no clock to count from.
  if (status === null) return <At time={time} />;
  const clock = moment(time, zone, serverNowMs);
  // The name of a zone takes room; UTC is one letter.
  const folds = stacked && zone === 'local';
  return (
    <time dateTime={time}>
      <span className="whitespace-nowrap">{words(serverNowMs - Date.parse(time))}</span>
      {!stacked && <span className="text-soft"> · </span>}
      <span className={`text-soft ${stacked ? 'block' : ''} ${folds ? '' : 'whitespace-nowrap'}`}>
        {folds ? <Foldable clock={clock} /> : clock}
      </span>
    </time>
  );
}

/** A column that has no room for a date beside the time puts it above. */
function Foldable({ clock }: { readonly clock: string }) {
  const [date, time] = clock.split(/(?<=^\d{4}-\d\d-\d\d) /);
  return (
    <>
      {time !== undefined && (
        <>
          <span className="whitespace-nowrap">{date}</span>{' '}
        </>
      )}
      <span className="whitespace-nowrap">{time ?? date}</span>
    </>
  );
}
