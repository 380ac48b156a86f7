import { createContext, useContext } from 'react';
import type { Status } from '../../../server/api/status.ts';
import type { KnownConnection } from './useConnection.ts';

export interface KnownStatus extends KnownConnection {
  /** The last that came; null: none yet. */
  readonly status: Status | null;
  /** The server's clock now: what it last said, and the time since. Never this machine's own. */
  readonly serverNowMs: number;
}

export const StatusContext = createContext<KnownStatus | null>(null);

/** One poll for the whole page; whoever shows a part of it, or an age, asks here. */
export function useStatus(): KnownStatus {
  const known = useContext(StatusContext);
  if (known === null) throw new Error('useStatus is called outside StatusProvider');
  return known;
}
