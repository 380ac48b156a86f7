import type { Config } from '../config.ts';
import type { Database } from '../db/connect.ts';
import type { Sweeper } from '../sweep/sweeper.ts';
import { ProblemError } from './problem.ts';

/** The home database, migrated, and what runs on it. */
export interface Home {
  readonly database: Database;
  readonly sweeper: Sweeper;
}

/** Null until the home database could be reached and migrated; `error` says why not yet. */
export interface HomeState {
  readonly home: Home | null;
  readonly error: string | null;
}

/** What the API answers from. */
export interface ApiDeps {
  readonly config: Config;
  readonly version: string;
  readonly replica: string;
  /** When this process started, for what it says before it knows more. */
  readonly startedAt: Date;
  readonly state: () => HomeState;
}

/**
 * The same for a change: a tenant that is another platform's is not touched.
 *
 * @throws ProblemError also `sweeper_disabled`
 */
export function homeToChange(deps: ApiDeps): Home {
  const home = homeOf(deps);
  const refusal = home.sweeper.refusal();
  if (refusal !== null) throw new ProblemError('sweeper_disabled', `Nothing is being stopped: ${refusal}`);
  return home;
}

/** @throws ProblemError `home_database_unavailable` while there is nothing to answer from */
export function homeOf({ state }: ApiDeps): Home {
  const { home, error } = state();
  if (home !== null) return home;
  throw new ProblemError(
    'home_database_unavailable',
    `The home database is not ready yet${error === null ? '' : `: ${error}`}`,
  );
}
