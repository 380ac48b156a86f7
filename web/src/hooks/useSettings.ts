import { useQuery } from '@tanstack/react-query';
import type { ConfigAnswer } from '../../../server/api/config.ts';
import type { Status } from '../../../server/api/status.ts';
import { getConfig } from '../api.ts';

/** The server's settings: they change only when it is started anew, so each process is asked once. */
export function useSettings(status: Status | null): ConfigAnswer | null {
  const { data } = useQuery({
    queryKey: ['config', status?.replica],
    queryFn: ({ signal }) => getConfig(signal),
    enabled: status !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.body ?? null;
}
