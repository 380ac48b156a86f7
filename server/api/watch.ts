import { DatabaseFailure } from '../db/connect.ts';
import type { Clock } from '../sweep/clock.ts';
import { readWatched, type Watched } from '../sweep/watched.ts';
import type { ApiDeps } from './deps.ts';

/** What is known when somebody asks. */
export interface Sight {
  readonly homeUp: boolean;
  /** Null: not known now. */
  readonly watched: Watched | null;
}

/** An answer serves everybody who asks within this time of it: many scrapers cost no more than one. */
const GOOD_FOR_MS = 1_000;
/** Who scrapes gives up after 10 s as a rule, and what the process knows by itself must have arrived by then. */
const PATIENCE_MS = 3_000;

const BLIND: Sight = { homeUp: false, watched: null };

/** Asks the home database, once for all who wait. Whatever is away, there is an answer. */
export function createWatch(deps: ApiDeps, clock: Clock): () => Promise<Sight> {
  let asking: Promise<Sight> | null = null;
  let last: { readonly sight: Sight; readonly atMs: number } | null = null;

  const ask = async (): Promise<Sight> => {
    const sight = await look(deps);
    last = { sight, atMs: clock.monotonicMs() };
    return sight;
  };

  return async () => {
    if (last !== null && clock.monotonicMs() - last.atMs < GOOD_FOR_MS) return last.sight;
    asking ??= ask().finally(() => {
      asking = null;
    });
    const enough = new AbortController();
    const tooLate = clock.delay(PATIENCE_MS, enough.signal).then(() => BLIND);
    return Promise.race([asking, tooLate]).finally(() => enough.abort());
  };
}

async function look({ state, config }: ApiDeps): Promise<Sight> {
  const { home } = state();
  if (home === null) return BLIND;
  try {
    return { homeUp: true, watched: await readWatched(home.database, config.tenant, config.sweep) };
  } catch (error) {
    if (!(error instanceof DatabaseFailure)) throw error;
    return BLIND;
  }
}
