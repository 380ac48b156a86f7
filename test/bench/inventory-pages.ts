import { median } from './figures.ts';
import type { Memory, Program } from './program.ts';
import type { Scale } from './scale.ts';

export interface PageTimes {
  readonly total: number;
  readonly firstMs: number;
  readonly farMs: number;
  readonly memory: Memory;
}

interface Page {
  readonly items: readonly { readonly workspaceId: string }[];
  readonly nextCursor: string | null;
  readonly total: number;
}

const PAGE = 50;
const BIG_PAGE = 200;
const TIMES = 21;

/** How long the first page and one far away take, whoever may be looking at the platform meanwhile. */
export async function timePages(program: Program, { listed, farPage }: Scale): Promise<PageTimes> {
  const { total } = await program.get<Page>('/api/orphans');
  if (total !== listed) throw new Error(`${total} orphans are listed instead of ${listed}`);
  const cursor = await cursorAfter(program, (farPage - 1) * PAGE);
  const firstMs = await timed(program, '/api/orphans');
  const farMs = await timed(program, `/api/orphans?cursor=${encodeURIComponent(cursor)}`);
  return { total, firstMs, farMs, memory: await program.memory() };
}

async function cursorAfter(program: Program, orphans: number): Promise<string> {
  let cursor = '';
  for (let left = orphans; left > 0; ) {
    const limit = Math.min(BIG_PAGE, left);
    const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { items, nextCursor } = await program.get<Page>(`/api/orphans?limit=${limit}${from}`);
    if (items.length !== limit || nextCursor === null) throw new Error('the pages ended too early');
    left -= limit;
    cursor = nextCursor;
  }
  return cursor;
}

async function timed(program: Program, path: string): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    const askedMs = performance.now();
    const { items } = await program.get<Page>(path);
    took.push(performance.now() - askedMs);
    if (items.length !== PAGE) throw new Error(`${path} has ${items.length} orphans`);
  }
  return median(took);
}
