import { createHash, randomUUID } from 'node:crypto';
import { join, sep } from 'node:path';
import cookies from '@fastify/cookie';
import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import staticFiles from '@fastify/static';
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import Type from 'typebox';
import { createAccess, registerWho } from './api/access.ts';
import { auditRoutes } from './api/audit.ts';
import { brakeRoutes } from './api/brake.ts';
import { createChangeLimit } from './api/change-limit.ts';
import { configRoutes } from './api/config.ts';
import type { ApiDeps } from './api/deps.ts';
import { exportRoutes } from './api/exports.ts';
import { healthRoutes } from './api/health.ts';
import { historyRoutes } from './api/history.ts';
import { holdRoutes } from './api/holds.ts';
import { instanceRoutes } from './api/instance.ts';
import type { Measures } from './api/measures.ts';
import { metricsRoutes } from './api/metrics.ts';
import { notificationRoutes } from './api/notifications.ts';
import { orphanRoutes } from './api/orphans.ts';
import { pauseRoutes } from './api/pause.ts';
import { handleError, problemResponses, sendProblem } from './api/problem.ts';
import { registerRefusals } from './api/refusals.ts';
import { createRequestLog } from './api/request-log.ts';
import { registerSafety } from './api/safety.ts';
import { signInRoutes } from './api/sign-in.ts';
import { statusRoutes } from './api/status.ts';
import { sweepRoutes } from './api/sweeps.ts';
import { tokenRoutes } from './api/tokens.ts';
import { validatorCompiler } from './api/validate.ts';
import type { Notifier } from './notify/notifier.ts';
import { systemClock } from './sweep/clock.ts';
import type { Repeats } from './sweep/log.ts';

export interface AppDeps extends ApiDeps {
  /** What /metrics tells; the sweeper counts into it. */
  readonly measures: Measures;
  readonly notifier: Notifier;
  readonly log: FastifyBaseLogger;
  readonly repeats: Repeats;
  /** Folder of the built console; null: none was built. */
  readonly webRoot: string | null;
}

const BODY_LIMIT = 64 * 1024;
/** Who neither sends nor takes anything for so long does not come back, and must not have an answer held for ever. */
const STALLED_MS = 60_000;

/** Builds the HTTP side: plugins, routes, the built console. Never listens. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { trustedProxies } = deps.config.http;
  const access = createAccess(deps, systemClock);
  const requestLog = createRequestLog(deps.repeats);
  const app = Fastify({
    loggerInstance: deps.log,
    bodyLimit: BODY_LIMIT,
    connectionTimeout: STALLED_MS,
    genReqId: () => randomUUID(),
    // A caller's own id would let it write into our log what it likes.
    requestIdHeader: false,
    // Whose headers say from where a request came.
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    logController: new SilentController(),
    routerOptions: { maxParamLength: 1000 },
    // A path that cannot be decoded meets no hook.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      return handleError(error, request, reply, requestLog);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  acceptJsonOnly(app);
  requestLog.watch(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  // Before what may refuse a request: refusals are protected, too.
  await app.register(helmet, HELMET);
  registerWho(app);
  registerSafety(app, deps.config.http);
  await app.register(cookies);
  await app.register(rateLimit, { global: false });
  registerRefusals(app, deps, requestLog);
  await app.register(swagger, openApi(deps.version));
  await app.register(healthRoutes(deps));
  await app.register(metricsRoutes(deps, deps.measures, systemClock));
  await app.register(signInRoutes(deps, access));
  const countChange = createChangeLimit(app);
  await app.register(
    async (api) => {
      access.guard(api);
      api.addHook('onRequest', async ({ method, raw }) => {
        // The answer to a change is what it did: never "not modified".
        if (method !== 'GET' && method !== 'HEAD') delete raw.headers['if-none-match'];
      });
      await api.register(etag, { hashFn: hashWithoutTimes });
      api.addHook('onSend', async (_request, reply) => {
        // Where people sign in, an answer may be one person's own.
        if (!reply.hasHeader('cache-control')) {
          reply.header('cache-control', deps.config.access === null ? 'no-cache' : 'private, no-cache');
        }
      });
      await api.register(statusRoutes(deps));
      await api.register(orphanRoutes(deps));
      await api.register(sweepRoutes(deps, countChange));
      await api.register(holdRoutes(deps, countChange));
      await api.register(pauseRoutes(deps, countChange));
      await api.register(brakeRoutes(deps, countChange));
      await api.register(tokenRoutes(deps, access, countChange));
      await api.register(notificationRoutes(deps, deps.notifier, countChange));
      await api.register(auditRoutes(deps));
      await api.register(historyRoutes(deps));
      await api.register(configRoutes(deps));
      await api.register(documentRoute);
    },
    { prefix: '/api' },
  );
  await app.register(
    async (api) => {
      access.guard(api);
      // True only of the moment in which it was asked for. Without an ETag: "not modified" would be a copy, too.
      api.addHook('onSend', async (_request, reply) => {
        reply.header('cache-control', 'no-store');
      });
      await api.register(exportRoutes(deps));
      await api.register(instanceRoutes(deps));
    },
    { prefix: '/api' },
  );
  await serveConsole(app, deps.webRoot);
  return app;
}

/** What is said of requests is said by request-log.ts; what Fastify says by itself has raw paths in it. */
class SilentController extends LogController {
  constructor() {
    super({ disableRequestLogging: true, requestIdLogLabel: 'requestId' });
  }

  /** Said of each request that comes while the server is closing, which is nobody's fault. */
  override serviceUnavailable(): void {}
}

async function documentRoute(api: FastifyInstance): Promise<void> {
  const querystring = Type.Object({}, { additionalProperties: false });
  const response = { 200: Type.Object({}, { additionalProperties: true }), ...problemResponses([]) };
  api.get('/openapi.json', { schema: { summary: 'This document', querystring, response } }, async () => api.swagger());
}

/** Strict from the first commit: the page loads nothing that this server does not serve, and nothing inline. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // TLS ends in front of us; whoever ends it decides.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
} as const;

/** A body is JSON or there is none: a form of another site can send anything else without asking. */
function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body, done);
  });
  app.addHook('preValidation', async (request) => {
    // A change without a body asks for nothing special.
    if (request.body === undefined && ['POST', 'PUT', 'DELETE'].includes(request.method)) request.body = {};
  });
}

/** The same answer has the same ETag, whenever it was looked up. */
function hashWithoutTimes(payload: string | Buffer): string {
  const text = payload.toString().replace(/"(now|observedAt)":("[^"]*"|null)/g, '');
  return createHash('sha256').update(text).digest('base64url');
}

function openApi(version: string): FastifyDynamicSwaggerOptions {
  return {
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      for (const path of Object.values(document.openapiObject.paths ?? {})) {
        for (const change of [path?.post, path?.put, path?.delete]) {
          const body = change?.requestBody;
          if (body === undefined || '$ref' in body) continue;
          const schema = body.content['application/json']?.schema;
          // The plugin says that every body is; but one without a required field may be left out (acceptJsonOnly).
          body.required = schema !== undefined && 'required' in schema;
        }
      }
      return document.openapiObject;
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Orphan Sweeper',
        version,
        description:
          'Finds cloud instances that a platform has forgotten, stops them, and says what is leaking and why. Times ' +
          'are ISO 8601 in UTC. Errors are RFC 9457 problem+json with a `code` and the request id. Answers to GET ' +
          'carry an ETag that leaves out `now` and `observedAt`, which are also sent as X-Now and X-Observed-At; files ' +
          'and what is asked of an instance carry none, and are not to be kept.',
      },
    },
  };
}

/** The built console: every path that is not of the API answers with its page, so that links can be pasted. */
async function serveConsole(app: FastifyInstance, webRoot: string | null): Promise<void> {
  if (webRoot !== null) {
    // Only what is in this folder changes its name with its content; a folder above it may be named so, too.
    const assets = join(webRoot, 'assets') + sep;
    await app.register(staticFiles, {
      root: webRoot,
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const built = path.startsWith(assets);
        reply.setHeader('cache-control', built ? 'public, max-age=31536000, immutable' : 'no-cache');
        // It comes as .br, as .gz or as it is: whoever keeps it for others must keep them apart.
        reply.setHeader('vary', 'accept-encoding');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const isPage = ['GET', 'HEAD'].includes(request.method) && !path.startsWith('/api') && !path.startsWith('/assets/');
    if (webRoot !== null && isPage) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    return sendProblem(request, reply, 'not_found', `${request.method} ${path} is not a call of this server.`);
  });
}
