import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { orphans, URGENT_GROUP } from '../db/schema.ts';
import { causeColumns, causeKey, hasCause } from '../sweep/cause.ts';
import { stuckNow } from '../sweep/excuse.ts';
import { type Phrases, phrasesOf } from '../sweep/explain-phrases.ts';
import { needsPerson } from '../sweep/orphan-state.ts';
import type { BackendKind, FailureClass, Outcome, Why } from '../sweep/outcome.ts';
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
export async function readStuck(tx: Transaction, tenant: string, kind: BackendKind | null): Promise<Notice[]> {
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
  return noticesOf(rows, kind);
}

/** Where no attempt is the cause, the kind of orphan is. */
function orKind(ofCause: SQL, kind: SQL | typeof orphans.why = sql`null`): SQL {
  return sql`case when ${hasCause} then ${ofCause} else ${kind} end`;
}

/** @param causes the longest first, so that those which were told of stay what they were */
export function noticesOf(causes: readonly StuckCause[], kind: BackendKind | null): Notice[] {
  const phrases = phrasesOf(kind);
  const notices = causes.slice(0, MOST_CAUSES).map((cause) => noticeOf(cause, phrases));
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

function noticeOf({ cause, ...of }: StuckCause, phrases: Phrases): Notice {
  const reason = reasonOf(of, phrases);
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

const ofKind = ({ instance, stillThereCause }: Phrases): Readonly<Record<Why, string>> => ({
  removed: stillThereCause,
  row_gone: "the row of the workspace is gone from the platform's table",
  replaced: `the row of the workspace does not name the ${instance} any more`,
  reappeared: `the ${instance} runs on although its Stop was accepted`,
  no_row: 'the platform has no row of the workspace',
});

/** What these mean they mean whatever class stands beside them. */
const ofOutcome = ({ beingStopped, shared, notFinished }: Phrases): Readonly<Partial<Record<Outcome, string>>> => ({
  stopped_live: `a workspace was restored while ${beingStopped}`,
  shared,
  clear_failed: notFinished,
  interrupted: 'the last attempt was cut off',
});

const ofClass = ({ backend }: Phrases): Readonly<Record<FailureClass, string>> => ({
  unreachable: `the ${backend} could not be reached`,
  timeout: `the ${backend} gave no whole answer in time`,
  transient: `the ${backend} failed`,
  throttled: `the ${backend} asked to be called less`,
  unauthorized: `the ${backend} did not accept our credentials`,
  forbidden: `the ${backend} forbids the Stop`,
  in_progress: `the ${backend} says that a Stop is already in progress`,
  rejected: `the ${backend} rejected the Stop`,
  platform: "the platform's database could not be asked",
});

function reasonOf(
  { why, class: failure, outcome, pattern, httpStatus }: Omit<StuckCause, 'cause'>,
  phrases: Phrases,
): string {
  if (why !== null) return ofKind(phrases)[why];
  const special = outcome === null ? undefined : ofOutcome(phrases)[outcome];
  if (special !== undefined) return special;
  const reason = failure === null ? 'the last attempt failed' : ofClass(phrases)[failure];
  const status = httpStatus === null ? '' : ` (${httpStatus})`;
  const said = pattern?.replace(/^answered …:? ?/, '').replace(/\.+$/, '') ?? '';
  return `${reason}${status}${said === '' ? '' : `: ${said}`}`;
}
