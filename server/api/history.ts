import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { readHistory } from '../sweep/history.ts';
import { HISTORY_WINDOWS, OUTCOMES } from '../sweep/outcome.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { problemResponses } from './problem.ts';
import { iso, Time } from './wire.ts';

const HistorySchema = Type.Object({
  window: Type.Enum([...HISTORY_WINDOWS]),
  from: Time,
  to: Time,
  bucketSeconds: Type.Integer(),
  samples: Type.Array(Type.Object({ at: Time, open: Type.Integer(), stuck: Type.Integer() }), {
    description: 'The most of each bucket; one without a sample is left out: a gap is a gap, never 0',
  }),
  attempts: Type.Array(
    Type.Object({
      at: Time,
      counts: Type.Object(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, Type.Optional(Type.Integer())])), {
        description: 'Those that there were',
      }),
    }),
  ),
});
export type HistoryAnswer = Static<typeof HistorySchema>;

export function historyRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/history',
      {
        schema: {
          summary: 'How many orphans there were, and how attempts ended, over time',
          querystring: Type.Object(
            { window: Type.Optional(Type.Enum([...HISTORY_WINDOWS], { default: '24h' })) },
            { additionalProperties: false },
          ),
          response: { 200: HistorySchema, ...problemResponses(['home_database_unavailable']) },
        },
      },
      async ({ query }) => {
        const history = await readHistory(homeOf(deps).database, deps.config.tenant, query.window ?? '24h');
        return {
          ...history,
          from: iso(history.from),
          to: iso(history.to),
          samples: history.samples.map((sample) => ({ ...sample, at: iso(sample.at) })),
          attempts: history.attempts.map(({ at, counts }) => ({ at: iso(at), counts: { ...counts } })),
        };
      },
    );
  };
}
