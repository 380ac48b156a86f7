import type { UseQueryResult } from '@tanstack/react-query';
import { isOutdated } from '../lib/connection.ts';
import { useStatus } from './useStatus.ts';

/**
 * What a page shows is what was: its own call has failed since, or the line to the server is not there.
 *
 * @param stale the answer said so itself
 */
export function useOutdated({ data, isError }: Pick<UseQueryResult, 'data' | 'isError'>, stale = false): boolean {
  const { connection } = useStatus();
  return data !== undefined && (isError || stale || isOutdated(connection));
}
