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

/** The same moment for those who read it elsewhere and later: in UTC, always with its day: `2026-03-01 03:08:11Z`. */
export function dated(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;
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

/** What lies so near needs no date to be told from the same hour of another day. */
const NEAR_MS = DAY_MS / 2;

/** The same without seconds, for a time that a person chose: `04:00Z`, also soon after midnight. */
export function minute(time: string, zone: Zone, nowMs: number): string {
  const ms = Date.parse(time);
  return moment(time, zone, Math.abs(ms - nowMs) < NEAR_MS ? ms : nowMs).replace(/(\d\d:\d\d):\d\d/, '$1');
}
