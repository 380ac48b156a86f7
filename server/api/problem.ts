import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { DatabaseFailure } from '../db/connect.ts';
import { CursorError } from '../sweep/page.ts';
import type { RequestLog } from './request-log.ts';

/** Every refusal and failure that the API knows, with its status. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not what this call takes' },
  invalid_cursor: { status: 400, title: 'The cursor does not belong to this list' },
  unknown_host: { status: 403, title: 'The Host of the request is not one of ours' },
  foreign_origin: { status: 403, title: 'Changes are refused from other sites' },
  signed_out: { status: 401, title: 'Sign in first' },
  forged_header: { status: 403, title: 'Who is signed in was said by somebody who is not believed' },
  no_role: { status: 403, title: 'Nobody of these groups may come in' },
  role_required: { status: 403, title: 'This needs another role' },
  actor_not_yours: { status: 400, title: 'A change is made under the name of whoever is signed in' },
  actor_required: { status: 400, title: 'This change needs somebody who makes it' },
  not_found: { status: 404, title: 'There is no such thing' },
  sweeper_disabled: { status: 409, title: 'Nothing is being stopped' },
  dry_run: { status: 409, title: 'Every sweep is a dry run' },
  expected_mismatch: { status: 409, title: 'There are not as many orphans as expected' },
  brake_latched: { status: 409, title: 'The safety brake is latched' },
  brake_not_latched: { status: 409, title: 'The safety brake is not latched' },
  brake_moved: { status: 409, title: 'More orphans wait behind the brake than were on the screen' },
  platform_unreadable: { status: 409, title: 'The platform could not be looked at' },
  name_taken: { status: 409, title: 'Another one has this name' },
  no_such_channel: { status: 409, title: 'No such channel is configured' },
  nothing_to_acknowledge: { status: 409, title: 'Nothing of this workspace waits for an acknowledgement' },
  sweep_finished: { status: 409, title: 'The sweep has ended' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'A body must be JSON' },
  too_many_changes: { status: 429, title: 'Too many changes from this address' },
  internal_error: { status: 500, title: 'Something went wrong that should not have' },
  home_database_unavailable: { status: 503, title: 'Orphan Sweeper cannot read its own database' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** What a program needs of a refusal beside its code. */
export interface ProblemMembers {
  /** Of `brake_moved` and `expected_mismatch`: how many there are by now. */
  readonly orphans?: number;
  /** Of `signed_out`: where a browser signs in; null: at the proxy in front, by loading the page again. */
  readonly signIn?: string | null;
}

/** Answers the request with problem+json (RFC 9457). The detail is a sentence: what was wrong, and what is allowed. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly members: ProblemMembers;
  constructor(code: ProblemCode, detail: string, members: ProblemMembers = {}) {
    super(detail);
    this.code = code;
    this.members = members;
  }
}

const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    requestId: Type.String(),
    orphans: Type.Optional(
      Type.Integer({ description: 'Of `brake_moved` and `expected_mismatch`: how many there are by now' }),
    ),
    signIn: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description:
          'Of `signed_out`: where a browser signs in; null: at the proxy in front, by loading the page again',
      }),
    ),
  },
  { description: 'RFC 9457' },
);
export type Problem = Static<typeof problemSchema>;

/** Every call may meet these. */
const EVERYWHERE = [
  ...(['invalid_request', 'unknown_host', 'internal_error'] as const),
  ...(['signed_out', 'forged_header', 'no_role', 'home_database_unavailable'] as const),
];
/** Every change may meet these, too. */
const ON_CHANGES = [
  'foreign_origin',
  'role_required',
  'actor_not_yours',
  'body_too_large',
  'unsupported_media_type',
  'too_many_changes',
  'sweeper_disabled',
] as const;

/** Response schemas of the refusals of one call, by status; a status lists the codes that it stands for. */
export function problemResponses(codes: readonly ProblemCode[], { change = false } = {}) {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...EVERYWHERE, ...(change ? ON_CHANGES : []), ...codes]) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...new Set([...(byStatus.get(status) ?? []), code])]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: of.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
        content: {
          'application/problem+json': {
            schema: Type.Object({ ...problemProperties(of), code: Type.Enum([...of]) }, { description: 'RFC 9457' }),
          },
        },
      },
    ]),
  );
}

function problemProperties(codes: readonly ProblemCode[]) {
  const { orphans, signIn, ...everywhere } = problemSchema.properties;
  const counts = codes.includes('brake_moved') || codes.includes('expected_mismatch');
  return { ...everywhere, ...(counts ? { orphans } : {}), ...(codes.includes('signed_out') ? { signIn } : {}) };
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  members: ProblemMembers = {},
) {
  const { status, title } = PROBLEMS[code];
  const problem: Problem = { type: 'about:blank', title, status, detail, code, requestId: request.id, ...members };
  // As text: a problem has the same form under every route, whatever the route's own schemas are.
  return reply.code(status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}

/** What Fastify itself refuses, in our words. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
};

export function handleError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  requestLog: RequestLog,
) {
  const { code, message, members } = problemOf(error, request, requestLog);
  return sendProblem(request, reply, code, message, members);
}

/** Whatever was thrown, as one of our refusals and failures; what is not the caller's mistake is logged. */
export function problemOf(error: FastifyError | Error, request: FastifyRequest, requestLog: RequestLog): ProblemError {
  // Also where there is no home database yet: whoever opens it says so, and a probe before that is no news.
  if (error instanceof ProblemError) return error;
  if (error instanceof CursorError) return new ProblemError('invalid_cursor', error.message);
  if (error instanceof DatabaseFailure) {
    requestLog.failed(request, 'warn', error, 'The home database failed');
    return new ProblemError('home_database_unavailable', `${PROBLEMS.home_database_unavailable.title}.`);
  }
  const code = 'code' in error ? FASTIFY_CODES[error.code] : undefined;
  if (code !== undefined) return new ProblemError(code, allowed(code));
  if ('statusCode' in error && error.statusCode !== undefined && error.statusCode < 500) {
    return new ProblemError('invalid_request', `${error.message.replace(/\.$/, '')}.`);
  }
  requestLog.failed(request, 'error', error, 'A request failed');
  return new ProblemError('internal_error', 'See the log of the server under this request id.');
}

function allowed(code: ProblemCode): string {
  return code === 'body_too_large'
    ? 'The body is larger than 64 kB, the most that any call takes.'
    : 'The body must be JSON, with Content-Type: application/json.';
}
