import type { HistoryAnswer } from '../../../server/api/history.ts';
import type { HistoryWindow } from '../../../server/sweep/outcome.ts';
import { getHistory } from '../api.ts';
import { useCameAt } from './useCameAt.ts';
import { useOutdated } from './useOutdated.ts';
import { usePoll } from './usePoll.ts';

/** As often as a sample is written. */
const EVERY_MS = 60_000;

export interface KnownHistory {
  /** Null: nothing came yet. */
  readonly answer: HistoryAnswer | null;
  /** Asking failed, and nothing is known from before. */
  readonly unknown: boolean;
  readonly outdated: boolean;
  readonly cameAt: string | null;
}

/**
 * How many orphans there were over time.
 *
 * @param enabled after what matters more has come
 */
export function useHistory(window: HistoryWindow, enabled: boolean): KnownHistory {
  const poll = usePoll({
    queryKey: ['history', window],
    queryFn: ({ signal }) => getHistory(window, signal),
    enabled,
    atMostEveryMs: EVERY_MS,
  });
  const outdated = useOutdated(poll);
  const cameAt = useCameAt(poll.data);
  return { answer: poll.data?.body ?? null, unknown: poll.isError && poll.data === undefined, outdated, cameAt };
}
