import {
  OUTCOMES,
  type Outcome,
  SWEEP_RESULTS,
  type SweepResult,
  TRIGGERS,
  type Trigger,
} from '../../../server/sweep/outcome.ts';

/** What the address of the history may ask for. */
export interface SweepSearch {
  readonly trigger?: Trigger;
  readonly result?: SweepResult;
  /** Sweeps that found nothing are listed one by one. */
  readonly quiet?: true;
  /** Where the page begins: the cursor that the server gave out. */
  readonly after?: string;
}

/** What the address of one sweep may ask for. */
export interface AttemptSearch {
  readonly outcome?: Outcome;
  readonly after?: string;
}

type Search = Readonly<Record<string, unknown>>;

export const ATTEMPTS_SHOWN = 50;
const SWEEPS_SHOWN = 50;

/** The rest of an address is ignored, and so is what nobody knows. */
export function sweepSearch(search: Search): SweepSearch {
  const trigger = TRIGGERS.find((known) => known === search['trigger']);
  const result = SWEEP_RESULTS.find((known) => known === search['result']);
  return {
    ...(trigger === undefined ? {} : { trigger }),
    ...(result === undefined ? {} : { result }),
    ...(search['quiet'] === true ? { quiet: true } : {}),
    ...afterOf(search),
  };
}

export function attemptSearch(search: Search): AttemptSearch {
  const outcome = OUTCOMES.find((known) => known === search['outcome']);
  return { ...(outcome === undefined ? {} : { outcome }), ...afterOf(search) };
}

/** Kept whatever it says, unlike the rest: who was sent a page that is none is told, and not shown another. */
export function afterOf({ after }: Search): { readonly after?: string } {
  // The router reads a number as one.
  const text = typeof after === 'number' ? String(after) : after;
  return typeof text === 'string' && text !== '' ? { after: text } : {};
}

/** Asked for one result, there is nothing to fold: either none of them found nothing, or all. */
export function folds({ quiet, result }: SweepSearch): boolean {
  return quiet !== true && result === undefined;
}

/** As `GET /api/sweeps` takes it. */
export function sweepQuery(search: SweepSearch): string {
  const { trigger, result, after } = search;
  return queryOf({
    limit: String(SWEEPS_SHOWN),
    trigger,
    result,
    quiet: folds(search) ? 'false' : undefined,
    cursor: after,
  });
}

/** As `GET /api/sweeps/{id}/attempts` takes it. */
export function attemptQuery({ outcome, after }: AttemptSearch): string {
  return queryOf({ limit: String(ATTEMPTS_SHOWN), outcome, cursor: after });
}

function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return query.toString();
}
