import { and, type SQL, sql } from 'drizzle-orm';
import { orphans, URGENT_GROUP } from '../db/schema.ts';
import { stuckByNow } from './excuse.ts';
import { isHeld, needsPerson, orphanState } from './orphan-state.ts';
import type { OrphanState } from './outcome.ts';
import { after, type Order, type SortKey } from './page.ts';

const LONGEST: readonly SortKey[] = [
  { expression: sql`${orphans.orphanedAt}`, type: 'timestamptz' },
  { expression: sql`${orphans.id}`, type: 'uuid' },
];

/** Stuck first, then those that have waited longest, held ones last. */
export function urgentFirst(tenant: string): Order {
  const rank = sql`case ${orphanState(tenant)} when 'stuck' then 0 when 'held' then 2 else 1 end`;
  return { name: 'urgent', keys: [{ expression: rank, type: 'integer' }, ...LONGEST], descending: false };
}

export interface UrgentPage {
  /** A condition on `orphans` that only open ones meet. */
  readonly matching: SQL | undefined;
  readonly state: OrphanState | undefined;
  /** The keys of the row behind which it begins. */
  readonly from: readonly string[] | null;
  readonly limit: number;
}

/**
 * The ids of the most urgent open orphans, as a select. Whether one is stuck or held depends on the time, so no index
 * has this order; but each of three groups has it in `orphans_urgent`, and from each only the first are taken.
 */
export function mostUrgent(tenant: string, { matching, state, from, limit }: UrgentPage): SQL {
  const [rank = '0', ...longest] = from ?? [];
  const stuckBy = stuckByNow(tenant);
  const group = (number: number, which: SQL) => {
    return sql`${URGENT_GROUP} = ${sql.raw(String(number))} and ${which}`;
  };
  const ranks = [
    [group(0, sql`${orphans.stuckAt} <= ${stuckBy}`), group(2, needsPerson(tenant))],
    [
      group(0, sql`${orphans.stuckAt} > ${stuckBy}`),
      group(1, sql`true`),
      group(2, sql`not ${isHeld} and not ${needsPerson(tenant)}`),
    ],
    [group(2, isHeld)],
  ];
  // What is not needed to fill the page is not looked for.
  const names = ranks.map((_, i) => sql.raw(`rank_${i}`));
  const found = ranks.map((groups, i) => {
    const before = names.slice(0, i).map((name) => sql`(select count(*) from ${name})`);
    const needed = before.length === 0 ? undefined : sql`${sql.join(before, sql` + `)} < ${limit}`;
    const behind =
      from === null || i > Number(rank)
        ? undefined
        : i < Number(rank)
          ? sql`false`
          : after({ keys: LONGEST, descending: false }, longest);
    const wanted = mayBe(i, state) ? undefined : sql`false`;
    const selects = groups.map(
      (which) => sql`(select id, orphaned_at from ${orphans}
        where ${and(matching, which, behind, wanted, needed)} order by orphaned_at, id limit ${limit})`,
    );
    return sql`${names[i]} as materialized (
      select id, ${i}::integer as rank, orphaned_at from (${sql.join(selects, sql` union all `)}) as found
      order by orphaned_at, id limit ${limit})`;
  });
  return sql`with ${sql.join(found, sql`, `)}
    select id from (${sql.join(
      names.map((name) => sql`select * from ${name}`),
      sql` union all `,
    )}) as found order by rank, orphaned_at, id limit ${limit}`;
}

/** Whether one in this state may be of this rank. */
function mayBe(rank: number, state: OrphanState | undefined): boolean {
  return state === undefined || rank === (state === 'stuck' ? 0 : state === 'held' ? 2 : 1);
}
