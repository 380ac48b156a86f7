import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { getSweepAttempts } from '../api.ts';
import { AGAIN_MS } from './usePoll.ts';

const PAGE = 200;

/** The workspaces that a dry run would have stopped the instances of. It has ended, so they do not change. */
export function useWouldStop(sweepId: string, enabled: boolean): UseQueryResult<readonly string[]> {
  return useQuery({
    queryKey: ['sweep', sweepId, 'would stop'],
    queryFn: ({ signal }) => readAll(sweepId, signal),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === 'error' ? AGAIN_MS : false),
  });
}

async function readAll(sweepId: string, signal: AbortSignal): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({
      outcome: 'would_stop',
      limit: String(PAGE),
      ...(cursor === '' ? {} : { cursor }),
    });
    const { body }: Awaited<ReturnType<typeof getSweepAttempts>> = await getSweepAttempts(
      sweepId,
      query.toString(),
      signal,
    );
    for (const { workspaceId } of body.items) found.add(workspaceId);
    cursor = body.nextCursor;
  }
  return [...found];
}
