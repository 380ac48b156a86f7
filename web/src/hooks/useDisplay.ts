import { useSyncExternalStore } from 'react';
import { type Display, getDisplay, onDisplayChange } from '../lib/display.ts';

export function useDisplay(): Display {
  return useSyncExternalStore(onDisplayChange, getDisplay);
}
