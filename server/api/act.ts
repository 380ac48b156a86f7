import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Act } from '../sweep/audit.ts';
import { ProblemError } from './problem.ts';

const MOST_ACTOR_CHARACTERS = 80;
const MOST_REASON_CHARACTERS = 500;
/** One line, and not blank. */
const ONE_LINE = '^(?=.*\\S)[^\\u0000-\\u001f\\u007f\\u2028\\u2029]*$';

const Reason = Type.String({ minLength: 1, maxLength: MOST_REASON_CHARACTERS, pattern: ONE_LINE });
/** What somebody, or a script, may be called. */
export const Name = Type.String({ minLength: 1, maxLength: MOST_ACTOR_CHARACTERS, pattern: ONE_LINE });
const Actor = Type.String({
  minLength: 1,
  maxLength: MOST_ACTOR_CHARACTERS,
  pattern: ONE_LINE,
  description: 'Who does it; the header X-Actor where the body does not say',
});

/** Fields of a change that must be explained. */
export const WithReason = { reason: Reason, actor: Type.Optional(Actor) };
/** Fields of one that need not be. */
export const MayHaveReason = { reason: Type.Optional(Reason), actor: Type.Optional(Actor) };

interface Saying {
  readonly actor?: string;
  readonly reason?: string;
}

/**
 * Who asks for this change, from where, and why. Where people sign in it is whoever did.
 *
 * @throws ProblemError `actor_not_yours`: another name was given
 */
export function actOf(request: FastifyRequest, { actor, reason }: Saying): Act {
  const said = actor ?? actorOfHeader(request);
  const { name } = request.who;
  if (name !== null && said !== null && said !== name) {
    throw new ProblemError('actor_not_yours', `You are signed in as ${name}: leave the actor out, or give that name.`);
  }
  return {
    actor: name ?? said,
    verified: name !== null,
    address: request.ip,
    requestId: request.id,
    reason: reason ?? null,
  };
}

/** @throws ProblemError `actor_required` */
export function actOfSomebody(request: FastifyRequest, saying: Saying): Act {
  const act = actOf(request, saying);
  if (act.actor !== null) return act;
  throw new ProblemError('actor_required', 'Say who does this: the field "actor" of the body, or the header X-Actor.');
}

/** The header for those whose body is somebody else's; the body wins. */
function actorOfHeader(request: FastifyRequest): string | null {
  const actor = request.headers['x-actor'];
  if (actor === undefined) return null;
  if (fits(actor, MOST_ACTOR_CHARACTERS)) return actor;
  throw new ProblemError('invalid_request', 'X-Actor: must be 1 to 80 characters in one line, and not blank.');
}

/** What can be read of a change that was refused, whatever else is wrong with it. */
export function actOfRefused(request: FastifyRequest): Act {
  const said: Partial<Record<string, unknown>> =
    typeof request.body === 'object' && request.body !== null ? { ...request.body } : {};
  const actor = request.who.name ?? said['actor'] ?? request.headers['x-actor'];
  const { reason } = said;
  return {
    actor: fits(actor, MOST_ACTOR_CHARACTERS) ? actor : null,
    verified: request.who.name !== null,
    address: request.ip,
    requestId: request.id,
    reason: fits(reason, MOST_REASON_CHARACTERS) ? reason : null,
  };
}

/** The same rule for those who type it elsewhere. */
export const isActor = (text: string): boolean => fits(text, MOST_ACTOR_CHARACTERS);
export const isReason = (text: string): boolean => fits(text, MOST_REASON_CHARACTERS);

function fits(text: unknown, most: number): text is string {
  return typeof text === 'string' && text.length <= most && new RegExp(ONE_LINE).test(text);
}
