import type { HistoryAnswer } from '../../../server/api/history.ts';

/** How many orphans were open and stuck, bucket by bucket, oldest first. The three lists belong together. */
export interface Series {
  /** When each bucket begins. */
  readonly atMs: readonly number[];
  /** The most of the bucket. Null: nothing was recorded in it, and nobody knows. */
  readonly open: readonly (number | null)[];
  readonly stuck: readonly (number | null)[];
}

/** A time in which nothing was recorded. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Recorded {
  readonly series: Series;
  /** Oldest first. */
  readonly gaps: readonly Gap[];
}

/** So many intervals without a sign, and the sweeper is late: the server's own measure. */
const LATE_AFTER_INTERVALS = 2.5;

/**
 * What was recorded and when nothing was. A bucket without a sample is a gap where the sweeper was late; one that is
 * empty only because it sweeps less often than there are buckets is none, and is left out.
 */
export function recordedOf(answer: HistoryAnswer, intervalSeconds: number): Recorded {
  const bucketMs = answer.bucketSeconds * 1000;
  const lateMs = intervalSeconds * 1000 * LATE_AFTER_INTERVALS;
  const fromMs = Date.parse(answer.from);
  const toMs = Date.parse(answer.to);
  const samples = answer.samples.map(({ at, open, stuck }) => ({ atMs: Date.parse(at), open, stuck }));
  const gaps: Gap[] = [];
  let knownMs = fromMs;
  for (const { atMs } of samples) {
    if (atMs > knownMs && atMs - knownMs >= lateMs) gaps.push({ fromMs: knownMs, toMs: atMs });
    knownMs = atMs + bucketMs;
  }
  // The last bucket has only begun: that it has no sample yet says nothing.
  const begunMs = toMs - bucketMs;
  if (samples.length === 0 || (begunMs > knownMs && begunMs - knownMs >= lateMs)) {
    gaps.push({ fromMs: knownMs, toMs });
  }
  const unknown = gaps.flatMap((gap) => bucketsOf(gap, bucketMs).map((atMs) => ({ atMs, open: null, stuck: null })));
  const all = [...samples, ...unknown].sort((a, b) => a.atMs - b.atMs);
  return {
    series: {
      atMs: all.map(({ atMs }) => atMs),
      open: all.map(({ open }) => open),
      stuck: all.map(({ stuck }) => stuck),
    },
    gaps,
  };
}

function bucketsOf({ fromMs, toMs }: Gap, bucketMs: number): number[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / bucketMs) }, (_, index) => fromMs + index * bucketMs);
}

/** The newest bucket of which something is known; -1: none is. */
export function lastKnown({ open }: Series): number {
  return open.findLastIndex((count) => count !== null);
}

/** Those that a line cannot show: what is known of them stands between two gaps. */
export function isolated(counts: readonly (number | null)[]): number[] {
  return counts.flatMap((count, index) => {
    const alone = (counts[index - 1] ?? null) === null && (counts[index + 1] ?? null) === null;
    return count !== null && alone ? [index] : [];
  });
}
