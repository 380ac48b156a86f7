import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { Act } from '../sweep/audit.ts';
import { releaseBrake } from '../sweep/release.ts';
import { actOfSomebody, WithReason } from './act.ts';
import type { CountChange } from './change-limit.ts';
import { type ApiDeps, type Home, homeToChange } from './deps.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { iso, NoQuery, Time } from './wire.ts';

const ReleasedSchema = Type.Object({
  released: Type.Integer({ description: 'Open orphans that it covers' }),
  coveredUntil: Time,
});

export function brakeRoutes(deps: ApiDeps, countChange: CountChange): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  return async (app) => {
    app.post(
      '/brake/release',
      {
        config: { role: 'admin', refusedAs: 'release_brake' },
        schema: {
          summary: 'Releases the safety brake for the orphans that are there now; a later surge latches it again',
          querystring: NoQuery,
          body: Type.Object(
            {
              ...WithReason,
              orphans: Type.Integer({
                minimum: 0,
                maximum: 1_000_000_000,
                description: 'How many were on the screen: `brake.orphans` of the status',
              }),
            },
            { additionalProperties: false },
          ),
          response: {
            200: ReleasedSchema,
            ...problemResponses(
              [
                'actor_required',
                'brake_not_latched',
                'brake_moved',
                'platform_unreadable',
                'home_database_unavailable',
              ],
              { change: true },
            ),
          },
        },
      },
      async (request, reply) => {
        const { database, sweeper } = homeToChange(deps);
        const act = actOfSomebody(request, request.body);
        await countChange(request, reply);
        return lookAndRelease({ database, sweeper }, tenant, act, request.body.orphans);
      },
    );
  };
}

/**
 * @param seen how many open orphans that no release covers were on the person's screen
 * @throws ProblemError `platform_unreadable`, `brake_not_latched`, `brake_moved`
 */
export async function lookAndRelease(
  { database, sweeper }: Home,
  tenant: string,
  act: Act,
  seen: number,
): Promise<Static<typeof ReleasedSchema>> {
  const fault = await sweeper.fresh.now();
  // On an old look the number would be old as well, and nobody would have judged what is released.
  if (fault !== null) throw new ProblemError('platform_unreadable', `Not released: ${fault.message}`);
  const release = await releaseBrake(database, tenant, act, seen);
  switch (release.kind) {
    case 'not_latched':
      throw new ProblemError('brake_not_latched', 'The brake is not latched: there is nothing to release.');
    case 'moved': {
      const { orphans } = release;
      throw new ProblemError('brake_moved', `${seen} were on the screen, but ${orphans} wait by now.`, { orphans });
    }
    case 'released':
      return { released: release.orphans, coveredUntil: iso(release.coveredUntil) };
  }
}
