import type { Sweep } from '../../../server/api/sweeps.ts';
import { duration } from './duration.ts';
import { TRIGGER_WORDS } from './words.ts';

/** Below this the tenths matter. */
const SHORT_MS = 10_000;

/** `By hand, as a dry run` */
export function whyItRan({ trigger, dryRun, drain }: Sweep): string {
  return `${TRIGGER_WORDS[trigger]}${drain ? ', to sweep all' : ''}${dryRun ? ', as a dry run' : ''}`;
}

/** How long it took; null: it has not begun, or not ended. */
export function lengthOf({ startedAt, finishedAt }: Sweep): string | null {
  if (startedAt === null || finishedAt === null) return null;
  const ms = Date.parse(finishedAt) - Date.parse(startedAt);
  return ms < SHORT_MS ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}
