import { useSyncExternalStore } from 'react';
import { type Acting, actingOf } from '../lib/acting.ts';
import { getActor, onActorChange } from '../lib/actor.ts';
import { useStatus } from './useStatus.ts';

/** Who acts on this page. */
export function useActor(): Acting {
  const said = useSyncExternalStore(onActorChange, getActor);
  return actingOf(useStatus().status, said);
}
