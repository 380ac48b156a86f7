import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from './problem.ts';

const CHANGES_A_MINUTE = 60;

/** @throws ProblemError `too_many_changes` */
export type CountChange = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** One count for all changes of an address, whatever they change. What changes nothing is not counted. */
export function createChangeLimit(app: FastifyInstance): CountChange {
  const limited = app.createRateLimit({ max: CHANGES_A_MINUTE, timeWindow: '1 minute' });
  return async (request, reply) => {
    const use = await limited(request);
    if (use.isAllowed || !use.isExceeded) return;
    reply.header('retry-after', use.ttlInSeconds);
    throw new ProblemError(
      'too_many_changes',
      `At most ${CHANGES_A_MINUTE} changes a minute from one address; again in ${use.ttlInSeconds} s.`,
    );
  };
}
