import type { Answer } from '../api.ts';
import { useNow } from './useNow.ts';
import { useStatus } from './useStatus.ts';

/** When an answer came, by the server's clock, for those that do not say it themselves. Null: not known. */
export function useCameAt(answer: Answer<unknown> | undefined): string | null {
  const { status, serverNowMs } = useStatus();
  const nowMs = useNow();
  if (answer === undefined || status === null) return null;
  return new Date(serverNowMs - Math.max(0, nowMs - answer.receivedMs)).toISOString();
}
