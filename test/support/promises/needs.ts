import type { Event, Kind } from './events.ts';
import { leaks, type ModelRow } from './model.ts';
import { rowsOf } from './platform-events.ts';
import type { Run } from './run.ts';

/** What has to happen first, that something can happen at all; else what is rare would hardly ever. */
type Needs = (run: Run) => readonly Event[];

const first = (kind: Kind, turn = 1): Event => ({ kind, pick: 0, turn });

/** More than the brake lets pass. */
const SURGE: readonly Event[] = [first('several leak at once', 5), first('several leak at once', 5), first('a look')];

/** Whatever keeps a sweep from its Stops is over, and there is something to stop. */
const somethingToStop: Needs = (run) => [
  ...(run.before.braked ? [first('the brake is released')] : []),
  ...(run.model.isPaused() ? [first('a pause is ended')] : []),
  ...(run.before.resting || run.before.leaseHolder !== null ? [first('eleven minutes pass')] : []),
  first('a workspace leaks'),
];

const aLeak: Needs = (run) => (rowsOf(run, leaks).length > 0 ? [] : [first('a workspace leaks')]);

const isRemoved = (row: ModelRow): boolean => row.removed;

const NEEDS: Partial<Readonly<Record<Kind, Needs>>> = {
  'a workspace is restored': (run) => (rowsOf(run, isRemoved).length > 0 ? [] : [first('a workspace leaks')]),
  'the platform finishes a removal': aLeak,
  'a live workspace names the same instance': () => [first('a workspace leaks')],
  'one answers 403': aLeak,
  'one answers 409': aLeak,
  'one answers 400': aLeak,
  'one answers 500': aLeak,
  'one answers with a page': aLeak,
  'one is reset': aLeak,
  'one hangs': aLeak,
  'one is accepted and runs on': aLeak,
  'one is well again': aLeak,
  'the control plane is back': (run) =>
    run.model.outage === null ? [first('all answer 503'), first('a sweep at boot')] : [],
  'an id cannot be cleared': aLeak,
  'a row changes during a sweep': somethingToStop,
  'a process freezes': somethingToStop,
  'a process is told to stop': somethingToStop,
  'a sweep is cancelled': somethingToStop,
  'the platform goes away before the recheck': somethingToStop,
  'a hold': () => [first('a workspace leaks'), first('a look')],
  'a hold is ended': (run) =>
    run.model.holds().length > 0 ? [] : [first('a workspace leaks'), first('a look'), first('a hold')],
  'a pause is ended': (run) => (run.model.isPaused() ? [] : [first('a pause'), first('a sweep at boot')]),
  // The row of an orphan that is known names another instance.
  'an acknowledgement': () => [
    first('a workspace leaks'),
    first('a look'),
    first('a workspace gets another instance', 0),
    first('a look'),
  ],
  'the brake is released': (run) => (run.before.braked ? [] : [...SURGE, first('a sweep at boot')]),
};

/** @returns events to be played before it, in their order; they need nothing themselves */
export function needsOf(run: Run, { kind }: Event): readonly Event[] {
  return NEEDS[kind]?.(run) ?? [];
}
