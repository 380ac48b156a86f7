import { rootCause } from '../db/connect.ts';
import type { Clock } from '../sweep/clock.ts';
import { messagePattern } from '../sweep/decide.ts';
import type { Log, Repeatable, Repeats } from '../sweep/log.ts';

const SAID_EVERY_MS = 10 * 60_000;
/** Messages are other people's words, and could all be different: what comes beyond is counted together. */
const MOST_CAUSES = 50;

type Of = Repeatable['of'];

/** A cause that was said in full less than ten minutes ago, or is counted. */
interface Counted {
  last: Repeatable;
  /** Monotonic. */
  saidMs: number;
  /** Since then, the last one included. */
  more: number;
  /** All that found no place of its own. */
  readonly several: boolean;
}

/** One for each process. See Repeats. */
export function createRepeats(clock: Clock, log: Log): Repeats {
  const causes = createCauses(clock, log);
  const failures = new Map<Of, number>();
  const worksSaidMs = new Map<Of, number>();
  const lastReason = new Map<'skipped', string | null>();

  const say = (one: Repeatable): void => {
    failures.set(one.of, (failures.get(one.of) ?? 0) + 1);
    causes.add(one);
  };
  return {
    say,
    fails: (of, level, err, message) =>
      say({ of, kind: message, reason: rootCause(err).message, level, fields: { err }, message }),
    works(of, message) {
      const failed = failures.get(of);
      if (failed === undefined) return;
      const nowMs = clock.monotonicMs();
      // What works and fails by turns is no news each time: it stays counted.
      if (nowMs - (worksSaidMs.get(of) ?? Number.NEGATIVE_INFINITY) < SAID_EVERY_MS) return;
      worksSaidMs.set(of, nowMs);
      failures.delete(of);
      causes.forget(of);
      log.info({ failures: failed }, `${message} (after ${failed} ${failed === 1 ? 'failure' : 'failures'})`);
    },
    isNew(of, reason) {
      const before = lastReason.get(of) ?? null;
      lastReason.set(of, reason);
      return reason !== null && reason !== before;
    },
    tellDue: causes.tellDue,
    tellAll: causes.tellAll,
  };
}

/** What has been said in the last ten minutes, and how often it has happened since. */
function createCauses(clock: Clock, log: Log) {
  const causes = new Map<string, Counted>();
  const allOf = (of: Of) => [...causes].filter(([, { last }]) => last.of === of);

  const tell = (counted: Counted): void => {
    const { last, saidMs, more, several } = counted;
    if (more === 0) return;
    const nowMs = clock.monotonicMs();
    const causesOf = several ? ' for several causes' : '';
    log[last.level]({ ...last.fields, more }, `${last.message} (${more} more${causesOf} in ${span(nowMs - saidMs)})`);
    counted.saidMs = nowMs;
    counted.more = 0;
  };
  const tellDue = (): void => {
    for (const [key, counted] of causes) {
      if (clock.monotonicMs() - counted.saidMs < SAID_EVERY_MS) continue;
      if (counted.more === 0) causes.delete(key);
      else tell(counted);
    }
  };
  return {
    add(one: Repeatable): void {
      tellDue();
      const own = JSON.stringify([one.of, one.kind, messagePattern(one.reason)]);
      const several = !causes.has(own) && causes.size >= MOST_CAUSES;
      const key = several ? one.of : own;
      const counted = causes.get(key);
      if (counted !== undefined) {
        counted.last = one;
        counted.more += 1;
        log.debug(one.fields, one.message);
        return;
      }
      // The cause has changed: what came before it is said before it.
      for (const [, before] of allOf(one.of)) tell(before);
      log[one.level](one.fields, one.message);
      causes.set(key, { last: one, saidMs: clock.monotonicMs(), more: 0, several });
    },
    forget(of: Of): void {
      for (const [key] of allOf(of)) causes.delete(key);
    },
    tellDue,
    tellAll(): void {
      for (const counted of causes.values()) tell(counted);
    },
  };
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
