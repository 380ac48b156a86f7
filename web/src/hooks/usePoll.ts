import {
  hashKey,
  type keepPreviousData,
  type QueryFunction,
  type QueryKey,
  type UseQueryResult,
  useQuery,
} from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api.ts';
import { getLine } from '../lib/line.ts';
import { useDisplay } from './useDisplay.ts';
import { useSweeping } from './useSweeping.ts';

/** After a failure. */
export const AGAIN_MS = 2_000;
const WHILE_SWEEPING_MS = 1_000;

export interface Poll<Answer, Key extends QueryKey> {
  readonly queryKey: Key;
  readonly queryFn?: QueryFunction<Answer, Key>;
  readonly enabled?: boolean;
  /** Not more often than that, also while a sweep runs: it changes slowly. */
  readonly atMostEveryMs?: number;
  /** Shows the last answer while another question has none yet. */
  readonly placeholderData?: typeof keepPreviousData;
}

/** What is known of what is polled. */
export type Polled<Answer> = Pick<
  UseQueryResult<Answer, Error>,
  'data' | 'error' | 'isError' | 'isPlaceholderData' | 'refetch'
>;

/**
 * Asks again and again while the page is seen: as often as the person chose, each second while a sweep runs, soon
 * after a failure, and not at all when updates are off or nobody is signed in. After an error the last answer stays;
 * where there is none, the error does, also while it is asked again.
 */
export function usePoll<Answer, Key extends QueryKey>({
  atMostEveryMs = 0,
  ...poll
}: Poll<Answer, Key>): Polled<Answer> {
  const { refreshMs } = useDisplay();
  const sweeping = useSweeping();
  const { data, error, isPlaceholderData, refetch } = useQuery({
    ...poll,
    refetchInterval: ({ state }) => {
      if (refreshMs === null || getLine().signedOut) return false;
      if (state.status === 'error' && !isRefused(state.error)) return AGAIN_MS;
      return Math.max(atMostEveryMs, sweeping ? Math.min(WHILE_SWEEPING_MS, refreshMs) : refreshMs);
    },
    refetchOnWindowFocus: refreshMs === null || getLine().signedOut ? false : 'always',
  });
  const question = hashKey(poll.queryKey);
  const [kept, keep] = useState<Kept>({ question, error: null });
  const next = error ?? (data === undefined && kept.question === question ? kept.error : null);
  if (kept.question !== question || kept.error !== next) keep({ question, error: next });
  return { data, error: next, isError: next !== null, isPlaceholderData, refetch };
}

/** The library forgets an error as soon as it asks again. */
interface Kept {
  readonly question: string;
  readonly error: Error | null;
}

/** It answers, and will soon say the same again; what is away may be back. */
function isRefused(error: Error | null): boolean {
  return error instanceof ApiError && error.failure === 'refused' && error.code !== 'home_database_unavailable';
}
