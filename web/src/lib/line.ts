import type { Line } from './connection.ts';
import { elapsedMs } from './elapsed.ts';

/** The one record of how the polls of this page went. */

const listeners = new Set<() => void>();
const NOTHING_WRONG = { failingSinceMs: null, failures: 0, signedOut: false, signIn: null, refusal: null } as const;
let line: Line = { ...NOTHING_WRONG, lastAnswerMs: null };

export function getLine(): Line {
  return line;
}

export function onLineChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function answered(): void {
  change({ ...NOTHING_WRONG, lastAnswerMs: elapsedMs() });
}

/** @param sentMs when the request was sent */
export function failed(sentMs: number, why: Pick<Line, 'signedOut' | 'signIn' | 'refusal'>): void {
  change({
    ...line,
    ...why,
    failingSinceMs: line.failingSinceMs ?? sentMs,
    failures: line.failures + 1,
  });
}

function change(next: Line): void {
  line = next;
  for (const listener of listeners) listener();
}
