import type { Orphan } from '../../../server/api/orphans.ts';
import { ApiError, getWorkspaceOrphans } from '../api.ts';
import { keyOf } from '../lib/selection.ts';
import { usePoll } from './usePoll.ts';

/** Each is a request of its own. */
const MOST_LOOKED_UP = 25;

export interface Resolved {
  /** By `keyOf`. */
  readonly keys: ReadonlySet<string>;
  /** There were more than could be looked up. */
  readonly atLeast: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/** Which of those that have left the list are resolved, and not only on another page of it. Unknown ones are not. */
export function useResolved(missing: readonly Orphan[]): Resolved {
  const looked = missing.slice(0, MOST_LOOKED_UP);
  const { data } = usePoll({
    queryKey: ['orphans', 'missing', looked.map(keyOf)],
    queryFn: ({ signal }) => resolvedOf(looked, signal),
    enabled: looked.length > 0,
  });
  return { keys: data ?? NONE, atLeast: missing.length > looked.length };
}

async function resolvedOf(orphans: readonly Orphan[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  const resolved = new Set<string>();
  for (const orphan of orphans) if (await isResolved(orphan, signal)) resolved.add(keyOf(orphan));
  return resolved;
}

async function isResolved(orphan: Orphan, signal: AbortSignal): Promise<boolean> {
  try {
    const { body } = await getWorkspaceOrphans(orphan.workspaceId, signal);
    return body.items.every((known) => keyOf(known) !== keyOf(orphan) || known.resolvedAt !== null);
  } catch (error) {
    // Resolved so long ago that it is not kept any more.
    if (error instanceof ApiError && error.code === 'not_found') return true;
    throw error;
  }
}
