import type { Zone } from './moment.ts';

export const REFRESH_SECONDS = [5, 10, 30] as const;
export type Theme = 'system' | 'light' | 'dark';

/** How a person wants to see the console. */
export interface Display {
  /** Null: updates off, no request at all. */
  readonly refreshMs: number | null;
  readonly zone: Zone;
  readonly theme: Theme;
  /** Whether single keys do something. */
  readonly keys: boolean;
}

/** public/early.js reads it, too, before anything is painted. */
const KEY = 'orphan-sweeper.display';
const DEFAULT: Display = { refreshMs: 5_000, zone: 'utc', theme: 'system', keys: true };

const listeners = new Set<() => void>();
let current = read();

export function getDisplay(): Display {
  return current;
}

export function setDisplay(change: Partial<Display>): void {
  current = { ...current, ...change };
  document.documentElement.dataset['theme'] = current.theme;
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing: it holds until the page is left, which is all that can be done.
  }
  for (const listener of listeners) listener();
}

export function onDisplayChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function read(): Display {
  try {
    return known(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
  } catch {
    // Nothing kept, or something of another program under this name.
    return DEFAULT;
  }
}

function known(kept: unknown): Display {
  if (typeof kept !== 'object' || kept === null) return DEFAULT;
  const { refreshMs, zone, theme, keys } = { ...DEFAULT, ...kept };
  const refreshKnown = refreshMs === null || REFRESH_SECONDS.some((seconds) => seconds * 1000 === refreshMs);
  return {
    refreshMs: refreshKnown ? refreshMs : DEFAULT.refreshMs,
    zone: zone === 'local' ? 'local' : 'utc',
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    keys: keys !== false,
  };
}
