import { useState } from 'react';
import type { Attempt } from '../../../server/api/attempts.ts';
import { getWorkspaceAttempts } from '../api.ts';
import { joinedAttempts } from '../lib/timeline.ts';

interface Page {
  readonly items: readonly Attempt[];
  readonly nextCursor: string | null;
}

export interface AllAttempts {
  /** Newest first. */
  readonly attempts: readonly Attempt[];
  readonly more: boolean;
  readonly asking: boolean;
  /** Why the older ones could not be read. */
  readonly error: string | null;
  /** Reads the page before the oldest that is known. */
  showOlder(): void;
}

/** The newest attempts as the poll has them, and as many older pages as were asked for: these do not change any more. */
export function useAllAttempts(workspaceId: string, newest: Page): AllAttempts {
  const [older, setOlder] = useState<Page | null>(null);
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const cursor = older === null ? newest.nextCursor : older.nextCursor;
  const attempts = joinedAttempts(newest.items, older?.items ?? []);

  const read = async (): Promise<void> => {
    setAsking(true);
    setError(null);
    try {
      const { body } = await getWorkspaceAttempts(workspaceId, cursor, null);
      // What the poll pushes off its page later on is kept.
      setOlder({ items: joinedAttempts(attempts, body.items), nextCursor: body.nextCursor });
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown));
    }
    setAsking(false);
  };

  return { attempts, more: cursor !== null, asking, error, showOlder: () => void (asking ? undefined : read()) };
}
