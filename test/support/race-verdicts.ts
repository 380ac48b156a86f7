import { POINTS } from './points.ts';
import { CHANGE_NAMES, type Change } from './workspace-changes.ts';

/** What a sweep is to have done: the attempt's outcome, whether it called, and what the orphan is then. */
export interface Verdict {
  readonly outcome: string;
  readonly called: boolean;
  readonly orphan: { readonly resolution: string | null; readonly why: string; readonly last_outcome: string };
  /** Whether the sweeper wrote the row. */
  readonly wrote: boolean;
}

const notCalled = (resolution: string | null, why = 'removed'): Verdict => ({
  outcome: 'superseded',
  called: false,
  orphan: { resolution, why, last_outcome: 'superseded' },
  wrote: false,
});
const stopped = (wrote: boolean): Verdict => ({
  outcome: 'stopped',
  called: true,
  orphan: { resolution: 'stopped', why: 'removed', last_outcome: 'stopped' },
  wrote,
});
const STOPPED_LIVE: Verdict = {
  outcome: 'stopped_live',
  called: true,
  orphan: { resolution: null, why: 'removed', last_outcome: 'stopped_live' },
  wrote: false,
};

/** Before the recheck has read it; after that and before the clear; after the clear. */
const TABLE: Readonly<Record<Change, readonly [before: Verdict, between: Verdict, after: Verdict]>> = {
  restored: [notCalled('restored'), STOPPED_LIVE, stopped(true)],
  reprovisioned: [notCalled(null, 'replaced'), stopped(false), stopped(true)],
  'reprovisioned and removed': [notCalled(null, 'replaced'), stopped(false), stopped(true)],
  deleted: [notCalled(null, 'row_gone'), stopped(false), stopped(true)],
  're-removed': [stopped(true), stopped(true), stopped(true)],
  cleared: [notCalled('external'), stopped(false), stopped(true)],
  emptied: [notCalled('external'), stopped(false), stopped(true)],
  'restored without an id': [notCalled(null, 'replaced'), stopped(false), stopped(true)],
};

/** Every change at every point. */
export const CASES = POINTS.flatMap((point, i) =>
  CHANGE_NAMES.map((change) => ({ change, point, verdict: TABLE[change][i < 3 ? 0 : i < 6 ? 1 : 2] })),
);
