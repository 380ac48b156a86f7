import { runbookUrl, sweepLimit } from '../lib/settings.ts';
import { type Verdict, type VerdictInput, verdictOf } from '../lib/verdict.ts';
import { useDisplay } from './useDisplay.ts';
import { useSettings } from './useSettings.ts';
import { useStatus } from './useStatus.ts';

export function useVerdictInput(): VerdictInput {
  const { status, connection, refusal, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const settings = useSettings(status);
  return {
    status,
    connection,
    refusal,
    nowMs: serverNowMs,
    zone,
    sweepLimit: sweepLimit(settings),
    hasRunbook: runbookUrl(settings, '') !== null,
  };
}

export function useVerdict(): Verdict {
  return verdictOf(useVerdictInput());
}
