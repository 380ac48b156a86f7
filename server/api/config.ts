import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { ApiDeps } from './deps.ts';
import { problemResponses } from './problem.ts';
import { Nullable } from './wire.ts';

const ConfigSchema = Type.Object({
  version: Type.String(),
  replica: Type.String(),
  settings: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Nullable(Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
      source: Type.Enum(['default', 'environment', '.env', 'file']),
      secret: Type.Boolean(),
      set: Type.Boolean(),
      meaning: Type.String(),
      wants: Type.String(),
    }),
  ),
});
export type ConfigAnswer = Static<typeof ConfigSchema>;

export function configRoutes({ config, version, replica }: ApiDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/config',
      {
        schema: {
          summary: 'Every setting, its value and where it came from; secrets are hidden',
          querystring: Type.Object({}, { additionalProperties: false }),
          response: { 200: ConfigSchema, ...problemResponses([]) },
        },
      },
      async () => ({ version, replica, settings: [...config.settings] }),
    );
  };
}
