import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import Value from 'typebox/value';
import { hashOf } from '../access/credential.ts';
import { createOidc, SignInFailed } from '../access/oidc.ts';
import { beginSession, endSession } from '../access/sessions.ts';
import type { AccessConfig, OidcConfig } from '../config.ts';
import { type Act, record } from '../sweep/audit.ts';
import { type Access, noRole, SESSION_COOKIE, SIGN_IN_PATH } from './access.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { ProblemError } from './problem.ts';
import { failedPage } from './sign-in-page.ts';

const CALLBACK_PATH = '/auth/callback';
const BEGUN_COOKIE = 'orphan-sweeper-sign-in';
/** To type a password and a second factor. */
const BEGUN_SECONDS = 600;
const STARTS_A_MINUTE = 60;

const BegunSchema = Type.Object({
  state: Type.String(),
  nonce: Type.String(),
  codeVerifier: Type.String(),
  returnTo: Type.String(),
});

/** The way of a browser to the OpenID provider and back; and out again. */
export function signInRoutes(deps: ApiDeps, access: Access): FastifyPluginAsyncTypebox {
  const { access: settings, tenant } = deps.config;
  return async (app) => {
    if (settings === null || settings.oidc === null) return;
    const { publicUrl } = settings.oidc;
    const oidc = createOidc(oidcOptions(settings, settings.oidc));
    const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: publicUrl.startsWith('https:') } as const;
    const limited = app.createRateLimit({ max: STARTS_A_MINUTE, timeWindow: '1 minute' });

    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });

    app.get(
      SIGN_IN_PATH,
      { schema: { hide: true, querystring: Type.Object({ return: Type.Optional(Type.String({ maxLength: 2000 })) }) } },
      async (request, reply) => {
        const use = await limited(request);
        if (!use.isAllowed && use.isExceeded) throw new ProblemError('too_many_changes', 'Too many sign-ins begun.');
        try {
          const { location, begun } = await oidc.begin();
          const kept = { ...begun, returnTo: pathWithin(publicUrl, request.query.return) };
          reply.setCookie(BEGUN_COOKIE, encode(kept), { ...cookie, path: '/auth', maxAge: BEGUN_SECONDS });
          return reply.redirect(location, 303);
        } catch (error) {
          return answerFailure(request.log, reply, error);
        }
      },
    );

    app.get(CALLBACK_PATH, { schema: { hide: true } }, async (request, reply) => {
      // Used or not: nobody can come back with it a second time.
      reply.clearCookie(BEGUN_COOKIE, { ...cookie, path: '/auth' });
      try {
        const begun = decode(request.cookies[BEGUN_COOKIE]);
        const finished = await oidc.finish(queryOf(request), begun);
        const { database } = homeOf(deps);
        if (finished.kind === 'no_role') {
          await database.transaction((tx) =>
            record(tx, tenant, actOf(request, finished.name), 'sign_in', null, 'no_role'),
          );
          throw noRole(finished.name);
        }
        const { who } = finished;
        const secret = await beginSession(database, tenant, who, settings.sessionMs, actOf(request, who.name));
        reply.setCookie(SESSION_COOKIE, secret, { ...cookie, maxAge: settings.sessionMs / 1000 });
        return reply.redirect(begun.returnTo, 303);
      } catch (error) {
        return answerFailure(request.log, reply, error);
      }
    });

    app.post('/auth/sign-out', { schema: { hide: true } }, async (request, reply) => {
      const session = request.cookies[SESSION_COOKIE];
      if (session !== undefined) {
        const hash = hashOf(session);
        const who = await access.sessions.find(hash);
        await endSession(homeOf(deps).database, tenant, hash, actOf(request, who?.name ?? null));
        access.sessions.forget(hash);
      }
      return reply.clearCookie(SESSION_COOKIE, cookie).code(204).send();
    });
  };
}

function oidcOptions({ roles }: AccessConfig, oidc: OidcConfig) {
  return { ...oidc, roles, redirectUri: `${oidc.publicUrl}${CALLBACK_PATH}` };
}

function actOf(request: FastifyRequest, actor: string | null): Act {
  return { actor, verified: actor !== null, address: request.ip, requestId: request.id, reason: null };
}

/** Of this console, whatever was asked for: nobody is sent elsewhere after signing in. */
function pathWithin(publicUrl: string, asked = '/'): string {
  const url = URL.canParse(asked, publicUrl) ? new URL(asked, publicUrl) : null;
  return url === null || url.origin !== publicUrl ? '/' : `${url.pathname}${url.search}${url.hash}`;
}

function queryOf({ url }: FastifyRequest): string {
  const from = url.indexOf('?');
  return from === -1 ? '?' : url.slice(from);
}

function encode(kept: object): string {
  return Buffer.from(JSON.stringify(kept)).toString('base64url');
}

/** @throws SignInFailed this browser has begun nothing, or long ago */
function decode(cookie: string | undefined) {
  const kept = cookie === undefined ? null : parse(Buffer.from(cookie, 'base64url').toString());
  if (Value.Check(BegunSchema, kept)) return kept;
  throw new SignInFailed('refused', 'This browser has begun no sign-in, or has finished it already.', undefined);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A person looks at this, not a program. */
function answerFailure(log: FastifyBaseLogger, reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof ProblemError && error.code === 'no_role') return page(reply, 403, error.message);
  if (!(error instanceof SignInFailed)) throw error;
  log.warn({ err: error }, 'A sign-in failed');
  return page(reply, error.code === 'provider_away' ? 502 : 400, error.message);
}

function page(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(failedPage(sentence, SIGN_IN_PATH));
}
