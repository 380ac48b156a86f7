import type { Orphan, OrphanListAnswer } from '../../../server/api/orphans.ts';
import { keyOf } from './selection.ts';

/** As many workspaces as one sweep can be asked for by name. */
export const MOST_CHOSEN = 1_000;
const PAGE = 200;

export interface Walked {
  readonly orphans: readonly Orphan[];
  readonly total: number;
}

/**
 * All that match, page by page, up to the most that can be chosen. One that moves meanwhile is met twice or missed; what
 * is done with them says how many it expects, and is refused where that is wrong.
 */
export async function walkAll(query: string, fetchPage: (query: string) => Promise<OrphanListAnswer>): Promise<Walked> {
  const found = new Map<string, Orphan>();
  const asked = new URLSearchParams(query);
  asked.set('limit', String(PAGE));
  asked.delete('cursor');
  for (;;) {
    const { items, nextCursor, total } = await fetchPage(asked.toString());
    for (const orphan of items) found.set(keyOf(orphan), orphan);
    if (nextCursor === null || found.size >= MOST_CHOSEN) {
      return { orphans: [...found.values()].slice(0, MOST_CHOSEN), total };
    }
    asked.set('cursor', nextCursor);
  }
}
