import { useSyncExternalStore } from 'react';
import { elapsedMs } from '../lib/elapsed.ts';

const TICK_MS = 1_000;

const listeners = new Set<() => void>();
let now = elapsedMs();
let timer: number | undefined;

function tick(): void {
  now = elapsedMs();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(tick, TICK_MS);
  // A page that wakes must not show for a second what it believed before it slept.
  if (listeners.size === 1) document.addEventListener('visibilitychange', tick);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
    document.removeEventListener('visibilitychange', tick);
  };
}

/** The clock of `elapsed.ts`, once a second; everybody who asks is told at the same moment. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
