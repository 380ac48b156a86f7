import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { listAudit } from '../sweep/audit-list.ts';
import { AUDIT_ACTIONS, SWEEP_RESULTS } from '../sweep/outcome.ts';
import { Counts, countsOnWire } from './counts.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { NO_NUL } from './orphans.ts';
import { problemResponses } from './problem.ts';
import { DEFAULT_LIMIT, iso, NextCursor, Nullable, PageQuery, Time } from './wire.ts';

const AuditSchema = Type.Object({
  id: Type.String(),
  at: Time,
  actor: Nullable(Type.String({ description: 'Null: not said, or by itself' })),
  verified: Type.Boolean({ description: 'Whether anybody has proved to be the actor' }),
  address: Nullable(Type.String({ description: 'Null: by itself or, where there is an actor, on the command line' })),
  action: Type.Enum([...AUDIT_ACTIONS]),
  target: Nullable(Type.String({ description: "A workspace's or a sweep's id; null: all" })),
  workspaceName: Nullable(Type.String({ description: 'Of the workspace that is the target, where it is known' })),
  sweep: Nullable(
    Type.Object(
      { result: Type.Enum([...SWEEP_RESULTS]), counts: Counts },
      { description: 'What became of the sweep that is the target, while it is kept' },
    ),
  ),
  reason: Nullable(Type.String()),
  refused: Nullable(Type.String({ description: 'The code of the refusal; null: it was done' })),
  requestId: Nullable(Type.String()),
});
export type AuditEntry = Static<typeof AuditSchema>;

const AuditQuery = Type.Object(
  {
    target: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        pattern: NO_NUL,
        description: "Only what was done to this: a workspace's or a sweep's id",
      }),
    ),
    ...PageQuery,
  },
  { additionalProperties: false },
);

const AuditList = Type.Object({ items: Type.Array(AuditSchema), nextCursor: NextCursor });
export type AuditAnswer = Static<typeof AuditList>;

export function auditRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/audit',
      {
        schema: {
          summary: 'Who did what, or was refused, and what began or ended by itself, newest first',
          querystring: AuditQuery,
          response: { 200: AuditList, ...problemResponses(['invalid_cursor', 'home_database_unavailable']) },
        },
      },
      async ({ query }) => {
        const { database } = homeOf(deps);
        const filter = { ...query, limit: query.limit ?? DEFAULT_LIMIT };
        const { items, nextCursor } = await listAudit(database, deps.config.tenant, filter);
        return {
          items: items.map(({ sweep, ...row }) => ({
            ...row,
            at: iso(row.at),
            sweep: sweep && { result: sweep.result, counts: countsOnWire(sweep) },
          })),
          nextCursor,
        };
      },
    );
  };
}
