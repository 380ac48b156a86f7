/** Why a workspace was not held. */
export interface NotHeld {
  readonly workspaceId: string;
  readonly message: string;
}

export type HoldOutcome =
  | { readonly kind: 'held' }
  | { readonly kind: 'refused'; readonly message: string }
  /** Whoever is asked would say the same of all the others. */
  | { readonly kind: 'ends'; readonly message: string };

export interface HoldRun {
  readonly held: readonly string[];
  readonly failed: readonly NotHeld[];
  /** Why it ended before its end. */
  readonly endedBy: string | null;
}

/** Holds one after the other. One that is refused keeps none of the others from being held. */
export async function holdAll(
  workspaceIds: readonly string[],
  hold: (workspaceId: string) => Promise<HoldOutcome>,
): Promise<HoldRun> {
  const held: string[] = [];
  const failed: NotHeld[] = [];
  for (const workspaceId of workspaceIds) {
    const outcome = await hold(workspaceId);
    if (outcome.kind === 'ends') return { held, failed, endedBy: outcome.message };
    if (outcome.kind === 'held') held.push(workspaceId);
    else failed.push({ workspaceId, message: outcome.message });
  }
  return { held, failed, endedBy: null };
}
