import { and, inArray, isNull, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { literals } from '../db/literals.ts';
import { orphans } from '../db/schema.ts';
import type { FailureClass, Outcome, Why } from './outcome.ts';

/** Such orphans are still here for that reason alone, whatever an attempt before it came to. */
const REASON_ENOUGH = ['replaced', 'reappeared'] as const satisfies readonly Why[];
const isReasonEnough = sql`${orphans.why} in (${literals(REASON_ENOUGH)})`;
const unlessEnough = <Value>(column: SQLWrapper) =>
  sql<Value | null>`case when not ${isReasonEnough} then ${column} end`;

/** What makes one cause different from another. */
export const causeColumns = {
  why: sql<(typeof REASON_ENOUGH)[number] | null>`case when ${isReasonEnough} then ${orphans.why} end`,
  class: unlessEnough<FailureClass>(orphans.lastClass),
  outcome: unlessEnough<Outcome>(orphans.lastOutcome),
  pattern: unlessEnough<string>(orphans.lastPattern),
  httpStatus: unlessEnough<number>(orphans.lastHttpStatus),
};

/** The same for all orphans of one cause. As a JSON array: neither a null nor an odd text passes for something else. */
export const causeKey: SQL<string> = sql<string>`left(md5(json_build_array(${sql.join(
  Object.values(causeColumns),
  sql`, `,
)})::text), 12)`;

/** An orphan has a cause while it is open, and its last attempt was for nothing or its reason is cause enough. */
export const hasCause: SQL | undefined = and(
  isNull(orphans.resolvedAt),
  or(inArray(orphans.lastOutcome, ['failed', 'clear_failed', 'shared', 'stopped_live', 'interrupted']), isReasonEnough),
);
