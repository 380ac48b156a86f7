import type { HistoryAnswer } from '../../server/api/history.ts';
import type { HistoryWindow } from '../../server/sweep/outcome.ts';

const BUCKET_SECONDS: Readonly<Record<HistoryWindow, number>> = { '24h': 300, '7d': 1800 };
const WHOLE_MS: Readonly<Record<HistoryWindow, number>> = { '24h': 24 * 3_600_000, '7d': 7 * 24 * 3_600_000 };

export interface Drafted {
  /** When the answer's last bucket ends. */
  readonly to: string;
  readonly window?: HistoryWindow;
  /** How many are open and stuck in a bucket; null: nothing was recorded in it. */
  readonly counts: (atMs: number) => readonly [open: number, stuck: number] | null;
}

/** As the server answers, bucket by bucket. */
export function historyAnswer({ to, window = '24h', counts }: Drafted): HistoryAnswer {
  const bucketSeconds = BUCKET_SECONDS[window];
  const toMs = Date.parse(to);
  const fromMs = toMs - WHOLE_MS[window];
  const samples: HistoryAnswer['samples'] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += bucketSeconds * 1000) {
    const known = counts(atMs);
    if (known !== null) samples.push({ at: new Date(atMs).toISOString(), open: known[0], stuck: known[1] });
  }
  return {
    window,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    bucketSeconds,
    samples,
    attempts: [],
  };
}
