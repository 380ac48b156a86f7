import { useSyncExternalStore } from 'react';
import { type Connection, connectionOf } from '../lib/connection.ts';
import { getLine, onLineChange } from '../lib/line.ts';
import { useDisplay } from './useDisplay.ts';
import { useNow } from './useNow.ts';
import { useOnline } from './useOnline.ts';

export function useConnection(): Connection {
  const line = useSyncExternalStore(onLineChange, getLine);
  const { refreshMs } = useDisplay();
  return connectionOf(line, refreshMs, useOnline(), useNow());
}
