import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { attempts, orphans, SORT_NAME, sweeps, tenants } from '../db/schema.ts';
import { standingColumns } from './acting.ts';
import { causeKey, hasCause } from './cause.ts';
import { isStale } from './fresh.ts';
import { orphanState } from './orphan-state.ts';
import type { FailureClass, OrphanSort, OrphanState, Outcome, Why } from './outcome.ts';
import { afterCursor, keysOf, type Order, orderBy, pageOf, valuesOf } from './page.ts';
import { mostUrgent, urgentFirst } from './urgent.ts';

export interface OrphanFilter {
  /** Undefined: all that are open. */
  readonly state?: OrphanState | undefined;
  readonly class?: FailureClass | undefined;
  readonly why?: Why | undefined;
  /** The key of one of the causes in the status. */
  readonly cause?: string | undefined;
  /** Part of a name or an id, in any case. */
  readonly q?: string | undefined;
}

export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

const id = { expression: sql`${orphans.id}`, type: 'uuid' } as const;
const orphanedAt = { expression: sql`${orphans.orphanedAt}`, type: 'timestamptz' } as const;

const ORDERS: Readonly<Record<Exclude<OrphanSort, 'urgent'>, Order>> = {
  oldest: { name: 'oldest', keys: [orphanedAt, id], descending: false },
  newest: { name: 'newest', keys: [orphanedAt, id], descending: true },
  attempts: {
    name: 'attempts',
    keys: [{ expression: sql`${orphans.attempts}`, type: 'integer' }, id],
    descending: true,
  },
  name: { name: 'name', keys: [{ expression: SORT_NAME, type: 'text' }, id], descending: false },
};

const orphanColumns = {
  workspaceId: orphans.workspaceId,
  workspaceName: orphans.workspaceName,
  instanceId: orphans.instanceId,
  why: orphans.why,
  noRowConfirmed: orphans.noRowConfirmed,
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
  holdVerified: orphans.holdVerified,
  holdReason: orphans.holdReason,
  holdUntil: orphans.holdUntil,
  secondLook: orphans.secondLook,
  secondLookDueAt: orphans.secondLookDueAt,
  resolvedAt: orphans.resolvedAt,
  resolution: orphans.resolution,
};

const columnsOf = (tenant: string) => ({ ...orphanColumns, state: orphanState(tenant) });

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
  trigger: sweeps.trigger,
  requestedBy: sweeps.requestedBy,
  requestVerified: sweeps.requestVerified,
  reason: sweeps.reason,
};

const NEWEST_ATTEMPT: Order = {
  name: 'newest_attempt',
  keys: [
    { expression: sql`${attempts.startedAt}`, type: 'timestamptz' },
    { expression: sql`${attempts.id}`, type: 'uuid' },
  ],
  descending: true,
};

export type OrphanRow = Awaited<ReturnType<typeof listOrphans>>['items'][number];
export type AttemptRow = Awaited<ReturnType<typeof listAttempts>>['items'][number];

export type SortedFilter = OrphanFilter & PageRequest & { readonly sort: OrphanSort };

/** One page of the inventory, how many there are under this filter, and how old the inventory is. */
export async function listOrphans(home: Database, tenant: string, filter: SortedFilter) {
  return home.transaction(async (tx) => {
    const page = await readPage(tx, tenant, filter);
    const [counted] = await tx
      .select({ total: sql<number>`count(*)::int` })
      .from(orphans)
      .where(matches(tenant, filter));
    return { ...page, total: counted?.total ?? 0, ...(await ageOf(tx, tenant)) };
  });
}

/** The same for somebody who walks all pages, and need not count at each of them what he will have counted at the end. */
export async function walkOrphans(home: Database, tenant: string, filter: SortedFilter) {
  return home.transaction(async (tx) => ({ ...(await readPage(tx, tenant, filter)), ...(await ageOf(tx, tenant)) }));
}

async function readPage(tx: Transaction, tenant: string, filter: SortedFilter) {
  const order = filter.sort === 'urgent' ? urgentFirst(tenant) : ORDERS[filter.sort];
  const matching = matches(tenant, filter);
  const rows = await tx
    .select({ ...columnsOf(tenant), keys: keysOf(order) })
    .from(orphans)
    .where(onPage(tenant, filter, matching, order))
    .orderBy(...orderBy(order))
    .limit(filter.limit + 1);
  const { page, nextCursor } = pageOf(order, rows, filter.limit);
  return { items: page, nextCursor };
}

/** Those of which the page and the row behind it are the first. */
function onPage(tenant: string, filter: OrphanFilter & PageRequest, matching: SQL | undefined, order: Order) {
  const { cursor, state, limit } = filter;
  if (order.name === 'urgent' && !isResolved(state)) {
    const from = cursor === undefined ? null : valuesOf(order, cursor);
    return sql`${orphans.id} in (${mostUrgent(tenant, { matching, state, from, limit: limit + 1 })})`;
  }
  return cursor === undefined ? matching : and(matching, afterCursor(order, cursor));
}

function matches(tenant: string, { state, class: failureClass, why, cause, q }: OrphanFilter): SQL | undefined {
  return and(
    eq(orphans.tenant, tenant),
    isResolved(state) ? sql`${orphans.resolvedAt} is not null` : sql`${orphans.resolvedAt} is null`,
    state === undefined ? undefined : sql`${orphanState(tenant)} = ${state}`,
    failureClass === undefined ? undefined : eq(orphans.lastClass, failureClass),
    why === undefined ? undefined : eq(orphans.why, why),
    cause === undefined ? undefined : and(hasCause, sql`${causeKey} = ${cause}`),
    q === undefined ? undefined : contains(q),
  );
}

function isResolved(state: OrphanState | undefined): boolean {
  return state === 'cleared' || state === 'resolved';
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
      standing: standingColumns,
    })
    .from(tenants)
    .where(eq(tenants.tenant, tenant));
  if (state === undefined) return { observedAt: null, stale: true, standing: null };
  return state;
}

/** Every orphan that this workspace has or had, open ones first; empty when it was never seen. */
export async function orphansOfWorkspace(home: Database, tenant: string, workspaceId: string) {
  return home.transaction(async (tx) => {
    const items = await tx
      .select(columnsOf(tenant))
      .from(orphans)
      .where(and(eq(orphans.tenant, tenant), eq(orphans.workspaceId, workspaceId)))
      .orderBy(sql`${orphans.resolvedAt} is not null`, desc(orphans.firstSeenAt), orphans.id);
    return { items, ...(await ageOf(tx, tenant)) };
  });
}

export type AttemptsOf =
  | { readonly workspaceId: string }
  /** Found by their sweep, whatever their outcome: a rare one costs a walk over the attempts of one sweep. */
  | { readonly sweepId: string; readonly outcome?: Outcome | undefined };

/** Newest first. */
export async function listAttempts(home: Database, tenant: string, of: AttemptsOf, { cursor, limit }: PageRequest) {
  const rows = await home.transaction((tx) =>
    tx
      .select({ ...attemptColumns, keys: keysOf(NEWEST_ATTEMPT) })
      .from(attempts)
      // Each has its sweep: with that it is deleted.
      .innerJoin(sweeps, eq(sweeps.id, attempts.sweepId))
      .where(
        and(
          eq(attempts.tenant, tenant),
          made(of),
          cursor === undefined ? undefined : afterCursor(NEWEST_ATTEMPT, cursor),
        ),
      )
      .orderBy(...orderBy(NEWEST_ATTEMPT))
      .limit(limit + 1),
  );
  const { page, nextCursor } = pageOf(NEWEST_ATTEMPT, rows, limit);
  return { items: page, nextCursor };
}

function made(of: AttemptsOf): SQL | undefined {
  if ('workspaceId' in of) return eq(attempts.workspaceId, of.workspaceId);
  const { sweepId, outcome } = of;
  return and(eq(attempts.sweepId, sweepId), outcome === undefined ? undefined : eq(attempts.outcome, outcome));
}
