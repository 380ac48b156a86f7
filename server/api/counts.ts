import Type from 'typebox';
import { OUTCOMES } from '../sweep/outcome.ts';
import type { SweepRow } from '../sweep/sweep-list.ts';

export const Counts = Type.Object(
  Object.fromEntries([...OUTCOMES, 'deferred' as const].map((name) => [name, Type.Integer()])),
  { description: 'How many attempts ended with each outcome; `deferred` were claimed but not started' },
);

/** A number for each outcome, and not only for those that there were. */
export function countsOnWire({ counts, deferred }: Pick<SweepRow, 'counts' | 'deferred'>): Record<string, number> {
  return { ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counts[outcome] ?? 0])), deferred };
}
