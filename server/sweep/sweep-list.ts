import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { sweeps } from '../db/schema.ts';
import { type Counts, countAttempts } from './counts.ts';
import type { PageRequest } from './orphan-list.ts';
import type { SweepResult, Trigger } from './outcome.ts';
import { afterCursor, cursorOf, keysOf, type Order, orderBy, pageOf } from './page.ts';

export interface SweepFilter {
  readonly trigger?: Trigger | undefined;
  readonly result?: SweepResult | undefined;
  /** False leaves out those that found nothing; then it is told how many of them lie in between. */
  readonly quiet: boolean;
}

/** While a sweep runs its counts are those of its attempts; its row gets them when it ends. */
export const sweepCounts = sql<Counts>`case when ${sweeps.result} = 'running' then ${countAttempts(null)} else ${sweeps.counts} end`;

const columns = {
  id: sweeps.id,
  tenant: sweeps.tenant,
  trigger: sweeps.trigger,
  scope: sweeps.scope,
  requestedBy: sweeps.requestedBy,
  requestVerified: sweeps.requestVerified,
  reason: sweeps.reason,
  dryRun: sweeps.dryRun,
  drain: sweeps.drain,
  requestedAt: sweeps.requestedAt,
  startedAt: sweeps.startedAt,
  finishedAt: sweeps.finishedAt,
  cancelRequestedAt: sweeps.cancelRequestedAt,
  cancelRequestedBy: sweeps.cancelRequestedBy,
  cancelVerified: sweeps.cancelVerified,
  result: sweeps.result,
  counts: sweepCounts,
  claimed: sweeps.claimed,
  deferred: sweeps.deferred,
  looks: sweeps.looks,
  open: sweeps.open,
  stuck: sweeps.stuck,
  error: sweeps.error,
  replica: sweeps.replica,
};

const NEWEST: Order = {
  name: 'newest_sweep',
  keys: [
    { expression: sql`${sweeps.requestedAt}`, type: 'timestamptz' },
    { expression: sql`${sweeps.id}`, type: 'uuid' },
  ],
  descending: true,
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
    const { quiet, cursor, limit } = filter;
    const rows = await tx
      .select({ ...columns, keys: keysOf(NEWEST) })
      .from(sweeps)
      .where(
        and(
          matches(tenant, filter),
          quiet ? undefined : sql`not (${isQuiet})`,
          cursor === undefined ? undefined : afterCursor(NEWEST, cursor),
        ),
      )
      .orderBy(...orderBy(NEWEST))
      .limit(limit + 1);
    const { page, nextCursor } = pageOf(NEWEST, rows, limit);
    const folded = quiet ? null : await fold(tx, tenant, filter, rows);
    return {
      items: page.map((row, i) => ({ ...row, folded: folded?.behind[i] ?? null })),
      nextCursor,
      quietAfter: folded?.first ?? null,
    };
  });
}

function matches(tenant: string, { trigger, result }: Pick<SweepFilter, 'trigger' | 'result'>): SQL | undefined {
  return and(
    eq(sweeps.tenant, tenant),
    trigger === undefined ? undefined : eq(sweeps.trigger, trigger),
    result === undefined ? undefined : eq(sweeps.result, result),
  );
}

/**
 * How many that found nothing lie before the first sweep of the list, and between each and the next older one: of the
 * same trigger, for they are those that unfolding shows. A later page begins where the one before has counted to.
 */
async function fold(
  tx: Transaction,
  tenant: string,
  { trigger, cursor, limit }: Pick<SweepFilter, 'trigger'> & PageRequest,
  rows: readonly { readonly keys: string[] }[],
) {
  const count = async (from: string[] | undefined, to: string[] | undefined): Promise<number> => {
    const [row] = await tx
      .select({ quiet: sql<number>`count(*)::int` })
      .from(sweeps)
      .where(and(matches(tenant, { trigger }), isQuiet, older(from), newer(to)));
    return row?.quiet ?? 0;
  };
  const behind: { readonly quietBefore: number; readonly quietCursor: string }[] = [];
  for (const [i, { keys }] of rows.slice(0, limit).entries()) {
    behind.push({ quietBefore: await count(keys, rows[i + 1]?.keys), quietCursor: cursorOf(NEWEST, keys) });
  }
  return { first: cursor === undefined ? await count(undefined, rows[0]?.keys) : 0, behind };
}

function older(keys: string[] | undefined): SQL | undefined {
  return keys && sql`(${sweeps.requestedAt}, ${sweeps.id}) < (${keys[0]}::timestamptz, ${keys[1]}::uuid)`;
}

function newer(keys: string[] | undefined): SQL | undefined {
  return keys && sql`(${sweeps.requestedAt}, ${sweeps.id}) > (${keys[0]}::timestamptz, ${keys[1]}::uuid)`;
}
