import type { QueryClient } from '@tanstack/react-query';
import { statusQuery } from '../hooks/statusQuery.ts';
import { urgentQuery } from '../hooks/urgentQuery.ts';

/** Longer than that nobody looks at an empty page: its skeleton is shown. */
const AT_MOST_MS = 300;

/**
 * The first data of a page, which early.js has asked for long ago. A slow phone that waits for them a moment draws its
 * first screen once, with them, instead of twice. Resolves as well when they do not come, or come to nothing.
 */
export async function headStart(client: QueryClient, pathname: string): Promise<void> {
  const wanted: Promise<void>[] = [client.prefetchQuery(statusQuery)];
  if (pathname === '/') wanted.push(client.prefetchQuery(urgentQuery));
  await Promise.race([Promise.all(wanted), new Promise((resolve) => setTimeout(resolve, AT_MOST_MS))]);
}
