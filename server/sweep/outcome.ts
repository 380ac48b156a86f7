/**
 * The words of the product, each list once: the type, the database enum, the API schema and the console's
 * labels are all derived from it, so a new word does not compile until every one of them knows it.
 */

/** How an attempt ended. */
export const OUTCOMES = [
  'stopped',
  'already_gone',
  'stopped_live',
  'superseded',
  'shared',
  'failed',
  'clear_failed',
  'interrupted',
  'would_stop',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why an attempt failed. */
export const FAILURE_CLASSES = [
  'unreachable',
  'timeout',
  'transient',
  'throttled',
  'unauthorized',
  'forbidden',
  'in_progress',
  'rejected',
  'platform',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Whose fault a failure was: judged once, when the attempt finishes. */
export const FAULTS = ['orphan', 'control_plane', 'nobody'] as const;
export type Fault = (typeof FAULTS)[number];

/** Why an orphan is in the inventory. */
export const WHYS = ['removed', 'row_gone', 'replaced', 'reappeared', 'no_row'] as const;
export type Why = (typeof WHYS)[number];

/** What an orphan is doing now. The first five are open. */
export const OPEN_STATES = ['waiting', 'sweeping', 'retrying', 'stuck', 'held'] as const;
export const ORPHAN_STATES = [...OPEN_STATES, 'cleared', 'resolved'] as const;
export type OrphanState = (typeof ORPHAN_STATES)[number];
export type OpenState = (typeof OPEN_STATES)[number];

/** In which order orphans are listed. */
export const ORPHAN_SORTS = ['urgent', 'oldest', 'newest', 'attempts', 'name'] as const;
export type OrphanSort = (typeof ORPHAN_SORTS)[number];

/** What the key of a cause looks like. */
export const CAUSE_KEY = '^[0-9a-f]{12}$';

/** How an orphan left the inventory. `stopped` and `already_gone` are ours (state `cleared`). */
export const RESOLUTIONS = ['stopped', 'already_gone', 'external', 'restored', 'acknowledged'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What a second look at a stopped instance has found so far. */
export const SECOND_LOOKS = ['due', 'confirmed', 'unconfirmed', 'reappeared'] as const;
export type SecondLook = (typeof SECOND_LOOKS)[number];

/** What made a sweep run. */
export const TRIGGERS = ['boot', 'interval', 'manual'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** How a sweep ended, or where it is. The first two have not ended. */
export const SWEEP_RESULTS = [
  'queued',
  'running',
  'cleared',
  'partial',
  'failed',
  'nothing_to_do',
  'dry_run',
  'skipped',
  'cancelled',
  'interrupted',
] as const;
export type SweepResult = (typeof SWEEP_RESULTS)[number];

/** How far back the history can be asked for. */
export const HISTORY_WINDOWS = ['24h', '7d'] as const;
export type HistoryWindow = (typeof HISTORY_WINDOWS)[number];

/** What stops instances. A tenant has exactly one. */
export const BACKEND_KINDS = ['control-plane', 'docker'] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/** What a Stop of a container removes, in this order. */
export const STEP_KINDS = ['container', 'volume'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** What the sweeper as a whole is doing; the first that holds, in the order of the console's verdict. */
export const SWEEPER_STATES = ['disabled', 'brake', 'late', 'paused', 'dry_run', 'on_schedule'] as const;
export type SweeperState = (typeof SWEEPER_STATES)[number];

/** What people call a backend and what it stops; each as it stands within a sentence. */
export interface BackendWords {
  /** After "the". */
  readonly backend: string;
  /** Alone, as a label. */
  readonly backendLabel: string;
  readonly instance: string;
  readonly instanceLabel: string;
  readonly anInstance: string;
}

const BACKEND_WORDS: Readonly<Record<BackendKind, BackendWords>> = {
  'control-plane': {
    backend: 'control plane',
    backendLabel: 'Control plane',
    instance: 'instance',
    instanceLabel: 'Instance',
    anInstance: 'an instance',
  },
  docker: {
    backend: 'Docker Engine',
    backendLabel: 'Docker Engine',
    instance: 'container',
    instanceLabel: 'Container',
    anInstance: 'a container',
  },
};

/** @param kind null: none is configured, and people set up a control plane unless they say otherwise */
export function wordsOf(kind: BackendKind | null): BackendWords {
  return BACKEND_WORDS[kind ?? 'control-plane'];
}

/** Whether the control plane knows this platform's instances, as far as it was asked. */
export const POSITIVE_CONTROLS = ['known', 'not_known', 'unknown'] as const;
export type PositiveControl = (typeof POSITIVE_CONTROLS)[number];

/** What can be wrong with the platform's database. */
export const PLATFORM_FAULTS = [
  'unreachable',
  'refused',
  'no_table',
  'no_column',
  'no_grant',
  'row_security',
  'read_only',
  'replica',
  'no_removed',
  'timeout',
  /** The inventory is about another platform. */
  'not_ours',
  /** Orphans are known, and the table holds no row at all. */
  'empty',
  /** The Docker Engine did not say which containers there are. */
  'engine',
  'failed',
] as const;
export type PlatformFaultCode = (typeof PLATFORM_FAULTS)[number];

/** What a person did (or was refused), and what began or ended by itself. */
export const AUDIT_ACTIONS = [
  'sweep',
  'dry_run',
  'drain',
  'cancel',
  'hold',
  'end_hold',
  'hold_expired',
  'acknowledge',
  'pause',
  'resume',
  'pause_expired',
  'brake_latched',
  'release_brake',
  'sign_in',
  'sign_out',
  'create_token',
  'revoke_token',
  'test_notifications',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who may do what; each may also do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What people are told of although nobody looks: orphans that need them, the brake, and that nobody sweeps. */
export const NOTIFICATION_KINDS = ['stuck', 'brake', 'silence'] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** Of each they are told twice: that it began, and that it is over. */
export const NOTIFICATION_EVENTS = ['opened', 'ended'] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** Where such messages go. */
export const CHANNEL_KINDS = ['webhook', 'slack', 'pagerduty'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** Attempts, sweeps, what people did and samples are kept for so many days; orphans for good. */
export const KEPT_DAYS = 90;
/** Of sweeps that found nothing all are kept for so many days, then one in so many minutes. */
export const QUIET_KEPT_DAYS = 3;
export const QUIET_THINNED_MINUTES = 10;

/** An orphan that has failed this often by itself needs a person. */
export const STUCK_FAILURES = 5;
/** So does one that has been failing for so long, whoever's fault it was. */
export const STUCK_AFTER_MS = 30 * 60_000;
