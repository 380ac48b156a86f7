import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { record } from '../sweep/audit.ts';
import type { AuditAction } from '../sweep/outcome.ts';
import { actOfRefused } from './act.ts';
import type { ApiDeps } from './deps.ts';
import { PROBLEMS, type ProblemCode, problemOf, sendProblem } from './problem.ts';
import type { RequestLog } from './request-log.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that changes something: what a refusal of it is written down as. */
    refusedAs?: AuditAction | ((request: FastifyRequest) => AuditAction);
  }
}

const REFUSALS_A_MINUTE = 60;
const MOST_TARGET_CHARACTERS = 200;

/**
 * Answers with a problem whatever was thrown. A change that is refused is written down first, in a transaction of its
 * own: whoever tried, and how often, must be found later. Not more often than is readable, for it costs the caller
 * nothing to be refused.
 */
export function registerRefusals(app: FastifyInstance, deps: ApiDeps, requestLog: RequestLog): void {
  const limited = app.createRateLimit({ max: REFUSALS_A_MINUTE, timeWindow: '1 minute' });

  const writeDown = async (request: FastifyRequest, code: ProblemCode): Promise<void> => {
    const { refusedAs } = request.routeOptions.config;
    const { home } = deps.state();
    if (refusedAs === undefined || PROBLEMS[code].status >= 500) return;
    const use = await limited(request);
    if (!use.isAllowed && use.isExceeded) return;
    const action = typeof refusedAs === 'function' ? refusedAs(request) : refusedAs;
    if (home === null) throw new Error('the home database is not ready yet');
    // Nothing of ours belongs into another platform's tenant.
    if (home.sweeper.refusal() !== null) return;
    await home.database.transaction((tx) =>
      record(tx, deps.config.tenant, actOfRefused(request), action, targetOf(request), code),
    );
  };

  app.setErrorHandler(async (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const { code, message, members } = problemOf(error, request, requestLog);
    try {
      await writeDown(request, code);
    } catch (failure) {
      requestLog.failed(request, 'error', failure, 'A refusal could not be written down');
    }
    return sendProblem(request, reply, code, message, members);
  });
}

function targetOf({ params }: FastifyRequest): string | null {
  if (typeof params !== 'object' || params === null) return null;
  const [target]: unknown[] = Object.values(params);
  return typeof target === 'string' ? target.replaceAll('\0', '').slice(0, MOST_TARGET_CHARACTERS) : null;
}
