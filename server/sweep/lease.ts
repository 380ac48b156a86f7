import type { Clock } from './clock.ts';

/** A sweep's right to work, renewed until it is let go. */
export interface Lease {
  /**
   * Whether at least `ms` of the lease are left. One that finds too little waits for the renewal under way, so that a
   * slow database defers nothing that it would still have allowed.
   */
  lasts(ms: number): Promise<boolean>;
  /** Stops renewing, and waits for the renewal under way. */
  letGo(): Promise<void>;
}

export interface LeaseOptions {
  readonly clock: Clock;
  readonly ttlMs: number;
  /** False: the lease is somebody else's now. */
  readonly renew: (ttlMs: number) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

const RENEW_EVERY_MS = 2_000;

/** Lease and claims outlive the longest Stop by this much. */
export const LEASE_MARGIN_MS = 10_000;
/** A Stop starts only while this much more than its timeout is left. */
export const STOP_MARGIN_MS = 5_000;

/**
 * Keeps a lease that has just been taken. What is left is counted on the monotonic clock from before the last renewal
 * was sent: so it is never more than what the database grants, whatever the network took, and a process that was
 * frozen knows it.
 *
 * @param takenMs monotonic time from before the lease was taken
 */
export function holdLease({ clock, ttlMs, renew, onError }: LeaseOptions, takenMs: number): Lease {
  const ended = new AbortController();
  let validUntilMs = takenMs + ttlMs;
  let renewal: Promise<void> | null = null;

  const renewOnce = async (): Promise<void> => {
    const sentMs = clock.monotonicMs();
    try {
      validUntilMs = (await renew(ttlMs)) ? sentMs + ttlMs : Number.NEGATIVE_INFINITY;
    } catch (error) {
      onError(error);
    }
  };
  const renewNow = (): Promise<void> => {
    renewal ??= renewOnce().finally(() => {
      renewal = null;
    });
    return renewal;
  };
  const keepRenewing = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await clock.delay(RENEW_EVERY_MS, ended.signal);
      if (!ended.signal.aborted) await renewNow();
    }
  };
  const renewing = keepRenewing();
  const leftMs = () => validUntilMs - clock.monotonicMs();

  return {
    async lasts(ms) {
      if (leftMs() >= ms) return true;
      await renewNow();
      return leftMs() >= ms;
    },
    async letGo() {
      ended.abort();
      await renewing;
      await renewal;
    },
  };
}
