export type Zone = 'utc' | 'local';

const DAY_MS = 86_400_000;

/**
 * A moment as a clock shows it, with its zone: `03:08:11Z`; with the date where it is another day than `nowMs`.
 *
 * @param time ISO 8601 in UTC
 */
export function moment(time: string, zone: Zone, nowMs: number): string {
  const at = new Date(time);
  if (zone === 'local') return localMoment(at, nowMs);
  const clock = `${time.slice(11, 19)}Z`;
  return new Date(nowMs).toISOString().slice(0, 10) === time.slice(0, 10) ? clock : `${time.slice(0, 10)} ${clock}`;
}

function localMoment(at: Date, nowMs: number): string {
  const sameDay = at.toDateString() === new Date(nowMs).toDateString() && Math.abs(nowMs - at.getTime()) < DAY_MS;
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at);
  return sameDay ? clock : `${new Intl.DateTimeFormat('sv-SE').format(at)} ${clock}`;
}
