import type { Zone } from './moment.ts';

const DAY_MS = 86_400_000;
const LOCAL_DAY = new Intl.DateTimeFormat('sv-SE');
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' });

/** The day on which a moment falls: `2026-11-23`. */
export function dayOf(ms: number, zone: Zone): string {
  return zone === 'local' ? LOCAL_DAY.format(ms) : new Date(ms).toISOString().slice(0, 10);
}

/**
 * As a heading: `Today, Monday 2026-11-23`.
 *
 * @param today null: not known
 */
export function dayWords(day: string, today: string | null): string {
  const ms = Date.parse(day);
  const words = `${WEEKDAY.format(ms)} ${day}`;
  if (day === today) return `Today, ${words}`;
  return today !== null && Date.parse(today) - ms === DAY_MS ? `Yesterday, ${words}` : words;
}
