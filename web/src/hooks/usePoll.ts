import { type QueryFunction, type QueryKey, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { getLine } from '../lib/line.ts';
import { useDisplay } from './useDisplay.ts';
import { useSweeping } from './useSweeping.ts';

const AGAIN_MS = 2_000;
const WHILE_SWEEPING_MS = 1_000;

export interface Poll<Answer, Key extends QueryKey> {
  readonly queryKey: Key;
  readonly queryFn?: QueryFunction<Answer, Key>;
  readonly enabled?: boolean;
}

/**
 * Asks again and again while the page is seen: as often as the person chose, each second while a sweep runs, soon
 * after a failure, and not at all when updates are off or nobody is signed in. After an error the last answer stays.
 */
export function usePoll<Answer, Key extends QueryKey>(poll: Poll<Answer, Key>): UseQueryResult<Answer, Error> {
  const { refreshMs } = useDisplay();
  const sweeping = useSweeping();
  return useQuery({
    ...poll,
    refetchInterval: ({ state }) => {
      if (refreshMs === null || getLine().signedOut) return false;
      if (state.status === 'error') return AGAIN_MS;
      return sweeping ? Math.min(WHILE_SWEEPING_MS, refreshMs) : refreshMs;
    },
    refetchOnWindowFocus: refreshMs === null || getLine().signedOut ? false : 'always',
  });
}
