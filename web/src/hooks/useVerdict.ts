import { sweepLimit } from '../lib/settings.ts';
import { type Verdict, verdictOf } from '../lib/verdict.ts';
import { useDisplay } from './useDisplay.ts';
import { useSettings } from './useSettings.ts';
import { useStatus } from './useStatus.ts';

export function useVerdict(): Verdict {
  const { status, connection, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const limit = sweepLimit(useSettings(status));
  return verdictOf({ status, connection, nowMs: serverNowMs, zone, sweepLimit: limit });
}
