import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { sql } from 'drizzle-orm';
import Type from 'typebox';
import { type ApiDeps, homeOf } from './deps.ts';
import { problemResponses } from './problem.ts';

const Fine = Type.Object({ status: Type.Literal('ok') });

export function healthRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/healthz',
      { schema: { summary: 'The process is up', response: { 200: Fine, ...problemResponses([]) } } },
      async () => ({ status: 'ok' as const }),
    );

    app.get(
      '/readyz',
      {
        schema: {
          summary: 'It can serve: the home database is reachable and migrated',
          response: { 200: Fine, ...problemResponses(['home_database_unavailable']) },
        },
      },
      async () => {
        await homeOf(deps).database.transaction((tx) => tx.execute(sql`select 1`));
        return { status: 'ok' as const };
      },
    );
  };
}
