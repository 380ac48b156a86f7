import { eq, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { tenants } from '../db/schema.ts';
import type { BackendKind } from '../sweep/outcome.ts';
import type { Notice } from './message.ts';
import { type Quiet, readSilence } from './silence.ts';
import { readStuck } from './stuck.ts';

/** What people are to be told of now. */
export interface Sight extends Omit<Quiet, 'notice'> {
  readonly notices: readonly Notice[];
}

/** The platform is not looked at: that is what sweeps are for, and whether they do is what is watched. */
export async function look(
  tx: Transaction,
  tenant: string,
  of: { readonly intervalMs: number; readonly kind: BackendKind | null },
): Promise<Sight> {
  const { notice, ...quiet } = await readSilence(tx, tenant, of);
  const brake = await readBrake(tx, tenant);
  const stuck = await readStuck(tx, tenant, of.kind);
  return { ...quiet, notices: [notice, brake, ...stuck].filter((one) => one !== null) };
}

/** Each time that it latches is one of its own: a person who has just released it must hear of the next. */
async function readBrake(tx: Transaction, tenant: string): Promise<Notice | null> {
  const [row] = await tx
    .select({
      cause: sql<string | null>`${tenants.brakeAt}::text`,
      latchedAt: tenants.brakeAt,
      newOrphans: tenants.brakeOrphans,
      platformEmpty: tenants.platformEmpty,
    })
    .from(tenants)
    .where(eq(tenants.tenant, tenant));
  if (row === undefined || row.cause === null || row.latchedAt === null) return null;
  const { cause, latchedAt, newOrphans, platformEmpty } = row;
  const why = platformEmpty ? ": the platform's table holds no row at all" : surgeOf(newOrphans);
  return {
    kind: 'brake',
    cause,
    summary: `The safety brake has latched${why}; nothing is stopped until a person releases it.`,
    endSummary: 'The safety brake was released.',
    details: { newOrphans, latchedAt: latchedAt.toISOString() },
  };
}

function surgeOf(newOrphans: number | null): string {
  return newOrphans === null ? '' : `: ${newOrphans} new orphans within ten minutes`;
}
