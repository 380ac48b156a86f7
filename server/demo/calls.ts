/** One request that the simulated control plane got: the evidence of what was asked of it, and when. */
export interface Call {
  readonly method: string;
  readonly route: 'stop' | 'status' | 'launch' | 'unknown';
  readonly workspaceId: string | null;
  readonly instanceId: string | null;
  readonly requestId: string | null;
  /** Milliseconds of the monotonic clock (performance.now). */
  readonly startedAt: number;
  /** When it was answered or broke off; null while it is in flight. */
  readonly endedAt: number | null;
  /** What was answered; null when no whole answer was. */
  readonly status: number | null;
}

export interface CallLog {
  readonly calls: readonly Call[];
  begin(call: Omit<Call, 'startedAt' | 'endedAt' | 'status'>): { readonly end: (status: number | null) => void };
  stopsInFlight(): number;
  /** The most Stops that were ever in flight together. */
  mostStopsAtOnce(): number;
  /** The same for any one instance: above 1, somebody stopped it twice at once. */
  mostStopsAtOnceForOneInstance(): number;
}

export function createCallLog(): CallLog {
  const calls: { -readonly [Key in keyof Call]: Call[Key] }[] = [];
  const inFlight = new Map<string, number>();
  let most = 0;
  let mostForOne = 0;

  const stopsInFlight = (): number => [...inFlight.values()].reduce((sum, count) => sum + count, 0);

  function move(instanceId: string, by: 1 | -1): void {
    const count = (inFlight.get(instanceId) ?? 0) + by;
    if (count === 0) inFlight.delete(instanceId);
    else inFlight.set(instanceId, count);
    mostForOne = Math.max(mostForOne, count);
    most = Math.max(most, stopsInFlight());
  }

  return {
    calls,
    stopsInFlight,
    mostStopsAtOnce: () => most,
    mostStopsAtOnceForOneInstance: () => mostForOne,
    begin(details) {
      const call: (typeof calls)[number] = { ...details, startedAt: performance.now(), endedAt: null, status: null };
      calls.push(call);
      const stopped = details.route === 'stop' ? details.instanceId : null;
      if (stopped !== null) move(stopped, 1);
      return {
        end(status) {
          if (call.endedAt !== null) return;
          call.endedAt = performance.now();
          call.status = status;
          if (stopped !== null) move(stopped, -1);
        },
      };
    },
  };
}
