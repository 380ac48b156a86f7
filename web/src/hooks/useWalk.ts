import { useEffect, useRef, useState } from 'react';
import { getOrphans } from '../api.ts';
import { type Walked, walkAll } from '../lib/walk.ts';

export interface Walk {
  readonly walking: boolean;
  /** Why not all could be fetched; null: they were, or nobody asked. */
  readonly failure: string | null;
  begin(query: string): Promise<void>;
}

/** Fetches all that match, and hands them on. Whoever leaves is not handed anything. */
export function useWalk(onWalked: (walked: Walked) => void): Walk {
  const [walking, setWalking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    leaving.current = new AbortController();
    return () => leaving.current.abort();
  }, []);

  const begin = async (query: string): Promise<void> => {
    const { signal } = leaving.current;
    setWalking(true);
    setFailure(null);
    try {
      const walked = await walkAll(query, async (page) => (await getOrphans(page, signal)).body);
      if (!signal.aborted) onWalked(walked);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setWalking(false);
    }
  };
  return { walking, failure, begin };
}
