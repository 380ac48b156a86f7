import type { Home, HomeState } from './api/deps.ts';
import { rootCause } from './db/connect.ts';
import { EmbeddedError } from './db/embedded-error.ts';
import type { Clock } from './sweep/clock.ts';
import type { Repeats } from './sweep/log.ts';

export interface StartupDeps {
  readonly clock: Clock;
  readonly repeats: Repeats;
  /** Reaches the home database, migrates it and puts the sweeper together. Tried again until it works. */
  readonly open: () => Promise<Home>;
}

/** Brings the home database up, however long it takes; the server serves and says so meanwhile. */
export interface Startup {
  start(): void;
  state(): HomeState;
  /** Gives up trying, or stops the sweeper that runs: resolves when its last sweep has ended. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A database that does not answer must not keep the process from ending. */
const PATIENCE_MS = 8_000;

export function createStartup({ clock, repeats, open }: StartupDeps): Startup {
  const told = new AbortController();
  let home: Home | null = null;
  let error: string | null = null;
  let starting: Promise<void> | null = null;

  const tryUntilOpen = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !told.signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const opened = await open();
        opened.sweeper.loop.start();
        home = opened;
        error = null;
        repeats.works('home', 'The home database is ready');
        return;
      } catch (failure) {
        // What lies under an embedded database that does not start says less than its own sentence.
        error = failure instanceof EmbeddedError ? failure.message : rootCause(failure).message;
        repeats.fails('home', 'error', failure, 'The home database is not ready; trying again after a pause');
      }
      await clock.delay(pauseMs, told.signal);
    }
  };

  return {
    start() {
      starting ??= tryUntilOpen();
    },
    state: () => ({ home, error }),
    async stop() {
      told.abort();
      const enough = new AbortController();
      await Promise.race([starting, clock.delay(PATIENCE_MS, enough.signal)]);
      enough.abort();
      await home?.sweeper.loop.stop();
    },
  };
}
