import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { listAttempts } from '../sweep/orphan-list.ts';
import { OUTCOMES, SWEEP_RESULTS, TRIGGERS } from '../sweep/outcome.ts';
import type { ManualRequest } from '../sweep/schedule.ts';
import { listSweeps, readSweep, type SweepRow } from '../sweep/sweep-list.ts';
import { AttemptSchema, attemptOnWire } from './attempts.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { DEFAULT_LIMIT, iso, NextCursor, Nullable, PageQuery, Time } from './wire.ts';

const Counts = Type.Object(
  Object.fromEntries([...OUTCOMES, 'deferred' as const].map((name) => [name, Type.Integer()])),
  { description: 'How many attempts ended with each outcome; `deferred` were claimed but not started' },
);

export const SweepSchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  trigger: Type.Enum([...TRIGGERS]),
  workspaceIds: Nullable(Type.Array(Type.String(), { description: 'Null: all' })),
  requestedBy: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  dryRun: Type.Boolean(),
  drain: Type.Boolean(),
  requestedAt: Time,
  startedAt: Nullable(Time),
  finishedAt: Nullable(Time),
  result: Type.Enum([...SWEEP_RESULTS]),
  claimed: Type.Integer({ description: 'How many orphans it set out to attempt' }),
  counts: Counts,
  open: Nullable(Type.Integer({ description: 'Open orphans when it ended' })),
  stuck: Nullable(Type.Integer()),
  error: Nullable(Type.String()),
  replica: Nullable(Type.String()),
  joined: Type.Boolean({ description: 'An equal sweep was queued or running already: this is it' }),
});
export type Sweep = Static<typeof SweepSchema>;

const ListedSweep = Type.Object({
  ...SweepSchema.properties,
  quietBefore: Type.Optional(
    Type.Integer({ description: 'With quiet=false: how many that found nothing came right before it' }),
  ),
});

const MOST_ACTOR_CHARACTERS = 80;
/** One line, and not blank. */
const ACTOR_PATTERN = '^(?=.*\\S)[^\\u0000-\\u001f\\u007f]*$';
const Actor = Type.String({ minLength: 1, maxLength: MOST_ACTOR_CHARACTERS, pattern: ACTOR_PATTERN });

const NewSweep = Type.Object(
  {
    workspaceIds: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' }), {
        maxItems: 1000,
        description: 'Only these. An empty list sweeps nothing',
      }),
    ),
    expected: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'How many open orphans were on the screen' }),
    ),
    dryRun: Type.Optional(Type.Boolean()),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000]*$' })),
    actor: Type.Optional(Actor),
  },
  { additionalProperties: false },
);

const SweepPath = Type.Object({ id: Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }) });

const CHANGES_A_MINUTE = 60;

export function sweepRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { tenant, sweep } = deps.config;
  return async (app) => {
    const limited = app.createRateLimit({ max: CHANGES_A_MINUTE, timeWindow: '1 minute' });
    const refuseTooMany = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const use = await limited(request);
      if (use.isAllowed || !use.isExceeded) return;
      reply.header('retry-after', use.ttlInSeconds);
      throw new ProblemError(
        'too_many_changes',
        `At most ${CHANGES_A_MINUTE} changes a minute from one address; again in ${use.ttlInSeconds} s.`,
      );
    };

    app.post(
      '/sweeps',
      {
        schema: {
          summary: 'Sweep now: queued first, begun by whichever replica holds the lease next',
          body: NewSweep,
          querystring: Type.Object({}, { additionalProperties: false }),
          response: {
            202: SweepSchema,
            ...problemResponses(['sweeper_disabled', 'expected_mismatch', 'home_database_unavailable'], {
              change: true,
            }),
          },
        },
      },
      async (request, reply) => {
        const { database, sweeper } = homeOf(deps);
        const asked = manualRequest(request.body, request);
        if (deps.config.disabledReason !== null) {
          throw new ProblemError('sweeper_disabled', `Nothing is being stopped: ${deps.config.disabledReason}.`);
        }
        if (asked.expected !== null) await sweeper.fresh();
        // Joining changes nothing, so that a button pressed twice is never refused.
        if ((await sweeper.schedule.findEqual(asked)) === null) await refuseTooMany(request, reply);
        const enqueued = await sweeper.schedule.enqueue(asked);
        if (enqueued.kind === 'mismatch') {
          const { expected } = asked;
          throw new ProblemError(
            'expected_mismatch',
            `${expected} orphans were expected, but there are ${enqueued.open}.`,
          );
        }
        sweeper.loop.wake();
        const row = await readSweep(database, tenant, enqueued.sweepId);
        if (row === null) throw new ProblemError('not_found', 'The sweep is not kept any more.');
        reply.code(202).header('location', `/api/sweeps/${enqueued.sweepId}`);
        return sweepOnWire(row, enqueued.kind === 'joined');
      },
    );

    app.get(
      '/sweeps',
      {
        schema: {
          summary: 'What the last sweeps did, newest first',
          querystring: Type.Object(
            {
              trigger: Type.Optional(Type.Enum([...TRIGGERS])),
              result: Type.Optional(Type.Enum([...SWEEP_RESULTS])),
              quiet: Type.Optional(
                Type.Boolean({ default: true, description: 'false leaves out those that found nothing' }),
              ),
              ...PageQuery,
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({ items: Type.Array(ListedSweep), nextCursor: NextCursor }),
            ...problemResponses(['invalid_cursor', 'home_database_unavailable']),
          },
        },
      },
      async ({ query }) => {
        const { database } = homeOf(deps);
        const filter = { ...query, quiet: query.quiet ?? true, limit: query.limit ?? DEFAULT_LIMIT };
        const { items, nextCursor } = await listSweeps(database, tenant, filter);
        return {
          items: items.map(({ quietBefore, ...row }) => ({
            ...sweepOnWire(row, false),
            ...(quietBefore === null ? {} : { quietBefore }),
          })),
          nextCursor,
        };
      },
    );

    app.get(
      '/sweeps/:id',
      {
        schema: {
          summary: 'One sweep; while it runs, with the outcomes so far',
          params: SweepPath,
          querystring: Type.Object({}, { additionalProperties: false }),
          response: { 200: SweepSchema, ...problemResponses(['not_found', 'home_database_unavailable']) },
        },
      },
      async ({ params }) => {
        const row = await readSweep(homeOf(deps).database, tenant, params.id);
        if (row === null) throw noSweep(params.id);
        return sweepOnWire(row, false);
      },
    );

    app.get(
      '/sweeps/:id/attempts',
      {
        schema: {
          summary: 'What happened to each orphan of a sweep, newest first',
          params: SweepPath,
          querystring: Type.Object(PageQuery, { additionalProperties: false }),
          response: {
            200: Type.Object({ items: Type.Array(AttemptSchema), nextCursor: NextCursor }),
            ...problemResponses(['invalid_cursor', 'not_found', 'home_database_unavailable']),
          },
        },
      },
      async ({ params, query }) => {
        const { database } = homeOf(deps);
        const page = { cursor: query.cursor, limit: query.limit ?? DEFAULT_LIMIT };
        const { items, nextCursor } = await listAttempts(database, tenant, { sweepId: params.id }, page);
        if (items.length === 0 && (await readSweep(database, tenant, params.id)) === null) throw noSweep(params.id);
        return { items: items.map(attemptOnWire), nextCursor };
      },
    );
  };

  function manualRequest(body: Static<typeof NewSweep>, request: FastifyRequest): ManualRequest {
    return {
      workspaceIds: body.workspaceIds ?? null,
      expected: body.expected ?? null,
      // Under SWEEP_DRY_RUN every sweep is dry, by hand too; its row says so.
      dryRun: (body.dryRun ?? false) || sweep.dryRun,
      requestedBy: body.actor ?? actorOf(request),
      reason: body.reason ?? null,
    };
  }
}

/** The header for those whose body is somebody else's; the body wins. */
function actorOf(request: FastifyRequest): string | null {
  const actor = request.headers['x-actor'];
  if (actor === undefined) return null;
  if (typeof actor === 'string' && actor.length <= MOST_ACTOR_CHARACTERS && new RegExp(ACTOR_PATTERN).test(actor)) {
    return actor;
  }
  throw new ProblemError('invalid_request', 'X-Actor: must be 1 to 80 characters in one line, and not blank.');
}

function noSweep(id: string): ProblemError {
  return new ProblemError('not_found', `There is no sweep ${id}, or it is not kept any more.`);
}

export function sweepOnWire(row: SweepRow, joined: boolean): Sweep {
  const { id, tenant, trigger, scope, requestedBy, reason, dryRun, drain, result, claimed, error, replica } = row;
  return {
    id,
    tenant,
    trigger,
    workspaceIds: scope,
    requestedBy,
    reason,
    dryRun,
    drain,
    requestedAt: iso(row.requestedAt),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    result,
    claimed,
    counts: {
      ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, row.counts[outcome] ?? 0])),
      deferred: row.deferred,
    },
    open: row.open,
    stuck: row.stuck,
    error,
    replica,
    joined,
  };
}
