import type { Container, ContainerQuery, Containers } from '../backends/backend.ts';
import type { LeftAlone } from '../db/schema.ts';
import type { Clock } from './clock.ts';
import { inTime } from './in-time.ts';
import { type CurrentRow, inUtc, type LeakedRow, type LiveRow, type Platform } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';
import type { Leftover } from './steps.ts';
import { SHORT_LENGTH, type WorkspaceRow, type Workspaces } from './workspaces.ts';

export interface ContainerPlatformDeps {
  readonly clock: Clock;
  readonly containers: Containers;
  readonly workspaces: Workspaces;
  /** Orphans of which something is still to be removed, if only a volume. */
  readonly leftovers: () => Promise<readonly Leftover[]>;
}

/** How long the engine may take over one list. */
const LIST_TIMEOUT_MS = 15_000;

/**
 * A platform whose rows do not name their instances: which there are says the engine, and a container's name says whose
 * it is. Nothing is ever written to its database.
 */
export function createContainerPlatform(deps: ContainerPlatformDeps): Platform {
  const { workspaces, leftovers } = deps;
  const list = (query: ContainerQuery) => listed(deps, query);

  return {
    async look() {
      const left = await leftovers();
      const [removed, unknown] = await Promise.allSettled([
        lookForRemoved(workspaces, list, left),
        lookForUnknown(workspaces, list, left),
      ]);
      const faults = [removed, unknown].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      const other = faults.find((reason) => !(reason instanceof PlatformFault));
      const [first] = faults;
      if (faults.length === 2 || other !== undefined) throw other ?? first;
      const known = removed.status === 'fulfilled' ? removed.value : { rows: [], leftAlone: [] };
      const twice = new Set(known.rows.map((row) => row.instanceId));
      const missed = unknown.status === 'fulfilled' ? unknown.value.filter((row) => !twice.has(row.instanceId)) : [];
      return {
        rows: [...known.rows, ...missed],
        unseen: removed.status === 'rejected' ? 'removed' : unknown.status === 'rejected' ? 'no_row' : null,
        fault: first instanceof PlatformFault ? first : null,
        leftAlone: known.leftAlone,
      };
    },

    isEmpty: () => workspaces.isEmpty(),
    liveRows: async () => [],

    async read(workspaceIds) {
      // Where those could not be listed by name, only such as bear the label can be missing.
      const named = await list('named').catch((error: unknown) => {
        if (error instanceof PlatformFault) return list('managed');
        throw error;
      });
      const [rows, left] = await Promise.all([workspaces.find(workspaceIds), leftovers()]);
      const current = new Map<string, CurrentRow>();
      for (const id of workspaceIds) {
        const there = [...named.filter(({ workspace }) => speaksOf(workspace, id)), ...left.filter(isOf(id))];
        const row = readAs(id, rows.get(id) ?? [], [...new Set(there.map(({ instanceId }) => instanceId))]);
        if (row !== undefined) current.set(id, row);
      }
      return current;
    },

    async recheck(targets) {
      const there = await list(targets.map(({ instanceId }) => instanceId));
      const gone = targets.some(({ instanceId }) => !there.some((one) => one.instanceId === instanceId));
      const left = gone ? await leftovers() : [];
      const names = new Set([...targets.map((target) => target.workspaceId), ...there.map((one) => one.workspace)]);
      const rows = await workspaces.find([...names]);
      const own = new Map<string, CurrentRow>();
      const live = new Map<string, LiveRow>();
      for (const { workspaceId, instanceId } of targets) {
        const container = there.find((one) => one.instanceId === instanceId && speaksOf(one.workspace, workspaceId));
        const others = (rows.get(container?.workspace ?? workspaceId) ?? []).filter(
          (row) => row.workspaceId !== workspaceId && workspaceId.length !== SHORT_LENGTH,
        );
        const [other] = others;
        if (other !== undefined) live.set(instanceId, { ...other, instanceId, ambiguous: true });
        const [row] = rows.get(workspaceId) ?? [];
        const isThere = container !== undefined || left.some((one) => one.instanceId === instanceId);
        if (row === undefined) continue;
        const before = own.get(workspaceId)?.containers ?? [];
        const containers = isThere ? [...before, instanceId] : before;
        own.set(workspaceId, { workspaceId, removed: row.removed, instanceId: null, containers });
      }
      return { own, live, tableEmpty: [...rows.values()].every(isNone) && (await workspaces.isEmpty()) };
    },

    // Nothing is written, so nothing has to be allowed.
    mayClear: async () => undefined,

    async clear({ workspaceId }) {
      const [row] = (await workspaces.find([workspaceId])).get(workspaceId) ?? [];
      if (row === undefined) return 'other';
      return row.removed ? 'cleared' : 'live';
    },
  };
}

type List = (query: ContainerQuery) => Promise<readonly Container[]>;

async function listed({ clock, containers }: ContainerPlatformDeps, query: ContainerQuery) {
  const cut = new AbortController();
  const answer = await inTime({ clock, timeoutMs: LIST_TIMEOUT_MS, cut: cut.signal }, 'The question', (signal) =>
    containers.list(query, signal),
  );
  if (!('kind' in answer)) return answer;
  const { message } = answer;
  throw new PlatformFault(
    'engine',
    `The Docker Engine at ${containers.place} did not say which containers there are (${message}). ` +
      'If that address is wrong, or this user may not use it, see DOCKER_HOST.',
    new Error(message),
  );
}

/** The first observation: containers, stopped ones too, whose workspace's row says removed. */
async function lookForRemoved(workspaces: Workspaces, list: List, left: readonly Leftover[]) {
  const named = await list('named');
  const found = await workspaces.find([
    ...new Set([...named.map((one) => one.workspace), ...left.map((one) => one.workspaceId)]),
  ]);
  const rows: LeakedRow[] = [];
  const leftAlone: LeftAlone[] = [];
  for (const { workspace, instanceId, name } of named) {
    const owners = found.get(workspace) ?? [];
    const [owner] = owners;
    if (owners.length > 1 && owners.some((row) => row.removed)) {
      leftAlone.push({ instanceId, name, reason: ambiguity(owners) });
    } else if (owner?.removed === true) rows.push(leakedRow(owner, instanceId));
  }
  const there = new Set(named.map((one) => one.instanceId));
  for (const { workspaceId, instanceId } of left) {
    const [owner] = found.get(workspaceId) ?? [];
    if (owner?.removed === true && !there.has(instanceId)) rows.push(leakedRow(owner, instanceId));
  }
  return { rows, leftAlone };
}

/** The second: containers that bear the platform's label, and of whose workspace there is no row at all. */
async function lookForUnknown(workspaces: Workspaces, list: List, left: readonly Leftover[]): Promise<LeakedRow[]> {
  const managed = (await list('managed')).map(({ workspace, instanceId }) => ({ workspaceId: workspace, instanceId }));
  const there = new Set(managed.map((one) => one.instanceId));
  const rest = left.filter((one) => one.why === 'no_row' && !there.has(one.instanceId));
  const all = [...managed, ...rest];
  const found = await workspaces.find([...new Set(all.map((one) => one.workspaceId))]);
  return all.flatMap(({ workspaceId, instanceId }) =>
    isNone(found.get(workspaceId) ?? [])
      ? [{ workspaceId, workspaceName: null, instanceId, updatedAt: null, why: 'no_row' as const }]
      : [],
  );
}

const isNone = (rows: readonly WorkspaceRow[]): boolean => rows.length === 0;

function leakedRow({ workspaceId, workspaceName, updatedAt }: WorkspaceRow, instanceId: string): LeakedRow {
  return { workspaceId, workspaceName, instanceId, updatedAt: inUtc(updatedAt), why: 'removed' };
}

function ambiguity(owners: readonly WorkspaceRow[]): string {
  const [one, other] = owners.map(({ workspaceId }) => workspaceId);
  const more = owners.length > 2 ? `, and ${owners.length - 2} more` : '';
  return `its name fits the workspaces ${one} and ${other}${more}, so nobody can say whose it is`;
}

/** Whether what a container's name says can mean this workspace. */
function speaksOf(workspace: string, id: string): boolean {
  return workspace === id || (workspace.length === SHORT_LENGTH && id.startsWith(workspace));
}

const isOf =
  (id: string) =>
  ({ workspaceId }: Leftover): boolean =>
    workspaceId === id;

/**
 * What an orphan that is not listed any more finds in its row's place. Undefined: the row is gone, and something of the
 * workspace is not.
 */
function readAs(id: string, rows: readonly WorkspaceRow[], containers: readonly string[]): CurrentRow | undefined {
  const [row] = rows;
  const as = (removed: boolean, those: readonly string[]): CurrentRow => ({
    workspaceId: id,
    removed,
    instanceId: null,
    containers: those,
  });
  // Nothing is left that could leak: as a row that is removed and names nothing.
  if (row === undefined) return containers.length === 0 ? as(true, []) : undefined;
  if (rows.length > 1) return as(true, containers);
  // By twelve characters: its one row has come (back), and the container is listed under the whole id.
  if (row.removed && row.workspaceId !== id) return as(true, []);
  return as(row.removed, containers);
}
