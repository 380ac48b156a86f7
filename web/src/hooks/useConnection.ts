import { useSyncExternalStore } from 'react';
import { type Connection, connectionOf } from '../lib/connection.ts';
import { getLine, onLineChange } from '../lib/line.ts';
import { useDisplay } from './useDisplay.ts';
import { useNow } from './useNow.ts';
import { useOnline } from './useOnline.ts';

export interface KnownConnection {
  readonly connection: Connection;
  /** Why the server tells nothing, in its own words; null: it does not refuse. */
  readonly refusal: string | null;
}

export function useConnection(): KnownConnection {
  const line = useSyncExternalStore(onLineChange, getLine);
  const { refreshMs } = useDisplay();
  const connection = connectionOf(line, refreshMs, useOnline(), useNow());
  return { connection, refusal: line.refusal };
}
