import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { acknowledge } from '../sweep/acknowledge.ts';
import { endHold, hold } from '../sweep/hold.ts';
import { actOfSomebody, MayHaveReason, WithReason } from './act.ts';
import type { CountChange } from './change-limit.ts';
import { type ApiDeps, homeToChange } from './deps.ts';
import { neverSeen, WorkspaceOrphans, WorkspacePath, workspaceOnWire } from './orphans.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { readUntil, Until, untilProblem } from './until.ts';
import { NoQuery } from './wire.ts';

const responses = (...codes: Parameters<typeof problemResponses>[0]) => ({
  200: WorkspaceOrphans,
  ...problemResponses(['actor_required', 'not_found', ...codes, 'home_database_unavailable'], { change: true }),
});

/** What a person decides about the orphans of one workspace. */
export function holdRoutes(deps: ApiDeps, countChange: CountChange): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  return async (app) => {
    app.put(
      '/orphans/:workspaceId/hold',
      {
        config: { role: 'operator', refusedAs: 'hold' },
        schema: {
          summary: 'Takes all orphans of a workspace out of sweeping until then, those to come included',
          params: WorkspacePath,
          querystring: NoQuery,
          body: Type.Object({ ...WithReason, until: Until }, { additionalProperties: false }),
          response: responses(),
        },
      },
      async (request, reply) => {
        const home = homeToChange(deps);
        const { workspaceId } = request.params;
        const act = actOfSomebody(request, request.body);
        const until = readUntil(request.body.until);
        await countChange(request, reply);
        const held = await hold(home.database, tenant, act, workspaceId, until);
        if (held === 'not_found') throw neverSeen(workspaceId);
        if (held !== 'held') throw untilProblem(held);
        return workspaceOnWire(deps, home, workspaceId);
      },
    );

    app.delete(
      '/orphans/:workspaceId/hold',
      {
        config: { role: 'operator', refusedAs: 'end_hold' },
        schema: {
          summary: 'Gives the orphans of a workspace back to sweeping; none held: changes nothing',
          params: WorkspacePath,
          querystring: NoQuery,
          body: Type.Object(MayHaveReason, { additionalProperties: false }),
          response: responses(),
        },
      },
      async (request, reply) => {
        const home = homeToChange(deps);
        const { workspaceId } = request.params;
        const act = actOfSomebody(request, request.body);
        await countChange(request, reply);
        await endHold(home.database, tenant, act, workspaceId);
        return workspaceOnWire(deps, home, workspaceId);
      },
    );

    app.post(
      '/orphans/:workspaceId/acknowledge',
      {
        config: { role: 'operator', refusedAs: 'acknowledge' },
        schema: {
          summary: 'A person has looked at what was restored during its Stop, or replaced: it is resolved',
          params: WorkspacePath,
          querystring: NoQuery,
          body: Type.Object(WithReason, { additionalProperties: false }),
          response: responses('nothing_to_acknowledge'),
        },
      },
      async (request, reply) => {
        const home = homeToChange(deps);
        const { workspaceId } = request.params;
        const act = actOfSomebody(request, request.body);
        await countChange(request, reply);
        const acknowledged = await acknowledge(home.database, tenant, act, workspaceId);
        if (acknowledged === 'not_found') throw neverSeen(workspaceId);
        if (acknowledged === 'nothing_to_acknowledge') {
          throw new ProblemError(
            'nothing_to_acknowledge',
            'No open orphan of this workspace was restored during its Stop, or is replaced by another instance.',
          );
        }
        return workspaceOnWire(deps, home, workspaceId);
      },
    );
  };
}
