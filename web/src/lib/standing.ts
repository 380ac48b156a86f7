import type { VerdictKind } from './verdict.ts';

/** Why nothing is stopped whatever becomes of an attempt: of all that keeps orphans here this comes first. */
const STANDING: Readonly<Partial<Record<VerdictKind, string>>> = {
  disabled: 'Nothing is being stopped',
  brake: 'The safety brake is on: nothing is stopped until a person releases it',
  late: 'The sweeper does not run: nothing is stopped',
  platform_failing: 'The platform database cannot be asked: nothing is stopped',
  not_known: "The control plane does not know this platform's instances: nothing is stopped",
  paused: 'Sweeping is paused: nothing is stopped by itself',
};

/** Null: orphans that are due are stopped. */
export function standingWords(kind: VerdictKind): string | null {
  return STANDING[kind] ?? null;
}
