import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { moment } from '../lib/moment.ts';

/** What is shown is not what is: it is as old as this says. */
export function AsOf({ time }: { readonly time: string | null }) {
  const { serverNowMs } = useStatus();
  const { zone } = useDisplay();
  return (
    <span className="rounded bg-raised px-2 py-0.5 text-xs font-semibold">
      {time === null ? 'never looked at' : `as of ${moment(time, zone, serverNowMs)}`}
    </span>
  );
}
