/**
 * What is true, kept apart from the program: which rows the platform has, what persons and the control plane have said,
 * what time it is. It imports nothing of the server, so that a mistake there cannot hide in its own mirror.
 */

/** A row of the platform's table. */
export interface ModelRow {
  readonly workspaceId: string;
  readonly removed: boolean;
  readonly instanceId: string | null;
  /** PostgreSQL's xmin: another one means that somebody has written the row. */
  readonly version: string;
}

/** An orphan as our inventory has it, as far as the model judges it. */
export interface SeenOrphan {
  readonly id: string;
  readonly workspaceId: string;
  readonly instanceId: string;
  readonly why: string;
  readonly lastOutcome: string | null;
  readonly secondLook: string | null;
  readonly resolution: string | null;
}

/** How the control plane as a whole is out of order. */
export type Outage = '503' | '429' | '401' | 'reset' | 'refuse';

export interface Model {
  /** The rows now, by workspace. */
  readonly rows: ReadonlyMap<string, ModelRow>;
  /** Instances of which a Stop has been accepted, whoever still heard the answer. */
  readonly accepted: Set<string>;
  /** Instances of which the control plane has said conclusively that they do not exist. */
  readonly gone: Set<string>;
  /** Instances that the control plane has once said to stop, and left running. */
  readonly lied: Set<string>;
  /** Workspaces whose orphans a person has acknowledged. */
  readonly acknowledged: Set<string>;
  outage: Outage | null;
  nowMs(): number;
  pass(ms: number): void;
  /** A new event: what was before it does not count as having been during it. */
  begin(): void;
  /** The platform has written this row; null: it is gone. */
  write(workspaceId: string, row: ModelRow | null): void;
  /** The same, and everything that reads the platform from here on sees only this. */
  writeBeforeAll(workspaceId: string, row: ModelRow | null): void;
  /** What the row has been since the event began; null: gone. */
  during(workspaceId: string): readonly (ModelRow | null)[];
  hold(workspaceId: string, forMs: number): void;
  endHold(workspaceId: string): void;
  isHeld(workspaceId: string): boolean;
  holds(): readonly string[];
  pause(forMs: number): void;
  endPause(): void;
  isPaused(): boolean;
}

export function createModel(): Model {
  const rows = new Map<string, ModelRow>();
  const written = new Map<string, (ModelRow | null)[]>();
  const heldUntil = new Map<string, number>();
  let pausedUntil = 0;
  let nowMs = 0;

  const put = (workspaceId: string, row: ModelRow | null): void => {
    if (row === null) rows.delete(workspaceId);
    else rows.set(workspaceId, row);
  };
  const isHeld = (workspaceId: string): boolean => (heldUntil.get(workspaceId) ?? 0) > nowMs;

  return {
    rows,
    accepted: new Set(),
    gone: new Set(),
    lied: new Set(),
    acknowledged: new Set(),
    outage: null,
    nowMs: () => nowMs,
    pass(ms) {
      nowMs += ms;
    },
    begin: () => written.clear(),
    write(workspaceId, row) {
      const before = written.get(workspaceId) ?? [rows.get(workspaceId) ?? null];
      written.set(workspaceId, [...before, row]);
      put(workspaceId, row);
    },
    writeBeforeAll(workspaceId, row) {
      written.set(workspaceId, [row]);
      put(workspaceId, row);
    },
    during: (workspaceId) => written.get(workspaceId) ?? [rows.get(workspaceId) ?? null],
    hold: (workspaceId, forMs) => void heldUntil.set(workspaceId, nowMs + forMs),
    endHold: (workspaceId) => void heldUntil.delete(workspaceId),
    isHeld,
    holds: () => [...heldUntil.keys()].filter(isHeld),
    pause(forMs) {
      pausedUntil = nowMs + forMs;
    },
    endPause() {
      pausedUntil = 0;
    },
    isPaused: () => pausedUntil > nowMs,
  };
}

/** Whether this row is an orphan's: removed, and it still names the instance. */
export function leaks(row: ModelRow | null | undefined): row is ModelRow & { readonly instanceId: string } {
  return row?.removed === true && row.instanceId !== null;
}

/** Promise 2, for one Stop that is being sent: why it must not be; null: it may. */
export function complaintAboutStop(model: Model, workspaceId: string, instanceId: string): string | null {
  const may = model
    .during(workspaceId)
    .some((row) => row === null || (row.removed && (row.instanceId === null || row.instanceId === instanceId)));
  if (!may) return `a Stop of ${instanceId}, whose row is ${JSON.stringify(model.rows.get(workspaceId))}`;
  for (const other of model.rows.keys()) {
    const named = model.during(other).every((row) => row?.removed === false && row.instanceId === instanceId);
    if (named) return `a Stop of ${instanceId}, which the live workspace ${other} names`;
  }
  return null;
}

/**
 * Promises 2 and 3, for a row that is not as the platform has left it: why nobody may have written that; null: its id
 * was cleared, as it may be.
 *
 * @param tried whether an attempt knows the id
 */
export function complaintAboutRow(model: Model, known: ModelRow, actual: ModelRow, tried: boolean): string | null {
  const what = `the row ${JSON.stringify(known)} became ${JSON.stringify(actual)}`;
  if (!leaks(known)) return `${what}, and nobody may write it`;
  if (!actual.removed || actual.instanceId !== null) return `${what}: more than its id was written`;
  if (!tried) return `${what}: cleared without an attempt that knows the id`;
  if (!model.accepted.has(known.instanceId) && !model.gone.has(known.instanceId)) {
    return `${what}: cleared although no Stop was accepted`;
  }
  return null;
}

/**
 * Promise 1, for an orphan that has left the inventory: why it may not; null: it may.
 *
 * @param runs whether its instance runs, whatever anybody was told
 */
export function complaintAboutResolution(model: Model, orphan: SeenOrphan, runs: boolean): string | null {
  const { workspaceId, instanceId, resolution } = orphan;
  const what = `the orphan ${instanceId} was resolved as ${resolution}`;
  const been = model.during(workspaceId);
  switch (resolution) {
    case 'stopped':
      // Somebody has taken the id out, and nobody knows whether that was us: it says so, and does not call it a success.
      if (orphan.secondLook === 'unconfirmed' && orphan.lastOutcome === 'interrupted') return null;
      // An id of an instance that was gone could not be cleared, and somebody else has taken it out since.
      if (orphan.lastOutcome === 'clear_failed' && model.gone.has(instanceId)) return null;
      if (!model.accepted.has(instanceId)) return `${what}, but no Stop of it was accepted`;
      return runs && !model.lied.has(instanceId) ? `${what}, but it runs` : null;
    case 'already_gone':
      return runs && !model.lied.has(instanceId) ? `${what}, but it runs` : null;
    case 'external':
      return been.some((row) => row?.removed === true && row.instanceId === null)
        ? null
        : `${what}, but its row was never without an id`;
    case 'restored':
      if (!been.some((row) => row?.removed === false && row.instanceId === instanceId)) {
        return `${what}, but its row does not live`;
      }
      return model.accepted.has(instanceId) && !model.acknowledged.has(workspaceId)
        ? `${what}, although a Stop of it had been accepted`
        : null;
    case 'acknowledged':
      return model.acknowledged.has(workspaceId) ? null : `${what}, but nobody has done that`;
    default:
      return `${what}, which is no way to leave`;
  }
}
