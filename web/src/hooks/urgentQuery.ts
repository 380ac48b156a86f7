import { getOrphans } from '../api.ts';

const ROWS = 10;

/** The orphans to look at first, for the first page. */
export const urgentQuery = {
  queryKey: ['orphans', 'urgent', ROWS],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) => getOrphans(`limit=${ROWS}`, signal),
} as const;
