import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { Config } from '../config.ts';
import { type Acting, explain } from '../sweep/explain.ts';
import { listAttempts, listOrphans, ORPHAN_SORTS, type OrphanRow, orphansOfWorkspace } from '../sweep/orphan-list.ts';
import { FAILURE_CLASSES, ORPHAN_STATES, OUTCOMES, RESOLUTIONS, SECOND_LOOKS, WHYS } from '../sweep/outcome.ts';
import { AttemptSchema, attemptOnWire } from './attempts.ts';
import { type ApiDeps, homeOf } from './deps.ts';
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
  nextAttemptAt: Nullable(Time),
  hold: Nullable(Type.Object({ actor: Type.String(), reason: Type.String(), since: Time, until: Time })),
  secondLook: Nullable(Type.Object({ result: Type.Enum([...SECOND_LOOKS]), dueAt: Nullable(Time) })),
  resolvedAt: Nullable(Time),
  resolution: Nullable(Type.Enum([...RESOLUTIONS])),
  explanation: Type.String({ description: 'One sentence: why it is still here, and what happens next' }),
});
export type Orphan = Static<typeof OrphanSchema>;

const InventoryAge = {
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
const NO_NUL = '^[^\\u0000]*$';
const WorkspacePath = Type.Object({ workspaceId: Type.String({ minLength: 1, maxLength: 200, pattern: NO_NUL }) });

const ListQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...ORPHAN_STATES], { description: 'Default: all that are open' })),
    class: Type.Optional(Type.Enum([...FAILURE_CLASSES])),
    why: Type.Optional(Type.Enum([...WHYS])),
    q: Type.Optional(Type.String({ maxLength: 200, pattern: NO_NUL, description: 'Part of a name or an id' })),
    sort: Type.Optional(Type.Enum([...ORPHAN_SORTS], { default: 'urgent' })),
    tenant: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
    ...PageQuery,
  },
  { additionalProperties: false },
);

export function orphanRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  const acting = actingOf(deps.config);
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
        const { database, sweeper } = homeOf(deps);
        await sweeper.fresh();
        const page = { sort: query.sort ?? 'urgent', limit: query.limit ?? DEFAULT_LIMIT } as const;
        const { items, nextCursor, total, observedAt, stale } = await listOrphans(database, tenant, {
          ...query,
          ...page,
        });
        if (observedAt !== null) reply.header('x-observed-at', iso(observedAt));
        return {
          items: items.map((row) => orphanOnWire(row, acting)),
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
            200: Type.Object({ items: Type.Array(OrphanSchema), ...InventoryAge }),
            ...problemResponses(['not_found', 'home_database_unavailable']),
          },
        },
      },
      async ({ params }, reply) => {
        const { database, sweeper } = homeOf(deps);
        await sweeper.fresh();
        const { items, observedAt, stale } = await orphansOfWorkspace(database, tenant, params.workspaceId);
        if (items.length === 0) throw neverSeen(params.workspaceId);
        if (observedAt !== null) reply.header('x-observed-at', iso(observedAt));
        return { items: items.map((row) => orphanOnWire(row, acting)), observedAt: iso(observedAt), stale };
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

/** One process serves one tenant: an empty list for another would be a lie. */
function refuseOtherTenant(asked: string | undefined, tenant: string): void {
  if (asked === undefined || asked === tenant) return;
  throw new ProblemError(
    'invalid_request',
    `query.tenant: this process serves ${tenant}, not ${JSON.stringify(asked)}.`,
  );
}

function neverSeen(workspaceId: string): ProblemError {
  return new ProblemError('not_found', `No orphan of the workspace ${JSON.stringify(workspaceId)} was ever seen.`);
}

function actingOf({ disabledReason, sweep }: Config): Acting {
  if (disabledReason !== null) return 'disabled';
  return sweep.dryRun ? 'dry_run' : 'stops';
}

function orphanOnWire(row: Omit<OrphanRow, 'keys'>, acting: Acting): Orphan {
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
    nextAttemptAt: row.resolvedAt === null ? iso(row.nextAttemptAt) : null,
    hold: holdOnWire(row),
    secondLook: row.secondLook === null ? null : { result: row.secondLook, dueAt: iso(row.secondLookDueAt) },
    resolvedAt: iso(row.resolvedAt),
    resolution: row.resolution,
    explanation: explain(row, acting),
  };
}

function holdOnWire({ state, heldAt, heldBy, holdReason, holdUntil }: Omit<OrphanRow, 'keys'>): Orphan['hold'] {
  if (state !== 'held' || heldAt === null || holdUntil === null) return null;
  return { actor: heldBy ?? '', reason: holdReason ?? '', since: iso(heldAt), until: iso(holdUntil) };
}
