import { useEffect, useState } from 'react';
import { getOverview, type Overview } from './api.ts';

const POLL_EVERY_MS = 5_000;

/** Polls while the page lives; after an error the last data stay. */
export function useOverview(): { overview: Overview | null; error: string | null } {
  const [overview, setOverview] = useState<Overview | null>(null);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    let timer: number | undefined;
    let over = false;
    const poll = async (): Promise<void> => {
      try {
        const next = await getOverview();
        if (over) return;
        setOverview(next);
        setError(null);
      } catch (failure) {
        if (over) return;
        setError(failure instanceof Error ? failure.message : String(failure));
      }
      timer = window.setTimeout(poll, POLL_EVERY_MS);
    };
    void poll();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, []);

  return { overview, error };
}
