import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { createToken, listTokens, MOST_TOKEN_DAYS, revokeToken, type TokenRow } from '../access/tokens.ts';
import { ROLES } from '../sweep/outcome.ts';
import type { Access } from './access.ts';
import { actOfSomebody, MayHaveReason, Name } from './act.ts';
import type { CountChange } from './change-limit.ts';
import { type ApiDeps, homeOf, homeToChange } from './deps.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { iso, NoQuery, Nullable, Time } from './wire.ts';

const TokenSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Enum([...ROLES]),
  createdAt: Time,
  createdBy: Type.String(),
  expiresAt: Time,
  expired: Type.Boolean(),
  lastUsedAt: Nullable(Type.String({ format: 'date-time', description: 'To the minute' })),
});
export type ApiToken = Static<typeof TokenSchema>;

const TokenList = Type.Object({ items: Type.Array(TokenSchema) });
export type TokensAnswer = Static<typeof TokenList>;

const Created = Type.Object({
  id: Type.String(),
  token: Type.String({ description: 'To be sent as `Authorization: Bearer …`; shown this once, and kept nowhere' }),
});
export type TokenCreatedAnswer = Static<typeof Created>;

const Path = Type.Object({ id: Type.String({ format: 'uuid' }) });

/** What lets scripts in. */
export function tokenRoutes(deps: ApiDeps, access: Access, countChange: CountChange): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  return async (app) => {
    app.get(
      '/tokens',
      {
        config: { role: 'admin' },
        schema: {
          summary: 'API tokens that are not revoked, by name',
          querystring: NoQuery,
          response: { 200: TokenList, ...problemResponses(['role_required']) },
        },
      },
      async () => ({ items: (await listTokens(homeOf(deps).database, tenant)).map(tokenOnWire) }),
    );

    app.post(
      '/tokens',
      {
        config: { role: 'admin', refusedAs: 'create_token' },
        schema: {
          summary: 'Gives out an API token, under whose name its changes are written down',
          querystring: NoQuery,
          body: Type.Object(
            {
              name: Name,
              role: Type.Enum([...ROLES]),
              days: Type.Integer({ minimum: 1, maximum: MOST_TOKEN_DAYS, description: 'After how many it expires' }),
              ...MayHaveReason,
            },
            { additionalProperties: false },
          ),
          response: {
            201: Created,
            ...problemResponses(['actor_required', 'name_taken'], { change: true }),
          },
        },
      },
      async (request, reply) => {
        const { database } = homeToChange(deps);
        const { name, role, days } = request.body;
        const act = actOfSomebody(request, request.body);
        await countChange(request, reply);
        const created = await createToken(database, tenant, { name, role, days }, act);
        if (created.kind === 'name_taken') {
          throw new ProblemError('name_taken', `There is a token ${JSON.stringify(name)} already: revoke it first.`);
        }
        const { id, token } = created;
        return reply.code(201).header('cache-control', 'no-store').send({ id, token });
      },
    );

    app.delete(
      '/tokens/:id',
      {
        config: { role: 'admin', refusedAs: 'revoke_token' },
        schema: {
          summary: 'Revokes an API token: at once here, within ten seconds at other replicas',
          params: Path,
          querystring: NoQuery,
          body: Type.Object(MayHaveReason, { additionalProperties: false }),
          response: { 200: TokenList, ...problemResponses(['actor_required', 'not_found'], { change: true }) },
        },
      },
      async (request, reply) => {
        const { database } = homeToChange(deps);
        const act = actOfSomebody(request, request.body);
        await countChange(request, reply);
        const hash = await revokeToken(database, tenant, request.params.id, act);
        if (hash === null) throw new ProblemError('not_found', 'There is no API token of this id.');
        access.tokens.forget(hash);
        return { items: (await listTokens(database, tenant)).map(tokenOnWire) };
      },
    );
  };
}

export function tokenOnWire({ createdAt, expiresAt, lastUsedAt, ...token }: TokenRow): ApiToken {
  return { ...token, createdAt: iso(createdAt), expiresAt: iso(expiresAt), lastUsedAt: iso(lastUsedAt) };
}
