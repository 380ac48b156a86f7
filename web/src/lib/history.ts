import type { ListedSweep, SweepListAnswer } from '../../../server/api/sweeps.ts';
import { dayOf } from './day.ts';
import type { Zone } from './moment.ts';

/** A line of the history: a sweep, or those that found nothing, folded into one. */
export type HistoryLine =
  | { readonly kind: 'sweep'; readonly sweep: ListedSweep }
  /** `after`: where they begin in the list that is not folded; null: at its top. */
  | { readonly kind: 'quiet'; readonly count: number; readonly after: string | null };

export interface HistoryDay {
  /** Null: newer than the first sweep, and nobody has said of what day. */
  readonly day: string | null;
  readonly lines: readonly HistoryLine[];
}

/** The history by days, newest first. What is folded stands with the sweep that came right after it. */
export function historyOf({ items, quietAfter = 0 }: SweepListAnswer, zone: Zone): readonly HistoryDay[] {
  const days: { readonly day: string | null; readonly lines: HistoryLine[] }[] = [];
  if (quietAfter > 0) days.push({ day: null, lines: [{ kind: 'quiet', count: quietAfter, after: null }] });
  for (const sweep of items) {
    const day = dayOf(Date.parse(sweep.requestedAt), zone);
    let last = days.at(-1);
    if (last?.day !== day) {
      last = { day, lines: [] };
      days.push(last);
    }
    last.lines.push({ kind: 'sweep', sweep });
    const { quietBefore = 0, quietCursor: after = null } = sweep;
    if (quietBefore > 0) last.lines.push({ kind: 'quiet', count: quietBefore, after });
  }
  return days;
}
