import type { Sweep } from '../../../server/api/sweeps.ts';

interface Asked {
  readonly order: { readonly workspaceIds?: readonly string[]; readonly dryRun?: boolean; readonly drain?: boolean };
  /** When it was asked for, by the server's clock; not later than the server got it. */
  readonly sinceMs: number;
}

/**
 * Which of the sweeps by hand came of what was asked for and never answered: one like it that has been asked for since,
 * or that was under way and was joined. Null: none.
 */
export function sweepOf(
  { order, sinceMs }: Asked,
  sweeps: readonly Sweep[],
): { readonly sweep: Sweep; readonly joined: boolean } | null {
  const alike = sweeps.filter(
    ({ workspaceIds, dryRun, drain }) =>
      isScope(workspaceIds, order.workspaceIds ?? null) &&
      dryRun === (order.dryRun ?? false) &&
      drain === (order.drain ?? false),
  );
  const began = alike.find(({ requestedAt }) => Date.parse(requestedAt) >= sinceMs);
  if (began !== undefined) return { sweep: began, joined: false };
  const joined = alike.find(({ finishedAt }) => finishedAt === null);
  return joined === undefined ? null : { sweep: joined, joined: true };
}

/** The server keeps them sorted, and each once. */
function isScope(kept: readonly string[] | null, asked: readonly string[] | null): boolean {
  if (kept === null || asked === null) return kept === asked;
  const wanted = new Set(asked);
  return kept.length === wanted.size && kept.every((id) => wanted.has(id));
}
