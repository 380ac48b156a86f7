import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { InstancesAnswer, PlatformWord } from '../sweep/instances.ts';
import { orphansOfWorkspace } from '../sweep/orphan-list.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { neverSeen, WorkspacePath } from './orphans.ts';
import { problemResponses } from './problem.ts';
import { iso, NoQuery, Nullable, Time } from './wire.ts';

const InstanceSchema = Type.Object({
  workspaceId: Type.String(),
  askedAt: Time,
  platform: Type.Object({
    answer: Nullable(
      Type.Object({
        row: Nullable(
          Type.Object({
            removed: Type.Boolean(),
            instanceId: Nullable(Type.String({ description: 'Null: the row has none' })),
          }),
        ),
        liveRows: Type.Array(
          Type.Object({
            workspaceId: Type.String(),
            workspaceName: Nullable(Type.String()),
            instanceId: Type.String(),
          }),
          { description: 'Rows that are not removed and name one of the instances' },
        ),
        tableEmpty: Type.Boolean({ description: 'It holds no row at all: then a missing one proves nothing' }),
      }),
    ),
    error: Nullable(Type.String({ description: 'Why there is no answer: then nothing is known' })),
  }),
  instances: Type.Array(
    Type.Object({
      instanceId: Type.String(),
      state: Nullable(Type.String({ description: "The backend's own word; null: it said none" })),
      error: Nullable(Type.String({ description: 'Why it said none: then nothing is known' })),
    }),
    { description: 'All of the workspace that are open' },
  ),
});
export type InstanceAnswer = Static<typeof InstanceSchema>;

export function instanceRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  return async (app) => {
    const closing = new AbortController();
    app.addHook('preClose', async () => closing.abort());

    app.get(
      '/orphans/:workspaceId/instance',
      {
        schema: {
          summary: "The platform's row and what the backend says of each open instance, asked now; changes nothing",
          params: WorkspacePath,
          querystring: NoQuery,
          response: { 200: InstanceSchema, ...problemResponses(['not_found', 'home_database_unavailable']) },
        },
      },
      async ({ params }) => {
        const { workspaceId } = params;
        const { database, sweeper } = homeOf(deps);
        const { items } = await orphansOfWorkspace(database, tenant, workspaceId);
        if (items.length === 0) throw neverSeen(workspaceId);
        const open = items.filter((orphan) => orphan.resolvedAt === null).map((orphan) => orphan.instanceId);
        return instanceOnWire(workspaceId, await sweeper.instances.ask(workspaceId, open, closing.signal));
      },
    );
  };
}

function instanceOnWire(workspaceId: string, { askedAt, platform, instances }: InstancesAnswer): InstanceAnswer {
  return {
    workspaceId,
    askedAt: iso(askedAt),
    platform:
      'error' in platform ? { answer: null, error: platform.error } : { answer: answerOf(platform), error: null },
    instances: instances.map(({ instanceId, word }) => ({
      instanceId,
      state: 'state' in word ? word.state : null,
      error: 'error' in word ? word.error : null,
    })),
  };
}

function answerOf({ row, live, tableEmpty }: PlatformWord) {
  return {
    row: row && { removed: row.removed, instanceId: row.instanceId },
    liveRows: live.map((one) => ({ ...one })),
    tableEmpty,
  };
}
