import type { Sweep } from '../../../server/api/sweeps.ts';
import { number } from './count.ts';
import { canStop, WITHOUT_DIALOG } from './steering.ts';
import type { VerdictInput } from './verdict.ts';
import { sizeOfSweep } from './verdict-parts.ts';
import { MOST_CHOSEN } from './walk.ts';

/** What can be done about what a dry run found. Null: it is none, has not ended, or found nothing to stop. */
export type DryRunOffer =
  | { readonly kind: 'sweep'; readonly orphans: number; readonly label: string; readonly asksFirst: boolean }
  /** Why not, in words; null: the first page says it. */
  | { readonly kind: 'not'; readonly why: string | null }
  | null;

/** Only of a dry run that somebody asked for: one by schedule is dry because the server is. */
export function dryRunOffer(input: VerdictInput, sweep: Sweep): DryRunOffer {
  const orphans = sweep.counts['would_stop'] ?? 0;
  if (!sweep.dryRun || sweep.trigger !== 'manual' || sweep.finishedAt === null || orphans === 0) return null;
  if (!canStop(input)) return { kind: 'not', why: whyNot(input) };
  if (orphans > MOST_CHOSEN) {
    return {
      kind: 'not',
      why: `More than ${number(MOST_CHOSEN)} cannot be named one by one: sweep all from the first page.`,
    };
  }
  const asksFirst = input.status?.pause != null || orphans > WITHOUT_DIALOG;
  return {
    kind: 'sweep',
    orphans,
    label: `Sweep ${sizeOfSweep(orphans, input.sweepLimit)} now${asksFirst ? '…' : ''}`,
    asksFirst,
  };
}

function whyNot({ status }: VerdictInput): string | null {
  switch (status?.sweeper.state) {
    case 'dry_run':
      return 'SWEEP_DRY_RUN is on: none is stopped.';
    case 'brake':
      return 'None is stopped until the safety brake is released.';
    case 'disabled':
      return 'Nothing is being stopped.';
    default:
      return null;
  }
}
