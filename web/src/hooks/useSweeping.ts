import { useQuery } from '@tanstack/react-query';
import { statusQuery } from './statusQuery.ts';

/** Whether a sweep runs, as far as is known. Asks nothing by itself. */
export function useSweeping(): boolean {
  const { data } = useQuery({
    ...statusQuery,
    enabled: false,
    select: ({ body }) => body.sweeper.currentSweepId !== null,
  });
  return data ?? false;
}
