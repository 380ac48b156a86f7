/**
 * How many rows one statement writes. A hundred thousand would take longer than a statement may, and be tried in vain
 * for ever.
 */
export const ROWS_AT_ONCE = 5_000;

/** The same items, in the same order, so many at a time. */
export function batchesOf<Item>(items: readonly Item[]): Item[][] {
  const batches: Item[][] = [];
  for (let i = 0; i < items.length; i += ROWS_AT_ONCE) batches.push(items.slice(i, i + ROWS_AT_ONCE));
  return batches;
}
