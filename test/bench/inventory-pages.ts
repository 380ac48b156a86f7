import { until } from '../support/until.ts';
import { median } from './figures.ts';
import type { Memory, Program } from './program.ts';
import type { Scale } from './scale.ts';

export interface PageTimes {
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

/** Waits until the inventory has seen so many: whoever asks for it has it brought up to date. */
export async function listsAll(program: Program, orphans: number): Promise<void> {
  await until(async () => (await program.get<Page>('/api/orphans')).total === orphans, {
    timeoutMs: 60_000,
    what: `${orphans} orphans in the inventory`,
  });
}

/** How long the first page and one far away take, whoever may be looking at the platform meanwhile. */
export async function timePages(program: Program, { farPage }: Scale): Promise<PageTimes> {
  const cursor = await cursorAfter(program, (farPage - 1) * PAGE);
  const firstMs = await timed(program, '/api/orphans');
  const farMs = await timed(program, `/api/orphans?cursor=${encodeURIComponent(cursor)}`);
  return { firstMs, farMs, memory: await program.memory() };
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
