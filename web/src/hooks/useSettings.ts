import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { ConfigAnswer } from '../../../server/api/config.ts';
import type { Status } from '../../../server/api/status.ts';
import { type Answer, getConfig } from '../api.ts';
import { getLine } from '../lib/line.ts';
import { useDisplay } from './useDisplay.ts';
import { AGAIN_MS } from './usePoll.ts';

/** The server's settings: they change only when it is started anew, so each process is asked until it has answered. */
export function useSettingsAnswer(status: Status | null): UseQueryResult<Answer<ConfigAnswer>> {
  const { refreshMs } = useDisplay();
  return useQuery({
    queryKey: ['config', status?.replica],
    queryFn: ({ signal }) => getConfig(signal),
    enabled: status !== null,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) =>
      state.status === 'error' && refreshMs !== null && !getLine().signedOut ? AGAIN_MS : false,
  });
}

export function useSettings(status: Status | null): ConfigAnswer | null {
  return useSettingsAnswer(status).data?.body ?? null;
}
