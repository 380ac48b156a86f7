import type { Zone } from './moment.ts';

/** How long a pause or a hold may be chosen to last. */
export const UNTIL_CHOICES = ['1h', '4h', 'tomorrow', 'at'] as const;
export type UntilChoice = (typeof UNTIL_CHOICES)[number];

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The most that the server takes, without the minute in which it is read and sent. */
export const LONGEST_MS = 30 * 24 * HOUR_MS - MINUTE_MS;
const MORNING = 9;

/**
 * The moment that was chosen, in ISO 8601 and UTC; null where what was typed is no time.
 *
 * @param typed as `<input type="datetime-local">` has it, in the zone in which times are shown
 * @param nowMs by the server's clock, which is the one that counts
 */
export function untilOf(choice: UntilChoice, typed: string, zone: Zone, nowMs: number): string | null {
  const ms = chosenMs(choice, typed, zone, nowMs);
  // Not a fraction of a millisecond less than what was chosen: "in 59 min" is no hour.
  return Number.isNaN(ms) ? null : new Date(Math.ceil(ms)).toISOString();
}

function chosenMs(choice: UntilChoice, typed: string, zone: Zone, nowMs: number): number {
  switch (choice) {
    case '1h':
      return nowMs + HOUR_MS;
    case '4h':
      return nowMs + 4 * HOUR_MS;
    case 'tomorrow':
      return tomorrowMorning(zone, nowMs);
    case 'at':
      return Date.parse(zone === 'utc' ? `${typed}Z` : typed);
  }
}

function tomorrowMorning(zone: Zone, nowMs: number): number {
  const at = new Date(nowMs);
  if (zone === 'utc') return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1, MORNING);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1, MORNING).getTime();
}

/** A moment as `<input type="datetime-local">` has it, in the zone in which times are shown. */
export function typedOf(ms: number, zone: Zone): string {
  const at = new Date(ms);
  const offsetMs = zone === 'utc' ? 0 : at.getTimezoneOffset() * MINUTE_MS;
  return new Date(ms - offsetMs).toISOString().slice(0, 16);
}
