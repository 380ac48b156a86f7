import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Step } from '../backends/backend.ts';
import type { Database } from '../db/connect.ts';
import { orphans } from '../db/schema.ts';
import { steps } from '../db/step-schema.ts';
import type { Why } from './outcome.ts';

/** An open orphan of which something is still to be removed: perhaps its container, perhaps only what belonged to that. */
export interface Leftover {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly instanceId: string;
  readonly why: Why;
}

export async function stepsLeft(home: Database, orphanId: string): Promise<readonly Step[]> {
  return home.transaction((tx) =>
    tx
      .select({ kind: steps.kind, name: steps.name, createdAt: steps.createdAt })
      .from(steps)
      .where(and(eq(steps.orphanId, orphanId), isNull(steps.doneAt)))
      .orderBy(asc(steps.place)),
  );
}

/**
 * In place of all that was planned before. What another replica has begun meanwhile, with our plan and our lease, is not
 * taken from it.
 */
export async function planSteps(
  home: Database,
  tenant: string,
  orphanId: string,
  planned: readonly Step[],
): Promise<void> {
  await home.transaction(async (tx) => {
    const begun = sql`(select true from ${steps} as step where step.orphan_id = ${orphanId} and step.done_at is not null limit 1)`;
    const kept = planned.length === 0 ? sql`${begun} is null` : undefined;
    await tx.delete(steps).where(and(eq(steps.orphanId, orphanId), kept));
    if (planned.length === 0) return;
    await tx.insert(steps).values(planned.map((step, place) => ({ tenant, orphanId, place, ...step })));
  });
}

export async function stepDone(home: Database, orphanId: string, { kind, name }: Step): Promise<void> {
  await home.transaction(async (tx) => {
    await tx
      .update(steps)
      .set({ doneAt: sql`now()` })
      .where(and(eq(steps.orphanId, orphanId), eq(steps.kind, kind), eq(steps.name, name)));
  });
}

/** Those of a tenant: they are orphans still, although no engine lists their containers any more. */
export async function readLeftovers(home: Database, tenant: string): Promise<Leftover[]> {
  return home.transaction((tx) =>
    tx
      .select({
        workspaceId: orphans.workspaceId,
        workspaceName: orphans.workspaceName,
        instanceId: orphans.instanceId,
        why: orphans.why,
      })
      .from(orphans)
      .where(
        and(
          eq(orphans.tenant, tenant),
          isNull(orphans.resolvedAt),
          sql`orphans.id in (select orphan_id from ${steps} where tenant = ${tenant} and done_at is null)`,
        ),
      ),
  );
}
