import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { attempts, orphans, tenants } from '../db/schema.ts';
import { isStale } from './fresh.ts';
import type { FailureClass, OrphanState, Why } from './outcome.ts';
import { afterCursor, keysOf, type Order, orderBy, pageOf } from './page.ts';

export const ORPHAN_SORTS = ['urgent', 'oldest', 'newest', 'attempts', 'name'] as const;
export type OrphanSort = (typeof ORPHAN_SORTS)[number];

export interface OrphanFilter {
  /** Undefined: all that are open. */
  readonly state?: OrphanState | undefined;
  readonly class?: FailureClass | undefined;
  readonly why?: Why | undefined;
  /** Part of a name or an id, in any case. */
  readonly q?: string | undefined;
}

export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The state of an orphan, as the one place that decides it. Stuck wins over sweeping: a retry is no reason to relax. */
export const orphanState = sql<OrphanState>`case
  when ${orphans.resolvedAt} is not null then
    case when ${orphans.resolution} in ('stopped', 'already_gone') then 'cleared' else 'resolved' end
  when ${orphans.holdUntil} > now() then 'held'
  when ${orphans.stuckAt} <= now() then 'stuck'
  when ${orphans.attemptId} is not null and ${orphans.claimedUntil} > now() then 'sweeping'
  when ${orphans.lastOutcome} is not null then 'retrying'
  else 'waiting' end`;

const id = { expression: sql`${orphans.id}`, type: 'uuid', descending: false } as const;
const oldest = { expression: sql`${orphans.orphanedAt}`, type: 'timestamptz', descending: false } as const;

const ORDERS: Readonly<Record<OrphanSort, Order>> = {
  urgent: {
    name: 'urgent',
    keys: [
      {
        expression: sql`case ${orphanState} when 'stuck' then 0 when 'held' then 2 else 1 end`,
        type: 'integer',
        descending: false,
      },
      oldest,
      id,
    ],
  },
  oldest: { name: 'oldest', keys: [oldest, id] },
  newest: {
    name: 'newest',
    keys: [
      { ...oldest, descending: true },
      { ...id, descending: true },
    ],
  },
  attempts: {
    name: 'attempts',
    keys: [
      { expression: sql`${orphans.attempts}`, type: 'integer', descending: true },
      { ...id, descending: true },
    ],
  },
  name: {
    name: 'name',
    keys: [
      // Not all of it: a cursor carries its keys, and must fit into a URL.
      {
        expression: sql`left(coalesce(${orphans.workspaceName}, ${orphans.workspaceId}), 200)`,
        type: 'text',
        descending: false,
      },
      id,
    ],
  },
};

const OPEN_FIRST: Order = {
  name: 'open_first',
  keys: [
    { expression: sql`(${orphans.resolvedAt} is not null)::int`, type: 'integer', descending: false },
    { expression: sql`${orphans.firstSeenAt}`, type: 'timestamptz', descending: true },
    id,
  ],
};

const orphanColumns = {
  workspaceId: orphans.workspaceId,
  workspaceName: orphans.workspaceName,
  instanceId: orphans.instanceId,
  state: orphanState,
  why: orphans.why,
  orphanedAt: orphans.orphanedAt,
  firstSeenAt: orphans.firstSeenAt,
  attempts: orphans.attempts,
  failures: orphans.failures,
  lastAttemptAt: orphans.lastAttemptAt,
  nextAttemptAt: orphans.nextAttemptAt,
  lastOutcome: orphans.lastOutcome,
  lastClass: orphans.lastClass,
  lastMessage: orphans.lastMessage,
  lastHttpStatus: orphans.lastHttpStatus,
  heldAt: orphans.heldAt,
  heldBy: orphans.heldBy,
  holdReason: orphans.holdReason,
  holdUntil: orphans.holdUntil,
  secondLook: orphans.secondLook,
  secondLookDueAt: orphans.secondLookDueAt,
  resolvedAt: orphans.resolvedAt,
  resolution: orphans.resolution,
};

const attemptColumns = {
  id: attempts.id,
  sweepId: attempts.sweepId,
  workspaceId: attempts.workspaceId,
  workspaceName: attempts.workspaceName,
  instanceId: attempts.instanceId,
  startedAt: attempts.startedAt,
  finishedAt: attempts.finishedAt,
  outcome: attempts.outcome,
  class: attempts.class,
  message: attempts.message,
  httpStatus: attempts.httpStatus,
  requestId: attempts.requestId,
};

const NEWEST_ATTEMPT: Order = {
  name: 'newest_attempt',
  keys: [
    { expression: sql`${attempts.startedAt}`, type: 'timestamptz', descending: true },
    { expression: sql`${attempts.id}`, type: 'uuid', descending: true },
  ],
};

export type OrphanRow = Awaited<ReturnType<typeof listOrphans>>['items'][number];
export type AttemptRow = Awaited<ReturnType<typeof listAttempts>>['items'][number];

/** One page of the inventory, how many there are under this filter, and how old the inventory is. */
export async function listOrphans(
  home: Database,
  tenant: string,
  filter: OrphanFilter & PageRequest & { readonly sort: OrphanSort },
) {
  const order = ORDERS[filter.sort];
  return home.transaction(async (tx) => {
    const matching = matches(tenant, filter);
    const rows = await tx
      .select({ ...orphanColumns, keys: keysOf(order) })
      .from(orphans)
      .where(filter.cursor === undefined ? matching : and(matching, afterCursor(order, filter.cursor)))
      .orderBy(...orderBy(order))
      .limit(filter.limit + 1);
    const [counted] = await tx.select({ total: sql<number>`count(*)::int` }).from(orphans).where(matching);
    const { page, nextCursor } = pageOf(order, rows, filter.limit);
    return { items: page, nextCursor, total: counted?.total ?? 0, ...(await ageOf(tx, tenant)) };
  });
}

function matches(tenant: string, { state, class: failureClass, why, q }: OrphanFilter): SQL | undefined {
  const resolved = state === 'cleared' || state === 'resolved';
  return and(
    eq(orphans.tenant, tenant),
    resolved ? sql`${orphans.resolvedAt} is not null` : sql`${orphans.resolvedAt} is null`,
    state === undefined ? undefined : sql`${orphanState} = ${state}`,
    failureClass === undefined ? undefined : eq(orphans.lastClass, failureClass),
    why === undefined ? undefined : eq(orphans.why, why),
    q === undefined ? undefined : contains(q),
  );
}

function contains(q: string): SQL {
  const pattern = `%${q.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(${orphans.workspaceName} ilike ${pattern} or ${orphans.workspaceId} ilike ${pattern}
    or ${orphans.instanceId} ilike ${pattern})`;
}

/** When the platform was last looked at, and whether that is as fresh as it should be. */
async function ageOf(tx: Transaction, tenant: string) {
  const [state] = await tx
    .select({
      observedAt: tenants.observedAt,
      stale: isStale,
    })
    .from(tenants)
    .where(eq(tenants.tenant, tenant));
  return { observedAt: state?.observedAt ?? null, stale: state?.stale ?? true };
}

/** Every orphan that this workspace has or had, open ones first; empty when it was never seen. */
export async function orphansOfWorkspace(home: Database, tenant: string, workspaceId: string) {
  return home.transaction(async (tx) => {
    const items = await tx
      .select(orphanColumns)
      .from(orphans)
      .where(and(eq(orphans.tenant, tenant), eq(orphans.workspaceId, workspaceId)))
      .orderBy(...orderBy(OPEN_FIRST));
    return { items, ...(await ageOf(tx, tenant)) };
  });
}

/** Newest first, of one workspace or of one sweep. */
export async function listAttempts(
  home: Database,
  tenant: string,
  of: { readonly workspaceId: string } | { readonly sweepId: string },
  { cursor, limit }: PageRequest,
) {
  const which = 'sweepId' in of ? eq(attempts.sweepId, of.sweepId) : eq(attempts.workspaceId, of.workspaceId);
  const rows = await home.transaction((tx) =>
    tx
      .select({ ...attemptColumns, keys: keysOf(NEWEST_ATTEMPT) })
      .from(attempts)
      .where(
        and(eq(attempts.tenant, tenant), which, cursor === undefined ? undefined : afterCursor(NEWEST_ATTEMPT, cursor)),
      )
      .orderBy(...orderBy(NEWEST_ATTEMPT))
      .limit(limit + 1),
  );
  const { page, nextCursor } = pageOf(NEWEST_ATTEMPT, rows, limit);
  return { items: page, nextCursor };
}
