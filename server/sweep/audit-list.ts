import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { audit, orphans, sweeps } from '../db/schema.ts';
import type { PageRequest } from './orphan-list.ts';
import type { AuditAction, SweepResult } from './outcome.ts';
import { afterCursor, keysOf, type Order, orderBy, pageOf } from './page.ts';
import { sweepCounts } from './sweep-list.ts';

const NEWEST: Order = {
  name: 'newest_act',
  keys: [
    { expression: sql`${audit.at}`, type: 'timestamptz' },
    { expression: sql`${audit.id}`, type: 'uuid' },
  ],
  descending: true,
};

const columns = {
  id: audit.id,
  at: audit.at,
  actor: audit.actor,
  verified: audit.verified,
  address: audit.address,
  action: sql<AuditAction>`${audit.action}`,
  target: audit.target,
  reason: audit.reason,
  refused: audit.refused,
  requestId: audit.requestId,
};

export interface AuditFilter extends PageRequest {
  /** Undefined: all. */
  readonly target?: string | undefined;
}

/**
 * What was done or refused, newest first; with what its target is called, and what became of it, where it is a
 * workspace or a sweep that is still kept.
 */
export async function listAudit(home: Database, tenant: string, filter: AuditFilter) {
  const { cursor, limit, target } = filter;
  return home.transaction(async (tx) => {
    const rows = await tx
      .select({ ...columns, keys: keysOf(NEWEST) })
      .from(audit)
      .where(
        and(
          eq(audit.tenant, tenant),
          target === undefined ? undefined : eq(audit.target, target),
          cursor === undefined ? undefined : afterCursor(NEWEST, cursor),
        ),
      )
      .orderBy(...orderBy(NEWEST))
      .limit(limit + 1);
    const { page, nextCursor } = pageOf(NEWEST, rows, limit);
    const targets = [...new Set(page.flatMap((row) => row.target ?? []))];
    const names = await namesOf(tx, tenant, targets);
    const swept = await sweepsOf(tx, tenant, targets);
    const items = page.map(({ keys: _, ...row }) => ({
      ...row,
      workspaceName: (row.target === null ? undefined : names.get(row.target)) ?? null,
      sweep: (row.target === null ? undefined : swept.get(row.target)) ?? null,
    }));
    return { items, nextCursor };
  });
}

/** By the newest orphan of each: a workspace can be called otherwise in between. */
async function namesOf(tx: Transaction, tenant: string, targets: readonly string[]) {
  if (targets.length === 0) return new Map<string, string | null>();
  const rows = await tx
    .selectDistinctOn([orphans.workspaceId], { id: orphans.workspaceId, name: orphans.workspaceName })
    .from(orphans)
    .where(and(eq(orphans.tenant, tenant), inArray(orphans.workspaceId, [...targets])))
    .orderBy(orphans.workspaceId, desc(orphans.firstSeenAt));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function sweepsOf(tx: Transaction, tenant: string, targets: readonly string[]) {
  const ids = targets.filter((target) => UUID.test(target));
  if (ids.length === 0) return new Map<string, never>();
  const rows = await tx
    .select({
      id: sweeps.id,
      result: sql<SweepResult>`${sweeps.result}`,
      counts: sweepCounts,
      deferred: sweeps.deferred,
    })
    .from(sweeps)
    .where(and(eq(sweeps.tenant, tenant), inArray(sweeps.id, ids)));
  return new Map(rows.map(({ id, ...sweep }) => [id, sweep]));
}
