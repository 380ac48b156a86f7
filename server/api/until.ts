import Type from 'typebox';
import { MOST_DAYS, type UntilRefusal } from '../sweep/expiry.ts';
import { ProblemError } from './problem.ts';

const PARTS = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

const YEAR_ONE_MS = Date.parse('0001-01-01T00:00:00Z');

/** When a hold or a pause ends. Without an offset nobody could say which hour is meant. */
export const Until = Type.String({
  maxLength: 40,
  pattern: PARTS.source,
  description: `ISO 8601 with an offset; in the future, at most ${MOST_DAYS} days`,
});

/** @throws ProblemError for a day or an hour that there is not */
export function readUntil(text: string): Date {
  const [, day = '', time = ''] = PARTS.exec(text) ?? [];
  const until = new Date(text);
  // A day that its month does not have would come back as one of the next month.
  const written = new Date(`${day}T${time}:00Z`);
  const exists = !Number.isNaN(written.getTime()) && written.toISOString().startsWith(`${day}T${time}`);
  // PostgreSQL has no year 0.
  if (exists && until.getTime() >= YEAR_ONE_MS) return until;
  throw new ProblemError('invalid_request', `body.until: there is no such time, got ${JSON.stringify(text)}.`);
}

export function untilProblem(refusal: UntilRefusal): ProblemError {
  const wants = refusal === 'until_passed' ? 'must lie in the future' : `must be at most ${MOST_DAYS} days away`;
  return new ProblemError('invalid_request', `body.until: ${wants}.`);
}
