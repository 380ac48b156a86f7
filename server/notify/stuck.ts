import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { orphans, URGENT_GROUP } from '../db/schema.ts';
import { causeColumns, causeKey, hasCause } from '../sweep/cause.ts';
import { stuckNow } from '../sweep/excuse.ts';
import { needsPerson } from '../sweep/orphan-state.ts';
import type { FailureClass, Outcome, Why } from '../sweep/outcome.ts';
import type { Notice } from './message.ts';

/** One cause, and the orphans that need a person for it. */
export interface StuckCause {
  readonly cause: string;
  readonly why: Why | null;
  readonly class: FailureClass | null;
  readonly outcome: Outcome | null;
  readonly pattern: string | null;
  readonly httpStatus: number | null;
  readonly orphans: number;
  /** ISO 8601: when the first of them needed one. */
  readonly since: string;
}

/** Nobody reads more at once; the rest are told of together. */
export const MOST_CAUSES = 20;
const OTHERS = 'others';

/** Why orphans need a person now, the longest first: one notice for each cause, however many orphans share it. */
export async function readStuck(tx: Transaction, tenant: string): Promise<Notice[]> {
  const { rows } = await tx.execute<Record<string, unknown> & StuckCause>(sql`
    select cause, why, class, outcome, pattern, http_status as "httpStatus", count(*)::int as orphans,
      to_char(min(since), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
    from (
      select ${orKind(causeKey, sql`${orphans.why}::text`)} as cause,
        ${orKind(causeColumns.why, orphans.why)} as why,
        ${orKind(causeColumns.class)} as class, ${orKind(causeColumns.outcome)} as outcome,
        ${orKind(causeColumns.pattern)} as pattern, ${orKind(causeColumns.httpStatus)} as http_status,
        ${stuckNow(tenant)} as since
      from ${orphans}
      where ${orphans.tenant} = ${tenant} and ${orphans.resolvedAt} is null
        and ${URGENT_GROUP} in (0, 2) and ${needsPerson(tenant)}
    ) as stuck
    group by 1, 2, 3, 4, 5, 6 order by min(stuck.since), cause`);
  return noticesOf(rows);
}

/** Where no attempt is the cause, the kind of orphan is. */
function orKind(ofCause: SQL, kind: SQL | typeof orphans.why = sql`null`): SQL {
  return sql`case when ${hasCause} then ${ofCause} else ${kind} end`;
}

/** @param causes the longest first, so that those which were told of stay what they were */
export function noticesOf(causes: readonly StuckCause[]): Notice[] {
  const notices = causes.slice(0, MOST_CAUSES).map(noticeOf);
  const others = causes.slice(MOST_CAUSES);
  if (others.length === 0) return notices;
  const count = others.reduce((sum, one) => sum + one.orphans, 0);
  const notice: Notice = {
    kind: 'stuck',
    cause: OTHERS,
    summary: `${needing(count)} for ${others.length} further causes.`,
    endSummary: `There are no more than ${MOST_CAUSES} causes any more for which orphans need a person.`,
    details: { orphans: count, causes: others.length },
  };
  return [...notices, notice];
}

function noticeOf({ cause, ...of }: StuckCause): Notice {
  const reason = reasonOf(of);
  return {
    kind: 'stuck',
    cause,
    summary: `${needing(of.orphans)}: ${reason}.`,
    endSummary: `No orphan needs a person any more for this: ${reason}.`,
    details: of,
  };
}

function needing(count: number): string {
  return count === 1 ? '1 orphan needs a person' : `${count} orphans need a person`;
}

const OF_KIND: Readonly<Record<Why, string>> = {
  removed: 'a removed workspace still carries its instance',
  row_gone: "the row of the workspace is gone from the platform's table",
  replaced: 'the row of the workspace does not name the instance any more',
  reappeared: 'the instance runs on although its Stop was accepted',
  no_row: 'the platform has no row of the workspace',
};

/** What these mean they mean whatever class stands beside them. */
const OF_OUTCOME: Readonly<Partial<Record<Outcome, string>>> = {
  stopped_live: 'a workspace was restored while its instance was being stopped',
  shared: 'a live workspace names the same instance',
  clear_failed: "the Stop was accepted, but the platform's database did not clear the id",
  interrupted: 'the last attempt was cut off',
};

const OF_CLASS: Readonly<Record<FailureClass, string>> = {
  unreachable: 'the control plane could not be reached',
  timeout: 'the control plane gave no whole answer in time',
  transient: 'the control plane failed',
  throttled: 'the control plane asked to be called less',
  unauthorized: 'the control plane did not accept our credentials',
  forbidden: 'the control plane forbids the Stop',
  in_progress: 'the control plane says that a Stop is already in progress',
  rejected: 'the control plane rejected the Stop',
  platform: "the platform's database could not be asked",
};

function reasonOf({ why, class: failure, outcome, pattern, httpStatus }: Omit<StuckCause, 'cause'>): string {
  if (why !== null) return OF_KIND[why];
  const special = outcome === null ? undefined : OF_OUTCOME[outcome];
  if (special !== undefined) return special;
  const words = failure === null ? 'the last attempt failed' : OF_CLASS[failure];
  const status = httpStatus === null ? '' : ` (${httpStatus})`;
  const said = pattern?.replace(/^answered …:? ?/, '').replace(/\.+$/, '') ?? '';
  return `${words}${status}${said === '' ? '' : `: ${said}`}`;
}
