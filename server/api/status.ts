import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import type { Config } from '../config.ts';
import { DatabaseFailure } from '../db/connect.ts';
import { BACKEND_STATES, backendState } from '../sweep/backend-answers.ts';
import {
  BACKEND_KINDS,
  FAILURE_CLASSES,
  OPEN_STATES,
  OUTCOMES,
  SWEEPER_STATES,
  type SweeperState,
} from '../sweep/outcome.ts';
import { readStatus, type StatusRows } from '../sweep/status.ts';
import { readSweep } from '../sweep/sweep-list.ts';
import type { ApiDeps, Home } from './deps.ts';
import { problemResponses } from './problem.ts';
import { SweepSchema, sweepOnWire } from './sweeps.ts';
import { iso, Nullable, Time } from './wire.ts';

const Database = Type.Object({
  state: Type.Enum(['answering', 'failing', 'unknown'], { description: 'unknown: not asked yet' }),
  error: Nullable(Type.String({ description: 'One sentence: what is wrong, and the setting or SQL that mends it' })),
  since: Nullable(Time),
});

const StatusSchema = Type.Object({
  now: Time,
  environment: Nullable(Type.String()),
  version: Type.String(),
  tenant: Type.String(),
  replica: Type.String(),
  anonymous: Type.Boolean({ description: 'Anybody who reaches this address may change things' }),
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
  causes: Nullable(
    Type.Array(
      Type.Object({
        class: Nullable(Type.Enum([...FAILURE_CLASSES])),
        outcome: Nullable(Type.Enum([...OUTCOMES])),
        pattern: Nullable(Type.String()),
        httpStatus: Nullable(Type.Integer()),
        count: Type.Integer(),
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
    breaker: Type.Object({ state: Type.Enum(['open', 'closed']) }),
    positiveControl: Type.Enum(['known', 'not_known', 'unknown']),
    lastSuccessAt: Nullable(Time),
  }),
  brake: Type.Null(),
  pause: Type.Null(),
  home: Database,
  platform: Database,
  lastObserve: Type.Object({ observedAt: Nullable(Time), error: Nullable(Type.String()) }),
  observedAt: Nullable(Time),
});
export type Status = Static<typeof StatusSchema>;

export function statusRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  let failingSince: Date | null = null;
  const steady = createSteadyTime();

  /** Answers whatever is away: this is where one looks to find out what is. */
  const readable = async (): Promise<Status> => {
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
      async (_request, reply) => {
        const status = await readable();
        reply.header('x-now', status.now);
        if (status.observedAt !== null) reply.header('x-observed-at', status.observedAt);
        return status;
      },
    );
  };
}

function fixed({ config, version, replica }: ApiDeps) {
  return {
    environment: config.environmentName,
    version,
    tenant: config.tenant,
    replica,
    anonymous: config.http.allowAnonymous,
    brake: null,
    pause: null,
  };
}

/** A time that is measured anew for every answer is the same as before while it differs by less. */
const SAME_TIME_MS = 500;

/** Else the next tick, some milliseconds off, would make every answer a new one. */
function createSteadyTime(): (measured: Date) => Date {
  let shown = new Date(0);
  return (measured) => {
    if (Math.abs(measured.getTime() - shown.getTime()) >= SAME_TIME_MS) shown = measured;
    return shown;
  };
}

async function withHome(deps: ApiDeps, { database, sweeper }: Home, steady: (measured: Date) => Date): Promise<Status> {
  const { config } = deps;
  await sweeper.fresh();
  const rows = await readStatus(database, config.tenant, config.sweep);
  const { tenant, counts, inventory, causes } = rows;
  if (tenant === null) return withoutHome(deps, 'It holds nothing of this tenant any more.', deps.startedAt);
  const last = rows.lastSweepId === null ? null : await readSweep(database, config.tenant, rows.lastSweepId);
  const nextTickInMs = sweeper.loop.nextTickInMs();
  // Before the first look nothing is known, and "0 orphans" would be a guess.
  const known = tenant.observedAt !== null;
  return {
    ...fixed(deps),
    now: iso(tenant.now),
    sweeper: {
      ...sweeperState(config, tenant.late),
      intervalSeconds: config.sweep.intervalMs / 1000,
      aliveAt: iso(tenant.aliveAt),
      nextSweepAt: nextTickInMs === null ? null : iso(steady(new Date(tenant.now.getTime() + nextTickInMs))),
      lastSweep: last === null ? null : sweepOnWire(last, false),
      currentSweepId: tenant.leaseValid ? tenant.leaseSweepId : null,
    },
    lease: leaseOnWire(tenant),
    counts: known ? { open: OPEN_STATES.reduce((sum, state) => sum + counts[state], 0), ...counts } : null,
    sweepable: known ? inventory.sweepable : null,
    oldest: inventory.oldest === null ? null : { ...inventory.oldest, orphanedAt: iso(inventory.oldest.orphanedAt) },
    newInTenMinutes: known ? inventory.newInTenMinutes : null,
    causes: known ? causes.map((cause) => ({ ...cause, since: iso(cause.since) })) : null,
    backend: { ...backendOnWire(config, rows.answers), lastSuccessAt: iso(tenant.lastSuccessAt) },
    home: { state: 'answering', error: null, since: null },
    platform: platformOnWire(tenant),
    lastObserve: { observedAt: iso(tenant.observedAt), error: tenant.observeError },
    observedAt: iso(tenant.observedAt),
  };
}

type TenantRow = NonNullable<StatusRows['tenant']>;

function sweeperState(config: Config, late: boolean): { state: SweeperState; reason: string | null } {
  if (config.disabledReason !== null) return { state: 'disabled', reason: config.disabledReason };
  if (late) return { state: 'late', reason: 'the sweeper has not run for more than 2.5 intervals' };
  if (config.sweep.dryRun) return { state: 'dry_run', reason: 'SWEEP_DRY_RUN is true' };
  return { state: 'on_schedule', reason: null };
}

function leaseOnWire({ leaseValid, leaseHolder, leaseSweepId, leaseUntil }: TenantRow): Status['lease'] {
  if (!leaseValid || leaseHolder === null || leaseUntil === null) return null;
  return { holder: leaseHolder, sweepId: leaseSweepId, until: iso(leaseUntil) };
}

function backendOnWire({ backend }: Config, answers: StatusRows['answers']): Omit<Status['backend'], 'lastSuccessAt'> {
  const state = backend === null ? 'not_configured' : backendState(answers);
  const failing = state === 'failing' || state === 'not_answering';
  return {
    kind: backend?.kind ?? null,
    state,
    error: failing ? (answers[0]?.message ?? null) : null,
    askedAt: iso(answers[0]?.at ?? null),
    breaker: { state: 'closed' },
    positiveControl: 'unknown',
  };
}

/** Failing since the last look that succeeded: when a look first failed is not known, and the last failure is no "since". */
function platformOnWire({ observedAt, observeError, platformWriteError }: TenantRow): Status['platform'] {
  if (observeError !== null) return { state: 'failing', error: observeError, since: iso(observedAt) };
  if (platformWriteError !== null) return { state: 'failing', error: platformWriteError, since: null };
  return { state: observedAt === null ? 'unknown' : 'answering', error: null, since: null };
}

/** What can be said without our own database: that it is away, since when, and what the settings say. */
function withoutHome(deps: ApiDeps, error: string, since: Date): Status {
  const { config } = deps;
  const now = new Date();
  const late = now.getTime() - since.getTime() > config.sweep.intervalMs * 2.5;
  return {
    ...fixed(deps),
    now: iso(now),
    sweeper: {
      ...sweeperState(config, late),
      intervalSeconds: config.sweep.intervalMs / 1000,
      aliveAt: null,
      nextSweepAt: null,
      lastSweep: null,
      currentSweepId: null,
    },
    lease: null,
    counts: null,
    sweepable: null,
    oldest: null,
    newInTenMinutes: null,
    causes: null,
    backend: { ...backendOnWire(config, []), lastSuccessAt: null },
    home: { state: 'failing', error, since: iso(since) },
    platform: { state: 'unknown', error: null, since: null },
    lastObserve: { observedAt: null, error: null },
    observedAt: null,
  };
}
