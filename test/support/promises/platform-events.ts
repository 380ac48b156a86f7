import { leaks, type ModelRow } from './model.ts';
import { changeRow, createWorkspace, type Run } from './run.ts';

/** Lets something happen. False: there was nothing that it could happen to. */
export type Happen = (run: Run, pick: number, turn: number) => Promise<boolean>;

/** The same one of as many as there are, for the same number. */
export function oneOf<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(1, all.length)];
}

/** All rows but the one that keeps the table from being empty. */
export function rowsOf(run: Run, fits: (row: ModelRow) => boolean = () => true): ModelRow[] {
  return [...run.model.rows.values()].filter((row) => row.workspaceId !== run.anchor && fits(row));
}

export const isLive = (row: ModelRow): boolean => !row.removed;

function changing(change: Parameters<typeof changeRow>[2], fits: (row: ModelRow) => boolean): Happen {
  return async (run, pick) => {
    const row = oneOf(rowsOf(run, fits), pick);
    if (row === undefined) return false;
    await changeRow(run, row.workspaceId, change);
    return true;
  };
}

/** The instances that run, that only a removed row names, and that nobody has told to stop: a new workspace has none such. */
function sharable(run: Run): ModelRow[] {
  const named = rowsOf(run, isLive).map((row) => row.instanceId);
  return rowsOf(run, leaks).filter(
    ({ instanceId }) =>
      !named.includes(instanceId) &&
      !run.model.accepted.has(instanceId ?? '') &&
      run.world.controlPlane.instance(instanceId ?? '')?.state === 'running',
  );
}

export const PLATFORM_EVENTS = {
  'a workspace leaks': async (run) => {
    await createWorkspace(run, { removed: true });
    return true;
  },
  'several leak at once': async (run, _, turn) => {
    for (let i = 0; i < 3 + (turn % 6); i += 1) await createWorkspace(run, { removed: true });
    return true;
  },
  'one leaks whose instance is gone': async (run) => {
    await createWorkspace(run, { removed: true, launched: false });
    return true;
  },
  'a live workspace leaks': async (run, pick) => {
    const live = oneOf(
      rowsOf(run, (row) => isLive(row) && row.instanceId !== null),
      pick,
    );
    const workspaceId = live?.workspaceId ?? (await createWorkspace(run, { removed: false }));
    await changeRow(run, workspaceId, 'remove');
    return true;
  },
  'a workspace is removed well': async (run) => {
    const workspaceId = await createWorkspace(run, { removed: false });
    await changeRow(run, workspaceId, 'remove');
    await changeRow(run, workspaceId, 'finish');
    return true;
  },
  'a workspace is restored': changing('restore', (row) => row.removed),
  // Half of the time one that leaks: its instance is then nobody's any more.
  'a workspace gets another instance': async (run, pick, turn) => {
    const leaking = turn % 2 === 0 ? rowsOf(run, leaks) : [];
    const row = oneOf(leaking.length > 0 ? leaking.toReversed() : rowsOf(run), pick);
    if (row === undefined) return false;
    await changeRow(run, row.workspaceId, 'reprovision');
    return true;
  },
  'a row is deleted': changing('delete', () => true),
  'the platform finishes a removal': changing('finish', leaks),
  'a live workspace names the same instance': async (run, pick) => {
    const row = oneOf(sharable(run), pick);
    if (row?.instanceId === null || row === undefined) return false;
    await createWorkspace(run, { removed: false, instanceId: row.instanceId });
    return true;
  },
} satisfies Record<string, Happen>;
