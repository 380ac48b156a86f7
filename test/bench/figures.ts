/** Pure: what the benchmark makes of the times that it took. */

/** A Stop as the control plane saw it, in milliseconds of any one clock. */
export interface TimedStop {
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Slow start lets so many Stops begin before the first answer. */
const SLOW_START = 3;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('nothing has no median');
  return (low + high) / 2;
}

/** What a sweep takes if nothing but its Stops took any time: one answer for the first three, then full waves. */
export function floorMs(orphans: number, width: number, stopMs: number): number {
  return stopMs + Math.ceil(Math.max(0, orphans - SLOW_START) / width) * stopMs;
}

/** The most that were ever in flight together. One that ends in the moment in which another starts does not count. */
export function mostAtOnce(stops: readonly TimedStop[]): number {
  const changes = stops.flatMap(({ startedMs, endedMs }) => [
    { atMs: startedMs, by: 1 },
    { atMs: endedMs, by: -1 },
  ]);
  let now = 0;
  let most = 0;
  for (const { by } of changes.sort((a, b) => a.atMs - b.atMs || a.by - b.by)) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
