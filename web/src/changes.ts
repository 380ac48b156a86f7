import type { TestedAnswer } from '../../server/api/notifications.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import type { TokenCreatedAnswer, TokensAnswer } from '../../server/api/tokens.ts';
import type { Role } from '../../server/sweep/outcome.ts';
import { change, PATIENCE_FOR_OTHERS_MS } from './api.ts';

/** What a person can do here. Each throws ApiError where it was refused, or nobody answered. */

/** Who did it, by their own account; null: not said. */
type Actor = string | null;

export interface SweepOrder {
  readonly dryRun?: boolean;
  /** Until none is left, and not only SWEEP_LIMIT of them. */
  readonly drain?: boolean;
  /** Only the orphans of these; all unless told. */
  readonly workspaceIds?: readonly string[];
  /** How many open orphans were on the screen; null where that was no part of the decision. */
  readonly expected: number | null;
  readonly reason?: string;
  readonly actor: Actor;
  /** Orphans that were known of, and are none of these: told with what becomes of it. */
  readonly notIncluded?: number;
}

export const postSweep = ({ workspaceIds, dryRun = false, drain = false, expected, reason, actor }: SweepOrder) =>
  change<Sweep>('POST', '/api/sweeps', {
    ...(dryRun ? { dryRun } : {}),
    ...(drain ? { drain } : {}),
    ...(workspaceIds === undefined ? {} : { workspaceIds }),
    ...(expected === null ? {} : { expected }),
    ...(reason === undefined ? {} : { reason }),
    ...by(actor),
  });

export const cancelSweep = (sweepId: string, actor: Actor) =>
  change<Sweep>('DELETE', `/api/sweeps/${encodeURIComponent(sweepId)}`, by(actor));

/** A reason, and for how long: ISO 8601. */
export interface Term {
  readonly reason: string;
  readonly until: string;
  readonly actor: Actor;
}

export const putPause = ({ reason, until, actor }: Term) =>
  change<unknown>('PUT', '/api/pause', { reason, until, ...by(actor) });
export const deletePause = (actor: Actor) => change<unknown>('DELETE', '/api/pause', by(actor));

export const putHold = (workspaceId: string, { reason, until, actor }: Term) =>
  change<unknown>('PUT', `${ofWorkspace(workspaceId)}/hold`, { reason, until, ...by(actor) });
export const deleteHold = (workspaceId: string, actor: Actor) =>
  change<unknown>('DELETE', `${ofWorkspace(workspaceId)}/hold`, by(actor));
export const postAcknowledge = (workspaceId: string, reason: string, actor: Actor) =>
  change<unknown>('POST', `${ofWorkspace(workspaceId)}/acknowledge`, { reason, ...by(actor) });

/** @param orphans the number that was on the screen: where many more wait by then, it is refused */
export const postRelease = (orphans: number, reason: string, actor: Actor) =>
  change<unknown>('POST', '/api/brake/release', { orphans, reason, ...by(actor) });

export interface TokenOrder {
  readonly name: string;
  readonly role: Role;
  /** After how many it expires. */
  readonly days: number;
  readonly actor: Actor;
}

/** @returns with the token itself, which nobody can be told again */
export const postToken = ({ name, role, days, actor }: TokenOrder) =>
  change<TokenCreatedAnswer>('POST', '/api/tokens', { name, role, days, ...by(actor) });
export const deleteToken = (id: string, actor: Actor) =>
  change<TokensAnswer>('DELETE', `/api/tokens/${encodeURIComponent(id)}`, by(actor));
/** A test message to every channel: the answer comes when the last of them has answered, or did not. */
export const postTestMessage = (actor: Actor) =>
  change<TestedAnswer>('POST', '/api/notifications/test', by(actor), PATIENCE_FOR_OTHERS_MS);

function ofWorkspace(workspaceId: string): string {
  return `/api/orphans/${encodeURIComponent(workspaceId)}`;
}

function by(actor: Actor): { readonly actor?: string } {
  return actor === null ? {} : { actor };
}
