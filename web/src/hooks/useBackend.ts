import { type BackendKind, type BackendWords, wordsOf } from '../../../server/sweep/outcome.ts';
import { useStatus } from './useStatus.ts';

/** What stops instances here; null: nothing, or it is not known yet. */
export function useBackendKind(): BackendKind | null {
  return useStatus().status?.backend.kind ?? null;
}

/** What people call it, and what it stops. */
export function useBackendWords(): BackendWords {
  return wordsOf(useBackendKind());
}
