import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hashOf, isTokenLike } from '../access/credential.ts';
import { createHeaderReader, type HeaderAnswer } from '../access/header.ts';
import { ANYBODY, type Identity, NOBODY } from '../access/identity.ts';
import { createKnownCredentials, type KnownCredentials } from '../access/known.ts';
import { mayActAs } from '../access/role.ts';
import { readSession } from '../access/sessions.ts';
import { readToken } from '../access/tokens.ts';
import type { Clock } from '../sweep/clock.ts';
import type { Role } from '../sweep/outcome.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { ProblemError } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; under /api known before a route is reached. */
    who: Identity;
  }
  interface FastifyContextConfig {
    /** The least that one must be to call it; of a route that only looks: a viewer. */
    role?: Role;
  }
}

/** Where a browser signs in with the OpenID provider. */
export const SIGN_IN_PATH = '/auth/sign-in';
export const SESSION_COOKIE = 'orphan-sweeper';

/** Who may call. */
export interface Access {
  /** Guards every route of this scope. */
  guard(scope: FastifyInstance): void;
  readonly sessions: KnownCredentials;
  readonly tokens: KnownCredentials;
}

/** Before anybody is known; the app's `who` of a request begins with it. */
export function registerWho(app: FastifyInstance): void {
  app.decorateRequest('who');
  app.addHook('onRequest', async (request) => {
    request.who = NOBODY;
  });
}

export function createAccess(deps: ApiDeps, clock: Clock): Access {
  const { access, http, tenant } = deps.config;
  const sessions = createKnownCredentials(clock, (hash) => readSession(homeOf(deps).database, tenant, hash));
  const tokens = createKnownCredentials(clock, (hash) => readToken(homeOf(deps).database, tenant, hash));
  const readHeader =
    access === null || access.header === null
      ? null
      : createHeaderReader({ ...access.header, trustedProxies: http.trustedProxies, roles: access.roles });
  const signIn = access === null || access.oidc === null ? null : SIGN_IN_PATH;
  const signedOut = (detail: string) => new ProblemError('signed_out', detail, { signIn });

  const identify = async (request: FastifyRequest): Promise<Identity> => {
    const said = readHeader?.({ address: request.socket.remoteAddress, headers: headersOf(request) }) ?? null;
    if (said !== null && said.kind === 'forged') throw new ProblemError('forged_header', said.sentence);
    const token = tokenOf(request);
    if (token !== null) {
      const known = await tokens.find(hashOf(token));
      if (known === null) throw signedOut('This API token is none of ours, or it is revoked or expired.');
      return known;
    }
    if (access === null) return ANYBODY;
    if (said !== null) return believed(said);
    const session = request.cookies[SESSION_COOKIE];
    const known = session === undefined ? null : await sessions.find(hashOf(session));
    if (known === null) throw signedOut('Nobody is signed in here, or the session has ended.');
    return known;
  };

  const believed = (said: HeaderAnswer): Identity => {
    if (said.kind === 'known') return said.identity;
    if (said.kind === 'no_role') throw noRole(said.name, said.missing);
    throw signedOut('The proxy in front named nobody who is signed in (TRUSTED_USER_HEADER).');
  };

  return {
    sessions,
    tokens,
    guard(scope) {
      scope.addHook('onRoute', ({ method, url, config }) => {
        const looks = [method].flat().every((one) => one === 'GET' || one === 'HEAD');
        if (!looks && config?.role === undefined) throw new Error(`${method} ${url} says no role`);
      });
      scope.addHook('onRequest', async (request) => {
        request.who = await identify(request);
        const needed = request.routeOptions.config.role ?? 'viewer';
        if (!mayActAs(request.who.role, needed)) throw roleRequired(request.who, needed);
      });
    },
  };
}

/** @param missing the header that was to say their groups, and did not come */
export function noRole(name: string, missing: string | null = null): ProblemError {
  const why =
    missing === null
      ? 'none of their groups is'
      : `their groups did not come (${missing}, TRUSTED_GROUPS_HEADER), and the name itself is not`;
  return new ProblemError(
    'no_role',
    `${name} is signed in, but has no role here: ${why} in ROLE_VIEWER, ROLE_OPERATOR or ROLE_ADMIN.`,
  );
}

function roleRequired({ name, role }: Identity, needed: Role): ProblemError {
  const setting = `ROLE_${needed.toUpperCase()}`;
  return new ProblemError(
    'role_required',
    `This needs the role ${needed}; ${name ?? 'you'} may act as ${role}. ${setting} says whose groups may.`,
  );
}

/** Another program's bearer token, which a proxy may send along, is none of ours. */
function tokenOf({ headers }: FastifyRequest): string | null {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return isTokenLike(token) ? token : null;
}

/** Node's own joins those that came more than once. */
function headersOf({ raw: { rawHeaders } }: FastifyRequest): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [index, value] of rawHeaders.entries()) {
    const name = rawHeaders[index - 1]?.toLowerCase();
    if (index % 2 === 1 && name !== undefined) found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}
