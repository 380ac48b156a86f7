import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { PROOFS } from '../access/identity.ts';
import { DatabaseFailure } from '../db/connect.ts';
import { BACKEND_STATES } from '../sweep/backend-answers.ts';
import {
  BACKEND_KINDS,
  CAUSE_KEY,
  FAILURE_CLASSES,
  OUTCOMES,
  PLATFORM_FAULTS,
  POSITIVE_CONTROLS,
  ROLES,
  SWEEPER_STATES,
  WHYS,
} from '../sweep/outcome.ts';
import type { ApiDeps } from './deps.ts';
import { PauseSchema } from './pause.ts';
import { problemResponses } from './problem.ts';
import { createSteadyTime, withHome, withoutHome } from './status-on-wire.ts';
import { SweepSchema } from './sweeps.ts';
import { Nullable, Time } from './wire.ts';

const Database = Type.Object({
  state: Type.Enum(['answering', 'failing', 'unknown'], { description: 'unknown: not asked yet' }),
  error: Nullable(Type.String({ description: 'One sentence: what is wrong, and the setting or SQL that mends it' })),
  since: Nullable(Time),
});

const PlatformDatabase = Type.Object({
  ...Database.properties,
  fault: Type.Optional(
    Type.Object(
      {
        kind: Type.Enum([...PLATFORM_FAULTS]),
        role: Nullable(Type.String({ description: 'As which it is asked; null: the connection string names none' })),
      },
      { description: 'While it fails: what `error` is about, for those who do not read sentences' },
    ),
  ),
});

const StatusSchema = Type.Object({
  now: Time,
  environment: Nullable(Type.String()),
  version: Type.String(),
  tenant: Type.String(),
  replica: Type.String(),
  anonymous: Type.Boolean({ description: 'Anybody who reaches this address may change things' }),
  you: Type.Object(
    {
      name: Nullable(Type.String({ description: 'Null: nobody has to sign in' })),
      role: Type.Enum([...ROLES]),
      proof: Type.Enum([...PROOFS], { description: 'How that is known; open: nobody has to sign in' }),
    },
    { description: 'Who asks' },
  ),
  sweeper: Type.Object({
    state: Type.Enum([...SWEEPER_STATES]),
    reason: Nullable(Type.String()),
    intervalSeconds: Type.Number(),
    aliveAt: Nullable(Time),
    nextSweepAt: Nullable(Time),
    lastSweep: Nullable(SweepSchema),
    currentSweepId: Nullable(Type.String()),
  }),
  lease: Nullable(Type.Object({ holder: Type.String(), sweepId: Nullable(Type.String()), until: Time })),
  counts: Nullable(
    Type.Object({
      open: Type.Integer(),
      waiting: Type.Integer(),
      sweeping: Type.Integer(),
      retrying: Type.Integer(),
      stuck: Type.Integer(),
      held: Type.Integer(),
    }),
  ),
  sweepable: Nullable(
    Type.Integer({ description: 'What a sweep asked for by hand would attempt, if SWEEP_LIMIT were no limit' }),
  ),
  oldest: Nullable(
    Type.Object({
      workspaceId: Type.String(),
      workspaceName: Nullable(Type.String()),
      instanceId: Type.String(),
      orphanedAt: Time,
    }),
  ),
  newInTenMinutes: Nullable(Type.Integer()),
  unconfirmed: Nullable(
    Type.Integer({ description: 'Stopped within a day; that they terminated could not be confirmed' }),
  ),
  causes: Nullable(
    Type.Array(
      Type.Object({
        key: Type.String({ pattern: CAUSE_KEY, description: 'Leads to its orphans: `cause` of their list' }),
        class: Nullable(Type.Enum([...FAILURE_CLASSES])),
        outcome: Nullable(Type.Enum([...OUTCOMES])),
        why: Nullable(Type.Enum([...WHYS], { description: 'Where that is the cause, and no attempt is' })),
        pattern: Nullable(Type.String()),
        httpStatus: Nullable(Type.Integer()),
        count: Type.Integer(),
        stuck: Type.Integer({ description: 'How many of them need a person' }),
        since: Nullable(Time),
      }),
    ),
  ),
  backend: Type.Object({
    kind: Nullable(Type.Enum([...BACKEND_KINDS])),
    state: Type.Enum([...BACKEND_STATES], {
      description: 'From what the last Stops brought; unknown: they tell nothing',
    }),
    error: Nullable(Type.String({ description: 'Its last answer, while it fails' })),
    askedAt: Nullable(Time),
    breaker: Type.Object({
      state: Type.Enum(['open', 'closed'], { description: 'open: a sweep sends one probe instead of a batch' }),
      openedAt: Nullable(Time),
      class: Nullable(Type.Enum([...FAILURE_CLASSES])),
      message: Nullable(Type.String()),
      retryAt: Nullable(Time),
    }),
    positiveControl: Type.Enum([...POSITIVE_CONTROLS]),
    positiveControlMessage: Nullable(Type.String({ description: 'One sentence, where it is not_known' })),
    positiveControlAt: Nullable(Time),
    lastSuccessAt: Nullable(Time),
    leftAlone: Type.Array(Type.Object({ instanceId: Type.String(), name: Type.String(), reason: Type.String() }), {
      description: 'Containers of which nobody can say whose they are: they are never touched',
    }),
  }),
  brake: Nullable(
    Type.Object(
      {
        latchedAt: Time,
        newOrphans: Type.Integer({ description: 'How many had appeared within ten minutes when it latched' }),
        limit: Nullable(Type.Integer({ description: 'SWEEP_SURGE_LIMIT; null: unlimited' })),
        orphans: Type.Integer({ description: 'Open orphans that no release covers: the number a release must carry' }),
        oldest: Nullable(Time),
        sample: Type.Array(
          Type.Object({
            workspaceId: Type.String(),
            workspaceName: Nullable(Type.String()),
            instanceId: Type.String(),
            orphanedAt: Time,
          }),
          { description: 'Some of them, the newest first' },
        ),
      },
      { description: 'The safety brake is latched: nothing is stopped until a person releases it' },
    ),
  ),
  pause: PauseSchema,
  surge: Nullable(
    Type.Object(
      { newOrphans: Type.Integer(), limit: Type.Integer() },
      { description: 'Many new orphans within ten minutes, though not yet more than SWEEP_SURGE_LIMIT' },
    ),
  ),
  home: Database,
  platform: PlatformDatabase,
  fingerprints: Type.Object(
    { here: Nullable(Type.String()), known: Nullable(Type.String()) },
    {
      description:
        "`host:port/database schema.table` of the platform: of this process, and the one that the tenant's inventory is about",
    },
  ),
  lastObserve: Type.Object({ observedAt: Nullable(Time), error: Nullable(Type.String()) }),
  observedAt: Nullable(Time),
});
export type Status = Static<typeof StatusSchema>;
/** The same for everybody. */
export type StatusOfAll = Omit<Status, 'you'>;

export function statusRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  let failingSince: Date | null = null;
  const steady = createSteadyTime();

  /** Answers whatever is away: this is where one looks to find out what is. */
  const readable = async (): Promise<StatusOfAll> => {
    const { home, error } = deps.state();
    if (home === null) return withoutHome(deps, error ?? 'It is being started.', deps.startedAt);
    try {
      const status = await withHome(deps, home, steady);
      failingSince = null;
      return status;
    } catch (failure) {
      if (!(failure instanceof DatabaseFailure)) throw failure;
      failingSince ??= new Date();
      return withoutHome(deps, failure.message, failingSince);
    }
  };

  return async (app) => {
    app.get(
      '/status',
      {
        schema: {
          summary: 'Everything for the top of the console; what is not known is null, never 0',
          querystring: Type.Object({}, { additionalProperties: false }),
          response: { 200: StatusSchema, ...problemResponses([]) },
        },
      },
      async (request, reply) => {
        const status = await readable();
        reply.header('x-now', status.now);
        if (status.observedAt !== null) reply.header('x-observed-at', status.observedAt);
        return { ...status, you: request.who };
      },
    );
  };
}
