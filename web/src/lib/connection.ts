/** What this page knows of its line to the server. */
export type Connection =
  | 'checking'
  | 'live'
  | 'updates_off'
  | 'reconnecting'
  | 'offline'
  | 'not_answering'
  | 'signed_out'
  /** It answers, and tells this person nothing. */
  | 'refused';

export interface Line {
  /** Times are of one clock that goes on while the machine sleeps, in milliseconds. */
  readonly lastAnswerMs: number | null;
  /** When the first of the requests that failed since then was sent. */
  readonly failingSinceMs: number | null;
  readonly failures: number;
  readonly signedOut: boolean;
  /** Where to sign in, as the server said when it last wanted that; null: it did not say. */
  readonly signIn: string | null;
  /** Why the server tells nothing, in its own words; null: it does not refuse. */
  readonly refusal: string | null;
}

/** Two failed polls say it at once; one that hangs says it by then. */
const SAY_IT_AFTER_MS = 5_000;
const SAY_IT_AFTER_FAILURES = 2;

/**
 * One lost request is no news; two are, and so is one that has been failing for a while.
 *
 * @param refreshMs between two polls; null: updates are off
 */
export function connectionOf(line: Line, refreshMs: number | null, online: boolean, nowMs: number): Connection {
  if (line.signedOut) return 'signed_out';
  if (line.refusal !== null) return 'refused';
  if (line.failingSinceMs !== null) {
    const isNews = line.failures >= SAY_IT_AFTER_FAILURES || nowMs - line.failingSinceMs >= SAY_IT_AFTER_MS;
    if (!isNews) return line.lastAnswerMs === null ? 'checking' : 'reconnecting';
    return online ? 'not_answering' : 'offline';
  }
  if (line.lastAnswerMs === null) return 'checking';
  if (refreshMs === null) return 'updates_off';
  // A page that wakes shows what it knew before, and must not call it now.
  return nowMs - line.lastAnswerMs > refreshMs * 2 ? 'checking' : 'live';
}

const CURRENT: ReadonlySet<Connection> = new Set<Connection>(['live', 'updates_off', 'reconnecting']);

/** What is shown is what was, and nobody knows whether it still is. */
export function isOutdated(connection: Connection): boolean {
  return !CURRENT.has(connection);
}
