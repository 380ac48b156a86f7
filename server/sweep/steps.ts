import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Step, Steps } from '../backends/backend.ts';
import type { Database } from '../db/connect.ts';
import { orphans } from '../db/schema.ts';
import { steps } from '../db/step-schema.ts';
import type { Why } from './outcome.ts';

/** An open orphan whose container has been removed by us, and something else of it has not. */
export interface Leftover {
  readonly workspaceId: string;
  readonly workspaceName: string | null;
  readonly instanceId: string;
  readonly why: Why;
}

/** What is remembered of Stops that take several steps. */
export type StepsOfOrphan = Omit<Steps, 'mayGoOn'>;

export function stepsOf(home: Database, tenant: string, orphanId: string): StepsOfOrphan {
  return {
    left: () =>
      home.transaction((tx) =>
        tx
          .select({ kind: steps.kind, name: steps.name, createdAt: steps.createdAt })
          .from(steps)
          .where(and(eq(steps.orphanId, orphanId), isNull(steps.doneAt)))
          .orderBy(asc(steps.place)),
      ),
    // Planned again where all was done, as for one that has come back under the same id: what is known then stays done.
    plan: (planned) =>
      home.transaction(async (tx) => {
        if (planned.length === 0) return;
        await tx
          .insert(steps)
          .values(planned.map((step, place) => ({ tenant, orphanId, place, ...step })))
          .onConflictDoUpdate({
            target: [steps.orphanId, steps.place],
            set: {
              kind: sql`excluded.kind`,
              name: sql`excluded.name`,
              createdAt: sql`excluded.created_at`,
              doneAt: null,
            },
          });
      }),
    done: ({ kind, name }: Step) =>
      home.transaction(async (tx) => {
        await tx
          .update(steps)
          .set({ doneAt: sql`now()` })
          .where(and(eq(steps.orphanId, orphanId), eq(steps.kind, kind), eq(steps.name, name)));
      }),
  };
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
          sql`exists (select 1 from ${steps} where orphan_id = orphans.id and kind = 'container' and done_at is not null)`,
        ),
      ),
  );
}
