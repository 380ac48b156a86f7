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

/** What stops instances. A tenant has exactly one. */
export const BACKEND_KINDS = ['control-plane', 'docker'] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/** What the sweeper as a whole is doing; the first that holds, in the order of the console's verdict. */
export const SWEEPER_STATES = ['disabled', 'brake', 'late', 'paused', 'dry_run', 'on_schedule'] as const;
export type SweeperState = (typeof SWEEPER_STATES)[number];
