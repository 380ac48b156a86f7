import { OUTCOMES } from '../../server/sweep/outcome.ts';

/** A sweep on the wire: exactly these. */
export const SWEEP_FIELDS = [
  'id',
  'tenant',
  'trigger',
  'workspaceIds',
  'requestedBy',
  'requestVerified',
  'reason',
  'dryRun',
  'drain',
  'requestedAt',
  'startedAt',
  'finishedAt',
  'cancelRequestedAt',
  'cancelRequestedBy',
  'cancelVerified',
  'result',
  'claimed',
  'counts',
  'looks',
  'open',
  'stuck',
  'error',
  'replica',
  'joined',
];

/** The counts of a sweep that attempted nothing. */
export const NO_COUNTS = Object.fromEntries([...OUTCOMES, 'deferred'].map((name) => [name, 0]));
