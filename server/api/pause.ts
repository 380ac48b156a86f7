import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { Database } from '../db/connect.ts';
import { type PauseRow, pause, readPause, resume } from '../sweep/pause.ts';
import { actOfSomebody, MayHaveReason, WithReason } from './act.ts';
import type { CountChange } from './change-limit.ts';
import { type ApiDeps, homeToChange } from './deps.ts';
import { problemResponses } from './problem.ts';
import { readUntil, Until, untilProblem } from './until.ts';
import { iso, NoQuery, Nullable, Time } from './wire.ts';

export const PauseSchema = Nullable(
  Type.Object({
    actor: Type.String(),
    verified: Type.Boolean({ description: 'Whether anybody has proved to be the actor' }),
    reason: Type.String(),
    since: Time,
    until: Time,
  }),
);

const response = {
  200: Type.Object({ pause: PauseSchema }),
  ...problemResponses(['actor_required', 'home_database_unavailable'], { change: true }),
};

export function pauseRoutes(deps: ApiDeps, countChange: CountChange): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  const answer = async (database: Database) => ({ pause: pauseOnWire(await readPause(database, tenant)) });
  return async (app) => {
    app.put(
      '/pause',
      {
        config: { role: 'operator', refusedAs: 'pause' },
        schema: {
          summary: 'No sweep stops anything by itself until then, the one that runs included; by hand it goes on',
          querystring: NoQuery,
          body: Type.Object({ ...WithReason, until: Until }, { additionalProperties: false }),
          response,
        },
      },
      async (request, reply) => {
        const { database } = homeToChange(deps);
        const act = actOfSomebody(request, request.body);
        const until = readUntil(request.body.until);
        await countChange(request, reply);
        const paused = await pause(database, tenant, act, until);
        if (paused !== 'paused') throw untilProblem(paused);
        return answer(database);
      },
    );

    app.delete(
      '/pause',
      {
        config: { role: 'operator', refusedAs: 'resume' },
        schema: {
          summary: 'Sweeping goes on; not paused: changes nothing',
          querystring: NoQuery,
          body: Type.Object(MayHaveReason, { additionalProperties: false }),
          response,
        },
      },
      async (request, reply) => {
        const { database } = homeToChange(deps);
        const act = actOfSomebody(request, request.body);
        await countChange(request, reply);
        await resume(database, tenant, act);
        return answer(database);
      },
    );
  };
}

export function pauseOnWire(row: PauseRow | null): Static<typeof PauseSchema> {
  if (row === null || row.pausedAt === null || row.pauseUntil === null) return null;
  return {
    actor: row.pausedBy ?? '',
    verified: row.pauseVerified,
    reason: row.pauseReason ?? '',
    since: iso(row.pausedAt),
    until: iso(row.pauseUntil),
  };
}
