import { useSyncExternalStore } from 'react';
import { getActor, onActorChange } from '../lib/actor.ts';

/** The name that was given in this browser; null: none yet. */
export function useActor(): string | null {
  return useSyncExternalStore(onActorChange, getActor);
}
