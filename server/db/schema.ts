import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  serial,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import {
  CHANNEL_KINDS,
  FAILURE_CLASSES,
  FAULTS,
  NOTIFICATION_EVENTS,
  NOTIFICATION_KINDS,
  OUTCOMES,
  type Outcome,
  RESOLUTIONS,
  SECOND_LOOKS,
  SWEEP_RESULTS,
  TRIGGERS,
  WHYS,
} from '../sweep/outcome.ts';

/**
 * Our own data: schema `sweeper` of the home database. Every table has `tenant`, because several installations may
 * share one home. Times are timestamptz with the microseconds PostgreSQL gives; `now()` of the database is the only
 * clock that is compared with them, so replicas need not agree on the time.
 */
export const sweeper = pgSchema('sweeper');

export const outcome = sweeper.enum('outcome', OUTCOMES);
export const failureClass = sweeper.enum('failure_class', FAILURE_CLASSES);
export const fault = sweeper.enum('fault', FAULTS);
export const why = sweeper.enum('why', WHYS);
export const resolution = sweeper.enum('resolution', RESOLUTIONS);
export const secondLook = sweeper.enum('second_look', SECOND_LOOKS);
export const trigger = sweeper.enum('trigger', TRIGGERS);
export const sweepResult = sweeper.enum('sweep_result', SWEEP_RESULTS);

/**
 * Expressions that indexes have, word for word as the statements that need them must.
 *
 * What an orphan needs first depends on the time, and no index can: by what it may need at all, it is in one of three
 * groups. Almost always 0 is stuck, or will be; 1 is neither stuck nor held; 2 is held, or was a moment ago.
 */
export const URGENT_GROUP = sql.raw(
  '(case when coalesce(held_at, hold_until) is not null then 2 when stuck_at is not null then 0 else 1 end)',
);
/** Not all of it: a cursor carries what a list is sorted by, and must fit into a URL. */
export const SORT_NAME = sql.raw('left(coalesce(workspace_name, workspace_id), 200)');
/** A Stop was sent, and answered. Nothing was sent where the platform could not be asked. */
export const ANSWERED = sql.raw(
  "(outcome in ('stopped', 'already_gone', 'stopped_live', 'clear_failed') or outcome = 'failed' and class <> 'platform')",
);

export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** What has been applied, and the oldest version of the program that still runs on it. */
export const migrations = sweeper.table('migrations', {
  id: serial().primaryKey(),
  name: text().notNull(),
  hash: text().notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  oldestVersion: text('oldest_version'),
  appliedAt: at('applied_at').notNull().defaultNow(),
});

/** A tenant's state: one row, the place where replicas agree. */
export const tenants = sweeper.table('tenants', {
  tenant: text().primaryKey(),
  createdAt: at('created_at').notNull().defaultNow(),
  /** Last sign of life of any replica's loop: a tick, skipped or not, or a renewal of the lease. */
  aliveAt: at('alive_at'),

  leaseHolder: text('lease_holder'),
  leaseSweepId: uuid('lease_sweep_id'),
  leaseUntil: at('lease_until'),
  /** End and replica of the last boot or interval sweep: what another replica's tick looks at. */
  sweptAt: at('swept_at'),
  sweptBy: text('swept_by'),

  /** Start of the newest observe that was applied; an older one that finishes later is not. */
  observedAt: at('observed_at'),
  observeMs: integer('observe_ms'),
  observeError: text('observe_error'),
  /** What kind of fault that is: what the console tells about it depends on this, never on the sentence. */
  observeFault: text('observe_fault'),
  observeErrorAt: at('observe_error_at'),
  /** Why the platform's connection may not clear ids (the grant or the replica); null when it may. */
  platformWriteError: text('platform_write_error'),
  platformWriteFault: text('platform_write_fault'),
  platformFingerprint: text('platform_fingerprint'),
  lastSuccessAt: at('last_success_at'),

  positiveControl: text('positive_control'),
  positiveControlMessage: text('positive_control_message'),
  positiveControlAt: at('positive_control_at'),

  pausedAt: at('paused_at'),
  pausedBy: text('paused_by'),
  pauseReason: text('pause_reason'),
  /** Whether whoever paused it has proved to be that person. */
  pauseVerified: boolean('pause_verified').notNull().default(false),
  pauseUntil: at('pause_until'),

  brakeAt: at('brake_at'),
  brakeOrphans: integer('brake_orphans'),
  brakeReleasedAt: at('brake_released_at'),
  brakeReleasedBy: text('brake_released_by'),
  brakeReleaseReason: text('brake_release_reason'),
  /** The release covers exactly the orphans first seen up to here. */
  brakeCoveredUntil: at('brake_covered_until'),

  breakerOpenedAt: at('breaker_opened_at'),
  breakerClass: failureClass('breaker_class'),
  breakerMessage: text('breaker_message'),
  breakerRetryAt: at('breaker_retry_at'),
  /** The different orphans that failed in a row by the control plane's fault, newest last. */
  breakerRun: uuid('breaker_run').array().notNull().default(sql`'{}'`),
  /** Probes since it opened: which orphan comes next is decided in turn. */
  breakerProbes: integer('breaker_probes').notNull().default(0),

  /** Since when time does not count towards `stuck`: the breaker is open, or a pause or the brake is in force. */
  excusedSince: at('excused_since'),
  /** The platform's table held no row at all at the newest observe. */
  platformEmpty: boolean('platform_empty').notNull().default(false),
  /** Containers of which the newest observe could not say whose they are. */
  leftAlone: jsonb('left_alone').$type<readonly LeftAlone[]>().notNull().default([]),
});

/** A container that is not touched, because nobody can say whose it is. */
export interface LeftAlone {
  readonly instanceId: string;
  readonly name: string;
  /** A sentence. */
  readonly reason: string;
}

/** An orphan; at most one open row per (tenant, workspace, instance). Resolved rows stay: they are the history. */
export const orphans = sweeper.table(
  'orphans',
  {
    id: uuid().primaryKey().defaultRandom(),
    tenant: text().notNull(),
    workspaceId: text('workspace_id').notNull(),
    workspaceName: text('workspace_name'),
    instanceId: text('instance_id').notNull(),
    why: why().notNull(),
    /** The row's `updated_at` when first seen. */
    orphanedAt: at('orphaned_at').notNull(),
    firstSeenAt: at('first_seen_at').notNull(),

    /** Failures of its own, which set the backoff; not those of the control plane. */
    failures: integer().notNull().default(0),
    attempts: integer().notNull().default(0),
    firstAttemptAt: at('first_attempt_at'),
    lastAttemptAt: at('last_attempt_at'),
    nextAttemptAt: at('next_attempt_at').notNull(),
    /** When it needs a person, unless it is stopped first; null while nothing has failed. May lie in the future. */
    stuckAt: at('stuck_at'),

    claimedBy: uuid('claimed_by'),
    claimedUntil: at('claimed_until'),
    /** The attempt that is open now. */
    attemptId: uuid('attempt_id'),

    lastOutcome: outcome('last_outcome'),
    lastClass: failureClass('last_class'),
    lastFault: fault('last_fault'),
    lastMessage: text('last_message'),
    /** `lastMessage` without the parts that differ from orphan to orphan, so that causes can be counted. */
    lastPattern: text('last_pattern'),
    lastHttpStatus: integer('last_http_status'),
    lastErrorAt: at('last_error_at'),
    /** Since when it has been failing in this way, without a break. */
    causeSince: at('cause_since'),

    heldAt: at('held_at'),
    heldBy: text('held_by'),
    holdReason: text('hold_reason'),
    holdVerified: boolean('hold_verified').notNull().default(false),
    holdUntil: at('hold_until'),

    secondLook: secondLook('second_look'),
    secondLookDueAt: at('second_look_due_at'),
    secondLooks: integer('second_looks').notNull().default(0),
    /** When a Stop of it was last accepted: the second look counts from here. */
    stoppedAt: at('stopped_at'),

    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    acknowledgeReason: text('acknowledge_reason'),

    /** Of a container without a row: the start of the look that first missed the row, since when every look has. */
    noRowSince: at('no_row_since'),
    /** Two looks far enough apart have missed it, and such containers are to be stopped. */
    noRowConfirmed: boolean('no_row_confirmed').notNull().default(false),

    resolvedAt: at('resolved_at'),
    resolution: resolution(),
  },
  (t) => [
    uniqueIndex('orphans_one_open').on(t.tenant, t.workspaceId, t.instanceId).where(sql`resolved_at is null`),
    index('orphans_due').on(t.tenant, t.nextAttemptAt, t.orphanedAt, t.id).where(sql`resolved_at is null`),
    index('orphans_open').on(t.tenant, t.orphanedAt, t.id).where(sql`resolved_at is null`),
    // From `stuck_at` on for counting by state, so that it need not look at the table.
    index('orphans_urgent')
      .on(t.tenant, URGENT_GROUP, t.orphanedAt, t.id, t.stuckAt, t.heldAt, t.holdUntil, t.lastOutcome)
      .where(sql`resolved_at is null`),
    index('orphans_most_attempts').on(t.tenant, t.attempts, t.id).where(sql`resolved_at is null`),
    index('orphans_name').on(t.tenant, SORT_NAME, t.id).where(sql`resolved_at is null`),
    index('orphans_open_first_seen').on(t.tenant, t.firstSeenAt, t.id).where(sql`resolved_at is null`),
    index('orphans_first_seen').on(t.tenant, t.firstSeenAt),
    index('orphans_without_row').on(t.tenant, t.firstSeenAt).where(sql`resolved_at is null and why = 'no_row'`),
    index('orphans_held').on(t.tenant, t.holdUntil).where(sql`hold_until is not null`),
    index('orphans_claimed').on(t.claimedBy).where(sql`claimed_by is not null`),
    index('orphans_open_attempt').on(t.tenant, t.claimedUntil).where(sql`attempt_id is not null`),
    index('orphans_key').on(t.tenant, t.workspaceId, t.instanceId, t.resolvedAt),
    index('orphans_resolved').on(t.tenant, t.resolvedAt, t.id).where(sql`resolved_at is not null`),
    index('orphans_second_look').on(t.tenant, t.secondLookDueAt).where(sql`second_look_due_at is not null`),
  ],
);

/** One pass, or a request for one. */
export const sweeps = sweeper.table(
  'sweeps',
  {
    id: uuid().primaryKey().defaultRandom(),
    tenant: text().notNull(),
    trigger: trigger().notNull(),
    /** Workspace ids, sorted; null: all. An empty scope sweeps nothing. */
    scope: text().array(),
    expected: integer(),
    drain: boolean().notNull().default(false),
    dryRun: boolean('dry_run').notNull().default(false),
    requestedBy: text('requested_by'),
    requestVerified: boolean('request_verified').notNull().default(false),
    reason: text(),
    requestedAt: at('requested_at').notNull().defaultNow(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
    cancelRequestedAt: at('cancel_requested_at'),
    cancelRequestedBy: text('cancel_requested_by'),
    cancelVerified: boolean('cancel_verified').notNull().default(false),
    result: sweepResult().notNull(),
    counts: jsonb().$type<Partial<Record<Outcome, number>>>().notNull().default({}),
    claimed: integer().notNull().default(0),
    deferred: integer().notNull().default(0),
    /** Second looks: calls that are no Stops. */
    looks: integer().notNull().default(0),
    open: integer(),
    stuck: integer(),
    error: text(),
    replica: text(),
  },
  (t) => [
    index('sweeps_newest').on(t.tenant, t.requestedAt, t.id),
    index('sweeps_unfinished').on(t.tenant, t.requestedAt).where(sql`finished_at is null`),
    index('sweeps_of_result').on(t.tenant, t.result, t.requestedAt, t.id),
    index('sweeps_of_trigger').on(t.tenant, t.trigger, t.requestedAt, t.id),
    index('sweeps_found_something').on(t.tenant, t.requestedAt, t.id).where(sql`result <> 'nothing_to_do'`),
  ],
);

/** One Stop call for one orphan. Written before the call, finished after it; it keeps the id that is cleared. */
export const attempts = sweeper.table(
  'attempts',
  {
    id: uuid().primaryKey().defaultRandom(),
    tenant: text().notNull(),
    sweepId: uuid('sweep_id').notNull(),
    orphanId: uuid('orphan_id').notNull(),
    workspaceId: text('workspace_id').notNull(),
    workspaceName: text('workspace_name'),
    instanceId: text('instance_id').notNull(),
    startedAt: at('started_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
    outcome: outcome(),
    class: failureClass(),
    fault: fault(),
    httpStatus: integer('http_status'),
    message: text(),
    /** Whether a Stop was sent; null: nobody is left to tell. */
    called: boolean(),
    /** What the backend said after the outcome had been decided without it (a frozen process that came back). */
    lateAnswer: outcome('late_answer'),
    lateAnswerAt: at('late_answer_at'),
    requestId: text('request_id').notNull(),
    replica: text().notNull(),
  },
  (t) => [
    foreignKey({ name: 'attempts_sweep', columns: [t.sweepId], foreignColumns: [sweeps.id] }).onDelete('cascade'),
    foreignKey({ name: 'attempts_orphan', columns: [t.orphanId], foreignColumns: [orphans.id] }).onDelete('cascade'),
    index('attempts_of_workspace').on(t.tenant, t.workspaceId, t.startedAt, t.id),
    index('attempts_of_orphan').on(t.orphanId, t.startedAt, t.id),
    index('attempts_of_sweep').on(t.sweepId, t.startedAt, t.id),
    index('attempts_newest').on(t.tenant, t.startedAt, t.id),
    index('attempts_answered').on(t.tenant, t.startedAt, t.id).where(ANSWERED),
    index('attempts_open').on(t.tenant).where(sql`finished_at is null`),
  ],
);

/** The inventory at a moment, at most one per minute. A gap is a gap, never 0. */
export const samples = sweeper.table(
  'samples',
  {
    tenant: text().notNull(),
    at: at('at').notNull(),
    open: integer().notNull(),
    stuck: integer().notNull(),
  },
  (t) => [primaryKey({ name: 'samples_pk', columns: [t.tenant, t.at] })],
);

/** What a person did, or was refused. */
export const audit = sweeper.table(
  'audit',
  {
    id: uuid().primaryKey().defaultRandom(),
    tenant: text().notNull(),
    at: at('at').notNull().defaultNow(),
    actor: text(),
    verified: boolean().notNull().default(false),
    address: text(),
    action: text().notNull(),
    target: text(),
    reason: text(),
    /** The code of the refusal; null when it was done. */
    refused: text(),
    requestId: text('request_id'),
  },
  (t) => [
    index('audit_newest').on(t.tenant, t.at, t.id),
    index('audit_of_target').on(t.tenant, t.target, t.at, t.id).where(sql`target is not null`),
  ],
);

/** Something that people are told of: from when it began until it is over. At most one open row per tenant and cause. */
export const notifications = sweeper.table(
  'notifications',
  {
    id: uuid().primaryKey().defaultRandom(),
    tenant: text().notNull(),
    kind: text({ enum: NOTIFICATION_KINDS }).notNull(),
    /** What makes it different from others of its kind. */
    cause: text().notNull(),
    openedAt: at('opened_at').notNull().defaultNow(),
    /** Since when it is not seen any more, while it may come back; null: it is seen. */
    absentSince: at('absent_since'),
    endedAt: at('ended_at'),
    /** One sentence for each of the two events. */
    summary: text().notNull(),
    endSummary: text('end_summary').notNull(),
    details: jsonb().$type<Readonly<Record<string, string | number | null>>>().notNull(),
  },
  (t) => [
    uniqueIndex('notifications_one_open').on(t.tenant, t.kind, t.cause).where(sql`ended_at is null`),
    index('notifications_newest').on(t.tenant, t.openedAt, t.id),
  ],
);

/** One message for one channel: the outbox. Claimed by moving `next_attempt_at`, sent without a transaction. */
export const deliveries = sweeper.table(
  'deliveries',
  {
    notificationId: uuid('notification_id').notNull(),
    channel: text({ enum: CHANNEL_KINDS }).notNull(),
    event: text({ enum: NOTIFICATION_EVENTS }).notNull(),
    tenant: text().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    deliveredAt: at('delivered_at'),
    givenUpAt: at('given_up_at'),
    /** Of the last attempt that failed; it stays when a later one did not. */
    error: text(),
    errorAt: at('error_at'),
  },
  (t) => [
    primaryKey({ name: 'deliveries_pk', columns: [t.notificationId, t.channel, t.event] }),
    foreignKey({
      name: 'deliveries_notification',
      columns: [t.notificationId],
      foreignColumns: [notifications.id],
    }).onDelete('cascade'),
    index('deliveries_due')
      .on(t.tenant, t.channel, t.nextAttemptAt)
      .where(sql`delivered_at is null and given_up_at is null`),
    index('deliveries_delivered').on(t.tenant, t.channel, t.deliveredAt).where(sql`delivered_at is not null`),
    index('deliveries_failed').on(t.tenant, t.channel, t.errorAt).where(sql`error_at is not null`),
  ],
);
