import { type SQL, sql } from 'drizzle-orm';
import { orphans } from '../db/schema.ts';
import { isStuck } from './excuse.ts';
import type { OpenState, OrphanState } from './outcome.ts';

/**
 * The state of an orphan, as the one place that decides it. Stuck wins over sweeping: a retry is no reason to relax.
 * Stands in a statement about `orphans`.
 */
export function orphanState(tenant: string): SQL<OrphanState> {
  return sql<OrphanState>`case
    when ${orphans.resolvedAt} is not null then
      case when ${orphans.resolution} in ('stopped', 'already_gone') then 'cleared' else 'resolved' end
    ${whileOpen(tenant, sql`when ${isSweeping} then 'sweeping'`)} end`;
}

export type RestingState = Exclude<OpenState, 'sweeping'>;

/** The state of an open orphan as if no attempt of it were being made: for this the index `orphans_urgent` is enough. */
export function restingState(tenant: string): SQL<RestingState> {
  return sql<RestingState>`case ${whileOpen(tenant, sql``)} end`;
}

function whileOpen(tenant: string, sweeping: SQL): SQL {
  return sql`
    when ${isHeld} then 'held'
    when ${isStuck(tenant)} then 'stuck'
    ${sweeping}
    when ${orphans.lastOutcome} is not null then 'retrying'
    else 'waiting'`;
}

/** An open one is held. */
export const isHeld = sql`coalesce(${orphans.holdUntil} > now(), false)`;

/** An attempt of an open one is being made. */
export const isSweeping = sql`(${orphans.attemptId} is not null and ${orphans.claimedUntil} > now())`;

/** An open one is stuck: of this, too, that index knows enough. */
export function needsPerson(tenant: string): SQL<boolean> {
  return sql<boolean>`(not ${isHeld} and coalesce(${isStuck(tenant)}, false))`;
}
