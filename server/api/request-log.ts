import type { FastifyInstance, FastifyRequest } from 'fastify';
import { rootCause } from '../db/connect.ts';
import type { Repeatable, Repeats } from '../sweep/log.ts';

/** What the log says of requests. Nothing any more from the moment on in which the server closes. */
export interface RequestLog {
  /** One that failed for a reason which is not the caller's. */
  failed(request: FastifyRequest, level: Repeatable['level'], error: unknown, message: string): void;
  /** A line for each request, at debug: consoles ask all the time. */
  watch(app: FastifyInstance): void;
}

export function createRequestLog(repeats: Repeats): RequestLog {
  let closing = false;
  return {
    failed(request, level, error, message) {
      if (closing) return;
      const fields = { ...routeOf(request), requestId: request.id, err: error };
      repeats.say({ of: 'request', kind: message, reason: rootCause(error).message, level, fields, message });
    },
    watch(app) {
      app.addHook('preClose', async () => {
        closing = true;
      });
      app.addHook('onResponse', async (request, reply) => {
        if (closing) return;
        const ms = Math.round(reply.elapsedTime);
        request.log.debug({ ...routeOf(request), status: reply.statusCode, ms }, 'Request');
      });
    },
  };
}

/** As it was declared: what stands in a path or behind it is the caller's. Null: there is no such route. */
function routeOf({ method, routeOptions }: FastifyRequest) {
  return { method, route: routeOptions.url ?? null };
}
