import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Clock } from '../sweep/clock.ts';
import type { ApiDeps } from './deps.ts';
import type { Measures } from './measures.ts';
import { problemResponses } from './problem.ts';
import { createWatch } from './watch.ts';

const MetricsResponse = {
  description: "Prometheus' text format; what is not known is absent, never 0",
  content: { 'text/plain': { schema: Type.String() } },
};

export function metricsRoutes(deps: ApiDeps, measures: Measures, clock: Clock): FastifyPluginAsyncTypebox {
  const watch = createWatch(deps, clock);
  /** Only a home database that was reached knows whether the tenant is this platform's. */
  const disabled = (): boolean | null => {
    if (deps.config.disabledReason !== null) return true;
    const { home } = deps.state();
    return home === null ? null : home.sweeper.refusal() !== null;
  };

  return async (app) => {
    app.get(
      '/metrics',
      {
        schema: {
          summary: 'What is counted, for Prometheus',
          response: { 200: MetricsResponse, ...problemResponses([]) },
        },
      },
      async (_request, reply) => {
        const text = await measures.tell(await watch(), disabled());
        return reply.header('cache-control', 'no-store').type(measures.contentType).send(text);
      },
    );
  };
}
