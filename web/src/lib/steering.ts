import { number } from './count.ts';
import type { VerdictInput } from './verdict.ts';
import { sizeOfSweep } from './verdict-parts.ts';

/** What one can do to sweeping as a whole, beside what the verdict says to press. Null: not now. */
export interface Steering {
  readonly pause: string | null;
  readonly drain: string | null;
  readonly dryRun: string | null;
}

/** More than a person can have looked at one by one: then the number is put before them once more. */
export const WITHOUT_DIALOG = 25;

/** There is something to press. */
export function canSteer({ pause, drain, dryRun }: Steering): boolean {
  return pause !== null || drain !== null || dryRun !== null;
}

const NONE: Steering = { pause: null, drain: null, dryRun: null };

/** Only what the server would do now: what is not known, or stands still anyway, cannot be steered. */
export function steeringOf(input: VerdictInput): Steering {
  const { status, sweepLimit } = input;
  if (!isCurrent(input) || status === null) return NONE;
  const { sweeper, pause, brake, sweepable } = status;
  if (sweeper.state === 'disabled' || sweeper.state === 'late') return NONE;
  const stops = canStop(input);
  // Where one sweep takes them all, that is the button that there is already.
  const many = sweepable !== null && sweepLimit !== null && sweepable > sweepLimit;
  return {
    // Under the brake nothing is left to pause; a pause that there is can be made longer.
    pause: pause !== null ? 'Pause longer…' : brake === null ? 'Pause sweeping…' : null,
    drain: stops && many ? `Sweep all ${number(sweepable)}…` : null,
    dryRun: stops && sweepable !== null && sweepable > 0 ? `Dry run (${sizeOfSweep(sweepable, sweepLimit)})` : null,
  };
}

function isCurrent({ connection, status }: VerdictInput): boolean {
  return (
    (connection === 'live' || connection === 'updates_off' || connection === 'reconnecting') &&
    status !== null &&
    status.home.state !== 'failing'
  );
}

/** A sweep by hand would stop something now. */
export function canStop(input: VerdictInput): boolean {
  const { status } = input;
  return (
    isCurrent(input) &&
    status !== null &&
    (status.sweeper.state === 'on_schedule' || status.sweeper.state === 'paused') &&
    status.platform.state !== 'failing' &&
    status.backend.positiveControl !== 'not_known'
  );
}

/** The dots on a button say that a dialog comes first; in the dialog none does. */
export function withoutDots(label: string): string {
  return label.replace(/…$/, '');
}
