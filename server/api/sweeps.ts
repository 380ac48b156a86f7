import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { Config } from '../config.ts';
import { listAttempts } from '../sweep/orphan-list.ts';
import { type AuditAction, SWEEP_RESULTS, TRIGGERS } from '../sweep/outcome.ts';
import type { ManualRequest, NotQueued } from '../sweep/schedule.ts';
import { listSweeps, readSweep, type SweepRow } from '../sweep/sweep-list.ts';
import { actOf, actOfSomebody, MayHaveReason } from './act.ts';
import { AttemptFilterQuery, AttemptSchema, attemptOnWire } from './attempts.ts';
import type { CountChange } from './change-limit.ts';
import { Counts, countsOnWire } from './counts.ts';
import { type ApiDeps, homeOf, homeToChange } from './deps.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { DEFAULT_LIMIT, iso, NextCursor, NoQuery, Nullable, PageQuery, Time } from './wire.ts';

export const SweepSchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  trigger: Type.Enum([...TRIGGERS]),
  workspaceIds: Nullable(Type.Array(Type.String(), { description: 'Null: all' })),
  requestedBy: Nullable(Type.String()),
  requestVerified: Type.Boolean({ description: 'Whether `requestedBy` has proved to be that person' }),
  reason: Nullable(Type.String()),
  dryRun: Type.Boolean(),
  drain: Type.Boolean(),
  requestedAt: Time,
  startedAt: Nullable(Time),
  finishedAt: Nullable(Time),
  cancelRequestedAt: Nullable(Time),
  cancelRequestedBy: Nullable(Type.String()),
  cancelVerified: Type.Boolean({ description: 'Whether `cancelRequestedBy` has proved to be that person' }),
  result: Type.Enum([...SWEEP_RESULTS]),
  claimed: Type.Integer({ description: 'How many orphans it set out to attempt' }),
  counts: Counts,
  looks: Type.Integer({ description: 'Second looks: calls that are no Stops' }),
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
  quietCursor: Type.Optional(
    Type.String({ description: 'With quiet=false: the cursor under which they begin in the list with quiet=true' }),
  ),
});

export type ListedSweep = Static<typeof ListedSweep>;

const SweepList = Type.Object({
  items: Type.Array(ListedSweep),
  nextCursor: NextCursor,
  quietAfter: Type.Optional(
    Type.Integer({
      description: 'With quiet=false: how many that found nothing came after the first of these; 0 with a cursor',
    }),
  ),
});
export type SweepListAnswer = Static<typeof SweepList>;

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
    drain: Type.Optional(
      Type.Boolean({ description: 'Goes on until nothing open is left, whatever SWEEP_LIMIT is. Needs an actor' }),
    ),
    ...MayHaveReason,
  },
  { additionalProperties: false },
);

export const SweepPath = Type.Object({
  id: Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }),
});

/** What a request would be written down as, as far as it can be read. */
function actionOf({ body }: FastifyRequest): AuditAction {
  const asked: Partial<Record<string, unknown>> = typeof body === 'object' && body !== null ? { ...body } : {};
  if (asked['drain'] === true) return 'drain';
  return asked['dryRun'] === true ? 'dry_run' : 'sweep';
}

export function sweepRoutes(deps: ApiDeps, countChange: CountChange): FastifyPluginAsyncTypebox {
  const { tenant, sweep } = deps.config;
  return async (app) => {
    app.post(
      '/sweeps',
      {
        config: { role: 'operator', refusedAs: actionOf },
        schema: {
          summary: 'Sweep now: queued first, begun by whichever replica holds the lease next',
          body: NewSweep,
          querystring: NoQuery,
          response: {
            202: SweepSchema,
            ...problemResponses(
              [
                'actor_required',
                'sweeper_disabled',
                'dry_run',
                'brake_latched',
                'expected_mismatch',
                'home_database_unavailable',
              ],
              { change: true },
            ),
          },
        },
      },
      async (request, reply) => {
        const { database, sweeper } = homeToChange(deps);
        const asked = manualRequest(request.body);
        const act = asked.drain ? actOfSomebody(request, request.body) : actOf(request, request.body);
        refuseDisabled(deps.config);
        if (asked.drain && sweep.dryRun) {
          throw new ProblemError('dry_run', 'SWEEP_DRY_RUN is true, so nothing can be drained.');
        }
        if (asked.expected !== null) await sweeper.fresh.ifOld();
        // Joining changes nothing, so that a button pressed twice is never refused.
        if ((await sweeper.schedule.findEqual(asked)) === null) await countChange(request, reply);
        const enqueued = await sweeper.schedule.enqueue(asked, act);
        if (enqueued.kind === 'brake_latched' || enqueued.kind === 'mismatch') throw notQueued(enqueued, asked);
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
            200: SweepList,
            ...problemResponses(['invalid_cursor', 'home_database_unavailable']),
          },
        },
      },
      async ({ query }) => {
        const { database } = homeOf(deps);
        const filter = { ...query, quiet: query.quiet ?? true, limit: query.limit ?? DEFAULT_LIMIT };
        const { items, nextCursor, quietAfter } = await listSweeps(database, tenant, filter);
        return {
          items: items.map(({ folded, ...row }) => ({ ...sweepOnWire(row, false), ...folded })),
          nextCursor,
          ...(quietAfter === null ? {} : { quietAfter }),
        };
      },
    );

    app.get(
      '/sweeps/:id',
      {
        schema: {
          summary: 'One sweep; while it runs, with the outcomes so far',
          params: SweepPath,
          querystring: NoQuery,
          response: { 200: SweepSchema, ...problemResponses(['not_found', 'home_database_unavailable']) },
        },
      },
      async ({ params }) => {
        const row = await readSweep(homeOf(deps).database, tenant, params.id);
        if (row === null) throw noSweep(params.id);
        return sweepOnWire(row, false);
      },
    );

    app.delete(
      '/sweeps/:id',
      {
        config: { role: 'operator', refusedAs: 'cancel' },
        schema: {
          summary: 'Cancels a sweep: a queued one at once, a running one before its next Stop',
          params: SweepPath,
          querystring: NoQuery,
          body: Type.Object(MayHaveReason, { additionalProperties: false }),
          response: {
            200: SweepSchema,
            ...problemResponses(['not_found', 'sweep_finished', 'home_database_unavailable'], { change: true }),
          },
        },
      },
      async (request, reply) => {
        const { database, sweeper } = homeToChange(deps);
        const { id } = request.params;
        const act = actOf(request, request.body);
        await countChange(request, reply);
        const cancelled = await sweeper.schedule.cancel(id, act);
        const row = cancelled === 'not_found' ? null : await readSweep(database, tenant, id);
        if (row === null) throw noSweep(id);
        if (cancelled === 'finished') {
          throw new ProblemError('sweep_finished', `The sweep has ended already: ${row.result}.`);
        }
        return sweepOnWire(row, false);
      },
    );

    app.get(
      '/sweeps/:id/attempts',
      {
        schema: {
          summary: 'What happened to each orphan of a sweep, newest first',
          params: SweepPath,
          querystring: Type.Object({ ...AttemptFilterQuery, ...PageQuery }, { additionalProperties: false }),
          response: {
            200: Type.Object({ items: Type.Array(AttemptSchema), nextCursor: NextCursor }),
            ...problemResponses(['invalid_cursor', 'not_found', 'home_database_unavailable']),
          },
        },
      },
      async ({ params, query }) => {
        const { database } = homeOf(deps);
        const of = { sweepId: params.id, outcome: query.outcome };
        const page = { cursor: query.cursor, limit: query.limit ?? DEFAULT_LIMIT };
        const { items, nextCursor } = await listAttempts(database, tenant, of, page);
        if (items.length === 0 && (await readSweep(database, tenant, params.id)) === null) throw noSweep(params.id);
        return { items: items.map(attemptOnWire), nextCursor };
      },
    );
  };

  function manualRequest(body: Static<typeof NewSweep>): ManualRequest {
    const drain = body.drain ?? false;
    if (drain && body.dryRun === true) {
      throw new ProblemError('invalid_request', 'body: drain stops what is there, and dryRun does not; not both.');
    }
    return {
      workspaceIds: body.workspaceIds ?? null,
      expected: body.expected ?? null,
      // Under SWEEP_DRY_RUN every sweep is dry, by hand too; its row says so.
      dryRun: (body.dryRun ?? false) || sweep.dryRun,
      drain,
    };
  }
}

/** @throws ProblemError `sweeper_disabled`: the settings stop nothing */
export function refuseDisabled({ disabledReason }: Config): void {
  if (disabledReason === null) return;
  throw new ProblemError('sweeper_disabled', `Nothing is being stopped: ${disabledReason}.`);
}

export function notQueued(refused: NotQueued, { expected }: Pick<ManualRequest, 'expected'>): ProblemError {
  if (refused.kind === 'brake_latched') {
    return new ProblemError('brake_latched', 'Nothing is stopped until a person releases the safety brake.');
  }
  const { open: orphans } = refused;
  return new ProblemError('expected_mismatch', `${expected} orphans were expected, but there are ${orphans}.`, {
    orphans,
  });
}

export function noSweep(id: string): ProblemError {
  return new ProblemError('not_found', `There is no sweep ${id}, or it is not kept any more.`);
}

export function sweepOnWire(row: SweepRow, joined: boolean): Sweep {
  const {
    id,
    tenant,
    trigger,
    scope,
    requestedBy,
    requestVerified,
    reason,
    dryRun,
    drain,
    result,
    claimed,
    error,
    replica,
  } = row;
  return {
    id,
    tenant,
    trigger,
    workspaceIds: scope,
    requestedBy,
    requestVerified,
    reason,
    dryRun,
    drain,
    requestedAt: iso(row.requestedAt),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    cancelRequestedAt: iso(row.cancelRequestedAt),
    cancelRequestedBy: row.cancelRequestedBy,
    cancelVerified: row.cancelVerified,
    result,
    claimed,
    counts: countsOnWire(row),
    looks: row.looks,
    open: row.open,
    stuck: row.stuck,
    error,
    replica,
    joined,
  };
}
