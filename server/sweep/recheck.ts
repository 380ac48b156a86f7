import type { Clock } from './clock.ts';
import type { CurrentRow, LiveRow, Platform, Recheck, Target } from './platform.ts';

/** What the platform said of one orphan, moments ago. */
export interface Rechecked {
  /** Monotonic time from before the platform was asked. */
  readonly askedMs: number;
  /** Undefined: the row is gone. */
  readonly row: CurrentRow | undefined;
  /** A row that is not removed and names the same instance. */
  readonly live: LiveRow | undefined;
  /** The table holds no row at all. */
  readonly tableEmpty: boolean;
}

/** No Stop follows a recheck that was asked longer ago than this. */
export const RECHECK_VALID_MS = 2_000;
/** An answer that is used for others is younger still: ten times what it took to get, and never over this. */
const REUSE_MS = 1_000;
const REUSE_FACTOR = 10;
/** How many of those that come next are asked about together. */
const LOOKAHEAD = 200;
/** And how many where the last answer was so cheap that it is soon too old: hardly more than start together. */
const SHORT_LOOKAHEAD = 20;
const CHEAP_MS = 10;

interface Query {
  readonly askedMs: number;
  readonly covered: ReadonlySet<string>;
  readonly answer: Promise<Recheck>;
  tookMs: number | null;
}

/**
 * Asks about all that are about to go by one query: where the platform has no index for it a query takes as long as
 * several Stops. So the answer is also used for those that come next, while it is young: the cheaper the query, the
 * younger.
 *
 * @param claimed those that will be asked about, in about this order
 */
export function createRechecker(clock: Clock, platform: Platform, claimed: readonly Target[]) {
  const ahead = new Map(claimed.map((target) => [keyOf(target), target]));
  let waiting: Target[] = [];
  let joined: Promise<Query> | null = null;
  let latest: Query | null = null;

  const send = (): Query => {
    const cheap = latest !== null && latest.tookMs !== null && latest.tookMs < CHEAP_MS;
    const next = [...ahead.values()].slice(0, cheap ? SHORT_LOOKAHEAD : LOOKAHEAD);
    const targets = [...waiting, ...next];
    waiting = [];
    joined = null;
    const askedMs = clock.monotonicMs();
    const query: Query = {
      askedMs,
      covered: new Set(targets.map(keyOf)),
      answer: platform.recheck(targets),
      tookMs: null,
    };
    const settled = () => {
      query.tookMs = clock.monotonicMs() - askedMs;
    };
    query.answer.then(settled, () => {
      settled();
      if (latest === query) latest = null;
    });
    latest = query;
    return query;
  };

  const isYoung = (query: Query): boolean => {
    const ageMs = clock.monotonicMs() - query.askedMs;
    return ageMs < (query.tookMs === null ? REUSE_MS : Math.min(REUSE_MS, query.tookMs * REUSE_FACTOR));
  };

  /** Those that ask in the same turn of the event loop are asked about together. */
  const join = (target: Target): Promise<Query> => {
    waiting.push(target);
    joined ??= Promise.resolve().then(send);
    return joined;
  };

  return async (target: Target): Promise<Rechecked> => {
    const key = keyOf(target);
    ahead.delete(key);
    const query = latest?.covered.has(key) && isYoung(latest) ? latest : await join(target);
    const { own, live, tableEmpty } = await query.answer;
    return { askedMs: query.askedMs, row: own.get(target.workspaceId), live: live.get(target.instanceId), tableEmpty };
  };
}

function keyOf({ workspaceId, instanceId }: Target): string {
  return JSON.stringify([workspaceId, instanceId]);
}
