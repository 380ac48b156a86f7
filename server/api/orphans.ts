import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { Config } from '../config.ts';
import { type Acting, actingOf, type Standing } from '../sweep/acting.ts';
import { isStoppable } from '../sweep/claim.ts';
import { type ExplainedBackend, explain } from '../sweep/explain.ts';
import { listAttempts, listOrphans, type OrphanRow, orphansOfWorkspace } from '../sweep/orphan-list.ts';
import {
  CAUSE_KEY,
  FAILURE_CLASSES,
  ORPHAN_SORTS,
  ORPHAN_STATES,
  OUTCOMES,
  RESOLUTIONS,
  SECOND_LOOKS,
  WHYS,
} from '../sweep/outcome.ts';
import { AttemptSchema, attemptOnWire } from './attempts.ts';
import { type ApiDeps, type Home, homeOf } from './deps.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { DEFAULT_LIMIT, iso, NextCursor, Nullable, PageQuery, Time } from './wire.ts';

export const OrphanSchema = Type.Object({
  workspaceId: Type.String(),
  workspaceName: Nullable(Type.String()),
  instanceId: Type.String(),
  state: Type.Enum([...ORPHAN_STATES]),
  why: Type.Enum([...WHYS]),
  orphanedAt: Time,
  firstSeenAt: Time,
  attempts: Type.Integer(),
  lastAttemptAt: Nullable(Time),
  lastOutcome: Nullable(Type.Enum([...OUTCOMES])),
  lastError: Nullable(
    Type.Object({
      class: Nullable(Type.Enum([...FAILURE_CLASSES])),
      message: Type.String(),
      httpStatus: Nullable(Type.Integer()),
    }),
  ),
  nextAttemptAt: Nullable(Type.String({ format: 'date-time', description: 'Null: there will be none' })),
  hold: Nullable(
    Type.Object({ actor: Type.String(), verified: Type.Boolean(), reason: Type.String(), since: Time, until: Time }),
  ),
  secondLook: Nullable(Type.Object({ result: Type.Enum([...SECOND_LOOKS]), dueAt: Nullable(Time) })),
  resolvedAt: Nullable(Time),
  resolution: Nullable(Type.Enum([...RESOLUTIONS])),
  explanation: Type.String({ description: 'One sentence: why it is still here, and what happens next' }),
});
export type Orphan = Static<typeof OrphanSchema>;

export const InventoryAge = {
  observedAt: Nullable(Time),
  stale: Type.Boolean({ description: 'The platform could not be looked at when this was asked' }),
};

const OrphanList = Type.Object({
  items: Type.Array(OrphanSchema),
  nextCursor: NextCursor,
  total: Type.Integer({ description: 'All that match, on every page' }),
  ...InventoryAge,
});
export type OrphanListAnswer = Static<typeof OrphanList>;

/** PostgreSQL has no text with a NUL in it, so nothing it holds can be found by one. */
export const NO_NUL = '^[^\\u0000]*$';
export const WorkspacePath = Type.Object({
  workspaceId: Type.String({ minLength: 1, maxLength: 200, pattern: NO_NUL }),
});

/** Every orphan that a workspace has or had. */
export const WorkspaceOrphans = Type.Object({ items: Type.Array(OrphanSchema), ...InventoryAge });

/** Which orphans, and in which order. */
export const OrphanFilterQuery = {
  state: Type.Optional(Type.Enum([...ORPHAN_STATES], { description: 'Default: all that are open' })),
  class: Type.Optional(Type.Enum([...FAILURE_CLASSES])),
  why: Type.Optional(Type.Enum([...WHYS])),
  cause: Type.Optional(Type.String({ pattern: CAUSE_KEY, description: 'The `key` of a cause in the status' })),
  q: Type.Optional(Type.String({ maxLength: 200, pattern: NO_NUL, description: 'Part of a name or an id' })),
  sort: Type.Optional(Type.Enum([...ORPHAN_SORTS], { default: 'urgent' })),
  tenant: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
};

const ListQuery = Type.Object({ ...OrphanFilterQuery, ...PageQuery }, { additionalProperties: false });

export function orphanRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  return async (app) => {
    app.get(
      '/orphans',
      {
        schema: {
          summary: 'The orphans there are: never older than 2 s while the platform answers',
          querystring: ListQuery,
          response: { 200: OrphanList, ...problemResponses(['invalid_cursor', 'home_database_unavailable']) },
        },
      },
      async ({ query }, reply) => {
        refuseOtherTenant(query.tenant, tenant);
        const home = homeOf(deps);
        await home.sweeper.fresh.ifOld();
        const page = { sort: query.sort ?? 'urgent', limit: query.limit ?? DEFAULT_LIMIT } as const;
        const listed = await listOrphans(home.database, tenant, { ...query, ...page });
        const { items, nextCursor, total, observedAt, stale } = listed;
        const acting = actingNow(deps.config, home, listed.standing);
        if (observedAt !== null) reply.header('x-observed-at', iso(observedAt));
        return {
          items: items.map((row) => orphanOnWire(row, acting, explainedBackend(deps.config))),
          nextCursor,
          total,
          observedAt: iso(observedAt),
          stale,
        };
      },
    );

    app.get(
      '/orphans/:workspaceId',
      {
        schema: {
          summary: 'Every orphan that a workspace has or had, open ones first',
          params: WorkspacePath,
          querystring: Type.Object({}, { additionalProperties: false }),
          response: {
            200: WorkspaceOrphans,
            ...problemResponses(['not_found', 'home_database_unavailable']),
          },
        },
      },
      async ({ params }, reply) => {
        const home = homeOf(deps);
        await home.sweeper.fresh.ifOld();
        const answer = await workspaceOnWire(deps, home, params.workspaceId);
        if (answer.observedAt !== null) reply.header('x-observed-at', answer.observedAt);
        return answer;
      },
    );

    app.get(
      '/orphans/:workspaceId/attempts',
      {
        schema: {
          summary: 'Every Stop that was tried for a workspace, newest first',
          params: WorkspacePath,
          querystring: Type.Object(PageQuery, { additionalProperties: false }),
          response: {
            200: Type.Object({ items: Type.Array(AttemptSchema), nextCursor: NextCursor }),
            ...problemResponses(['invalid_cursor', 'not_found', 'home_database_unavailable']),
          },
        },
      },
      async ({ params, query }) => {
        const { database } = homeOf(deps);
        const page = { cursor: query.cursor, limit: query.limit ?? DEFAULT_LIMIT };
        const { items, nextCursor } = await listAttempts(database, tenant, params, page);
        if (items.length === 0) {
          const known = await orphansOfWorkspace(database, tenant, params.workspaceId);
          if (known.items.length === 0) throw neverSeen(params.workspaceId);
        }
        return { items: items.map(attemptOnWire), nextCursor };
      },
    );
  };
}

/** @throws ProblemError `not_found` when it was never seen */
export async function workspaceOnWire({ config }: ApiDeps, home: Home, workspaceId: string) {
  const found = await orphansOfWorkspace(home.database, config.tenant, workspaceId);
  const { items, observedAt, stale } = found;
  if (items.length === 0) throw neverSeen(workspaceId);
  const acting = actingNow(config, home, found.standing);
  const backend = explainedBackend(config);
  return { items: items.map((row) => orphanOnWire(row, acting, backend)), observedAt: iso(observedAt), stale };
}

/** One process serves one tenant: an empty list for another would be a lie. */
export function refuseOtherTenant(asked: string | undefined, tenant: string): void {
  if (asked === undefined || asked === tenant) return;
  throw new ProblemError(
    'invalid_request',
    `query.tenant: this process serves ${tenant}, not ${JSON.stringify(asked)}.`,
  );
}

export function neverSeen(workspaceId: string): ProblemError {
  return new ProblemError('not_found', `No orphan of the workspace ${JSON.stringify(workspaceId)} was ever seen.`);
}

/** A tenant whose row is gone, or is another platform's, has nothing stopped. */
export function actingNow({ disabledReason, sweep }: Config, { sweeper }: Home, standing: Standing | null): Acting {
  const disabled = disabledReason !== null || sweeper.refusal() !== null;
  return standing === null ? 'disabled' : actingOf(standing, { disabled, dryRun: sweep.dryRun });
}

/** What an explanation has to know of the backend that is configured. */
export function explainedBackend({ backend }: Config): ExplainedBackend {
  const sweepsUnknown = backend?.kind === 'docker' && backend.sweepUnknown;
  return { kind: backend?.kind ?? null, unknownGraceMs: sweepsUnknown ? backend.unknownGraceMs : null };
}

export function orphanOnWire(row: Omit<OrphanRow, 'keys'>, acting: Acting, backend: ExplainedBackend): Orphan {
  return {
    workspaceId: row.workspaceId,
    workspaceName: row.workspaceName,
    instanceId: row.instanceId,
    state: row.state,
    why: row.why,
    orphanedAt: iso(row.orphanedAt),
    firstSeenAt: iso(row.firstSeenAt),
    attempts: row.attempts,
    lastAttemptAt: iso(row.lastAttemptAt),
    lastOutcome: row.lastOutcome,
    lastError:
      row.lastMessage === null
        ? null
        : { class: row.lastClass, message: row.lastMessage, httpStatus: row.lastHttpStatus },
    nextAttemptAt: row.resolvedAt === null && isStoppable(row) ? iso(row.nextAttemptAt) : null,
    hold: holdOnWire(row),
    secondLook: row.secondLook === null ? null : { result: row.secondLook, dueAt: iso(row.secondLookDueAt) },
    resolvedAt: iso(row.resolvedAt),
    resolution: row.resolution,
    explanation: explain(row, acting, backend),
  };
}

function holdOnWire({
  state,
  heldAt,
  heldBy,
  holdVerified,
  holdReason,
  holdUntil,
}: Omit<OrphanRow, 'keys'>): Orphan['hold'] {
  if (state !== 'held' || heldAt === null || holdUntil === null) return null;
  return {
    actor: heldBy ?? '',
    verified: holdVerified,
    reason: holdReason ?? '',
    since: iso(heldAt),
    until: iso(holdUntil),
  };
}
