import { DatabaseFailure } from '../db/connect.ts';
import type { Clock } from '../sweep/clock.ts';
import type { Identity } from './identity.ts';

/** Somebody whom the home database knows, and for how long yet: at 0 or less, no longer. */
export interface Known {
  readonly identity: Identity;
  readonly leftMs: number;
}

/** For so long an answer serves the next requests, too: a console asks every few seconds. */
const FRESH_MS = 10_000;
const MOST_REMEMBERED = 1_000;

interface Entry {
  readonly known: Known | null;
  readonly readMs: number;
}

export interface KnownCredentials {
  /**
   * Whose credential has this hash; null: nobody's. While the home database is away, whoever was known until then may
   * go on looking, and no more: that is when the console is needed, and nothing can be written down.
   *
   * @throws DatabaseFailure it could not be asked, and nothing is remembered
   */
  find(hash: string): Promise<Identity | null>;
  /** Of one that was ended here: other replicas remember it for ten seconds at the most. */
  forget(hash: string): void;
}

/** Whose credentials these are, asked of the home database not more often than needed. */
export function createKnownCredentials(clock: Clock, read: (hash: string) => Promise<Known | null>): KnownCredentials {
  const entries = new Map<string, Entry>();

  const remember = (hash: string, entry: Entry): void => {
    entries.delete(hash);
    entries.set(hash, entry);
    const [oldest] = entries.keys();
    if (entries.size > MOST_REMEMBERED && oldest !== undefined) entries.delete(oldest);
  };
  const standing = ({ known, readMs }: Entry): Identity | null =>
    known !== null && clock.monotonicMs() - readMs < known.leftMs ? known.identity : null;

  return {
    async find(hash) {
      const remembered = entries.get(hash);
      if (remembered !== undefined && clock.monotonicMs() - remembered.readMs < FRESH_MS) return standing(remembered);
      const readMs = clock.monotonicMs();
      try {
        const entry = { known: await read(hash), readMs };
        remember(hash, entry);
        return standing(entry);
      } catch (error) {
        const identity = remembered === undefined ? null : standing(remembered);
        if (!(error instanceof DatabaseFailure) || identity === null) throw error;
        return { ...identity, role: 'viewer' };
      }
    },
    forget: (hash) => void entries.delete(hash),
  };
}
