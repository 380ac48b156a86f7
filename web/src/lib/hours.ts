import type { Zone } from './moment.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Every zone's whole hours are among these. */
const QUARTER_MS = 15 * MINUTE_MS;

interface Clock {
  /** Of the month. */
  readonly date: number;
  readonly hours: number;
  readonly minutes: number;
}

function clockOf(ms: number, zone: Zone): Clock {
  const at = new Date(ms);
  return zone === 'local'
    ? { date: at.getDate(), hours: at.getHours(), minutes: at.getMinutes() }
    : { date: at.getUTCDate(), hours: at.getUTCHours(), minutes: at.getUTCMinutes() };
}

/** `03:00`, as the clock on the wall shows it. */
export function clockWords(ms: number, zone: Zone): string {
  const { hours, minutes } = clockOf(ms, zone);
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/**
 * When the part of the day began in which a moment lies, where a day has parts of so many hours by its clock. An hour
 * that comes twice, as clocks are set back, is two.
 *
 * @param hours divides 24
 */
export function partOfDay(ms: number, zone: Zone, hours: number): number {
  let begin = ms - clockOf(ms, zone).minutes * MINUTE_MS - (ms % MINUTE_MS);
  // By what the clock shows, not by counting back: where it was set in between, a part is longer or shorter.
  while (clockOf(begin, zone).hours % hours !== 0 && isSameDate(begin - HOUR_MS, begin, zone)) begin -= HOUR_MS;
  return begin;
}

function isSameDate(ms: number, otherMs: number, zone: Zone): boolean {
  return clockOf(ms, zone).date === clockOf(otherMs, zone).date;
}

/** Every moment between these two at which the clock shows a whole hour that so many hours divide. */
export function wholeHours(fromMs: number, toMs: number, zone: Zone, hours: number): number[] {
  const found: number[] = [];
  for (let ms = Math.ceil(fromMs / QUARTER_MS) * QUARTER_MS; ms <= toMs; ms += QUARTER_MS) {
    const clock = clockOf(ms, zone);
    if (clock.minutes === 0 && clock.hours % hours === 0) found.push(ms);
  }
  return found;
}
