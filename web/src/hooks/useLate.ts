import { useCallback, useEffect, useState } from 'react';
import { isOutdated } from '../lib/connection.ts';
import type { Late } from '../lib/late.ts';
import { useStatus } from './useStatus.ts';

const PATIENCE_MS = 4_000;

export interface KnownLate<Part> {
  /** Null: it is not there yet. */
  readonly part: Part | null;
  /** It did not come, or takes so long that somebody must be told. */
  readonly missing: boolean;
  /** The server answers. If it does not send the part all the same, it may have another version by now. */
  readonly isBack: boolean;
  readonly again: () => Promise<void>;
}

/** Brings a part of the console when it is to be shown, and again by itself once the server is back. */
export function useLate<Part>(late: Late<Part>): KnownLate<Part> {
  const { connection } = useStatus();
  const isBack = !isOutdated(connection);
  const [part, setPart] = useState(late.there);
  const [missing, setMissing] = useState(false);
  const again = useCallback(async () => {
    const timer = setTimeout(() => setMissing(true), PATIENCE_MS);
    try {
      const brought = await late.bring();
      setPart(() => brought);
    } catch {
      // The server is away, or has another version by now: whoever shows the part says both.
      setMissing(true);
    } finally {
      clearTimeout(timer);
    }
  }, [late]);
  const wanted = part === null;
  useEffect(() => {
    if (wanted) void again();
  }, [wanted, again]);
  const comesBack = wanted && missing && isBack;
  useEffect(() => {
    if (comesBack) void again();
  }, [comesBack, again]);
  return { part, missing: wanted && missing, isBack, again };
}
