import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { sweeps } from '../db/schema.ts';
import { type Counts, countAttempts } from './counts.ts';
import type { PageRequest } from './orphan-list.ts';
import type { SweepResult, Trigger } from './outcome.ts';
import { afterCursor, keysOf, type Order, orderBy, pageOf } from './page.ts';

export interface SweepFilter {
  readonly trigger?: Trigger | undefined;
  readonly result?: SweepResult | undefined;
  /** False leaves out those that found nothing; then each carries how many of them came right before it. */
  readonly quiet: boolean;
}

/** While a sweep runs its counts are those of its attempts; its row gets them when it ends. */
const counts = sql<Counts>`case when ${sweeps.result} = 'running' then ${countAttempts(null)} else ${sweeps.counts} end`;

const columns = {
  id: sweeps.id,
  tenant: sweeps.tenant,
  trigger: sweeps.trigger,
  scope: sweeps.scope,
  requestedBy: sweeps.requestedBy,
  reason: sweeps.reason,
  dryRun: sweeps.dryRun,
  drain: sweeps.drain,
  requestedAt: sweeps.requestedAt,
  startedAt: sweeps.startedAt,
  finishedAt: sweeps.finishedAt,
  result: sweeps.result,
  counts,
  claimed: sweeps.claimed,
  deferred: sweeps.deferred,
  open: sweeps.open,
  stuck: sweeps.stuck,
  error: sweeps.error,
  replica: sweeps.replica,
};

const NEWEST: Order = {
  name: 'newest_sweep',
  keys: [
    { expression: sql`${sweeps.requestedAt}`, type: 'timestamptz', descending: true },
    { expression: sql`${sweeps.id}`, type: 'uuid', descending: true },
  ],
};

const isQuiet = sql`${sweeps.result} = 'nothing_to_do'`;

export type SweepRow = NonNullable<Awaited<ReturnType<typeof readSweep>>>;

export async function readSweep(home: Database, tenant: string, sweepId: string) {
  const [row] = await home.transaction((tx) =>
    tx
      .select(columns)
      .from(sweeps)
      .where(and(eq(sweeps.tenant, tenant), eq(sweeps.id, sweepId))),
  );
  return row ?? null;
}

/** Newest first. */
export async function listSweeps(home: Database, tenant: string, filter: SweepFilter & PageRequest) {
  return home.transaction(async (tx) => {
    const { trigger, result, quiet, cursor, limit } = filter;
    const rows = await tx
      .select({ ...columns, keys: keysOf(NEWEST) })
      .from(sweeps)
      .where(
        and(
          eq(sweeps.tenant, tenant),
          trigger === undefined ? undefined : eq(sweeps.trigger, trigger),
          result === undefined ? undefined : eq(sweeps.result, result),
          quiet ? undefined : sql`not (${isQuiet})`,
          cursor === undefined ? undefined : afterCursor(NEWEST, cursor),
        ),
      )
      .orderBy(...orderBy(NEWEST))
      .limit(limit + 1);
    const { page, nextCursor } = pageOf(NEWEST, rows, limit);
    const quietBefore = quiet ? null : await countQuietBefore(tx, tenant, page, rows[limit]);
    return { items: page.map((row, i) => ({ ...row, quietBefore: quietBefore?.[i] ?? null })), nextCursor };
  });
}

/** For each sweep, how many that found nothing lie between it and the next older one shown. */
async function countQuietBefore(
  tx: Transaction,
  tenant: string,
  page: readonly { readonly keys: string[] }[],
  next: { readonly keys: string[] } | undefined,
): Promise<number[]> {
  const bounds = [...page, ...(next === undefined ? [] : [next])].map(({ keys }) => keys);
  const counted: number[] = [];
  for (const [i] of page.entries()) {
    const [row] = await tx
      .select({ quiet: sql<number>`count(*)::int` })
      .from(sweeps)
      .where(and(eq(sweeps.tenant, tenant), isQuiet, older(bounds[i]), newer(bounds[i + 1])));
    counted.push(row?.quiet ?? 0);
  }
  return counted;
}

function older(keys: string[] | undefined): SQL | undefined {
  return keys && sql`(${sweeps.requestedAt}, ${sweeps.id}) < (${keys[0]}::timestamptz, ${keys[1]}::uuid)`;
}

function newer(keys: string[] | undefined): SQL | undefined {
  return keys && sql`(${sweeps.requestedAt}, ${sweeps.id}) > (${keys[0]}::timestamptz, ${keys[1]}::uuid)`;
}
