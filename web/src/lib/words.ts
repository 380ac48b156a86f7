import type {
  AuditAction,
  BackendKind,
  FailureClass,
  HistoryWindow,
  OrphanSort,
  OrphanState,
  Outcome,
  Resolution,
  SecondLook,
  SweepResult,
  Trigger,
  Why,
} from '../../../server/sweep/outcome.ts';

/** What people read for each word of the program. A new one does not compile until it has its label here. */

export const STATE_WORDS: Readonly<Record<OrphanState, string>> = {
  waiting: 'Waiting',
  sweeping: 'Sweeping',
  retrying: 'Retrying',
  stuck: 'Stuck',
  held: 'Held',
  cleared: 'Cleared',
  resolved: 'Resolved elsewhere',
};

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  stopped: 'Stopped',
  already_gone: 'Already gone',
  stopped_live: 'Stopped while restored',
  superseded: 'Changed meanwhile',
  shared: 'Shared',
  failed: 'Failed',
  clear_failed: 'Stopped, not cleared',
  interrupted: 'Interrupted',
  would_stop: 'Would stop',
};

export const RESULT_WORDS: Readonly<Record<SweepResult, string>> = {
  queued: 'Queued',
  running: 'Running',
  cleared: 'Cleared',
  partial: 'Partial',
  failed: 'Failed',
  nothing_to_do: 'Nothing to do',
  dry_run: 'Dry run',
  skipped: 'Skipped',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
};

export const CLASS_WORDS: Readonly<Record<FailureClass, string>> = {
  unreachable: 'Unreachable',
  timeout: 'Timeout',
  transient: 'Server error',
  throttled: 'Throttled',
  unauthorized: 'Credentials refused',
  forbidden: 'Forbidden',
  in_progress: 'Already in progress',
  rejected: 'Rejected',
  platform: 'Platform database',
};

const WHY_WORDS: Readonly<Record<Why, string>> = {
  removed: 'Workspace removed, instance still recorded',
  row_gone: 'Row gone from the platform',
  replaced: 'Row names another instance',
  reappeared: 'Still running after an accepted Stop',
  no_row: 'No row at the platform',
};

/** Where a container is no instance that a row names. */
const WHY_OF_CONTAINERS: Readonly<Partial<Record<Why, string>>> = {
  removed: 'Workspace removed, container still there',
  replaced: 'Row belongs to another container',
  no_row: "No row in the platform's table",
};

export function whyWords(why: Why, kind: BackendKind | null): string {
  return (kind === 'docker' ? WHY_OF_CONTAINERS[why] : undefined) ?? WHY_WORDS[why];
}

export const SORT_WORDS: Readonly<Record<OrphanSort, string>> = {
  urgent: 'Most urgent',
  oldest: 'Oldest',
  newest: 'Newest',
  attempts: 'Most attempts',
  name: 'Name',
};

const RESOLUTION_WORDS: Readonly<Record<Resolution, string>> = {
  stopped: 'Stopped',
  already_gone: 'Already gone',
  external: 'Cleared by the platform itself',
  restored: 'Workspace restored',
  acknowledged: 'Acknowledged by a person',
};

export function resolutionWords(resolution: Resolution, kind: BackendKind | null): string {
  return kind === 'docker' && resolution === 'external'
    ? 'Gone, and not removed from here'
    : RESOLUTION_WORDS[resolution];
}

export const SECOND_LOOK_WORDS: Readonly<Record<SecondLook, string>> = {
  due: 'Not asked yet whether it ended',
  confirmed: 'Confirmed: it ended',
  unconfirmed: 'Not confirmed: nobody could tell whether it ended',
  reappeared: 'Still running after an accepted Stop',
};

export const TRIGGER_WORDS: Readonly<Record<Trigger, string>> = {
  boot: 'At start',
  interval: 'By schedule',
  manual: 'By hand',
};

/** What people do to a workspace. */
export const WORKSPACE_ACT_WORDS = {
  hold: 'Held',
  end_hold: 'Hold ended',
  hold_expired: 'Hold ended by itself',
  acknowledge: 'Acknowledged',
} as const satisfies Partial<Record<AuditAction, string>>;

/** How far back the history goes. */
export const WINDOW_WORDS: Readonly<Record<HistoryWindow, string>> = { '24h': '24 h', '7d': '7 days' };
