import { useMemo } from 'react';
import type { HistoryAnswer } from '../../../server/api/history.ts';
import { type Recorded, recordedOf } from '../lib/samples.ts';
import { type Summary, summaryOf } from '../lib/samples-words.ts';
import { useDisplay } from './useDisplay.ts';
import { useStatus } from './useStatus.ts';

export interface RecordedSummary {
  readonly recorded: Recorded;
  readonly summary: Summary;
}

/**
 * What an answer means: when nothing was recorded, and the whole in a line.
 *
 * @param outdated it is what was
 */
export function useRecorded(answer: HistoryAnswer, outdated: boolean): RecordedSummary {
  const { status, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  // It is asked for once the status is there.
  const intervalSeconds = status?.sweeper.intervalSeconds ?? 0;
  const recorded = useMemo(() => recordedOf(answer, intervalSeconds), [answer, intervalSeconds]);
  const [fromMs, toMs] = [Date.parse(answer.from), Date.parse(answer.to)];
  // Where updates are off an answer grows old without being wrong: then "now" is not its word.
  const fresh = !outdated && serverNowMs - toMs < 2 * answer.bucketSeconds * 1000;
  const openNow = fresh ? (status?.counts?.open ?? null) : null;
  const summary = summaryOf({
    window: answer.window,
    fromMs,
    toMs,
    recorded,
    openNow,
    zone,
    nowMs: serverNowMs,
  });
  return { recorded, summary };
}
