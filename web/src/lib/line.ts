import type { Line } from './connection.ts';
import { elapsedMs } from './elapsed.ts';

/** The one record of how the polls of this page went. */

const listeners = new Set<() => void>();
let line: Line = { lastAnswerMs: null, failingSinceMs: null, failures: 0, signedOut: false };

export function getLine(): Line {
  return line;
}

export function onLineChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function answered(): void {
  change({ lastAnswerMs: elapsedMs(), failingSinceMs: null, failures: 0, signedOut: false });
}

/** @param sentMs when the request was sent */
export function failed(sentMs: number, signedOut: boolean): void {
  change({
    ...line,
    failingSinceMs: line.failingSinceMs ?? sentMs,
    failures: line.failures + 1,
    signedOut,
  });
}

function change(next: Line): void {
  line = next;
  for (const listener of listeners) listener();
}
