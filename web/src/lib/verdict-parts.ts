import type { Status } from '../../../server/api/status.ts';
import { number } from './count.ts';
import { duration } from './duration.ts';
import type { Action, Verdict, VerdictInput, VerdictKind } from './verdict.ts';

/** What the rows of the verdict are made of. */

type Row = Omit<Verdict, 'spoken' | 'detail' | 'primary' | 'secondary'> & Partial<Verdict>;

export function verdict(row: Row): Verdict {
  return { spoken: row.headline, detail: null, primary: null, secondary: null, ...row };
}

export function runbook({ hasRunbook }: VerdictInput, about: VerdictKind): Action {
  return hasRunbook ? { kind: 'runbook', label: 'Runbook', about } : { kind: 'settings', label: 'Settings' };
}

/** Says how many it is about, and how many of them fit into one sweep. */
export function sweepAction({ sweepLimit }: VerdictInput, status: Status): Action | null {
  const { sweepable, sweeper, pause } = status;
  if (sweepable === null || sweepable === 0) return null;
  const dryRun = sweeper.state === 'dry_run';
  const of = sizeOfSweep(sweepable, sweepLimit);
  // A dry run stops nothing, so there is nothing to be asked before.
  const asksFirst = pause !== null && !dryRun;
  return {
    kind: 'sweep',
    label: `${dryRun ? 'Dry run' : 'Sweep now'} (${of})${asksFirst ? '…' : ''}`,
    dryRun,
    asksFirst,
  };
}

/** `12`, or `100 of 1,000` where one sweep takes no more. */
export function sizeOfSweep(orphans: number, limit: number | null): string {
  return limit !== null && limit < orphans ? `${number(limit)} of ${number(orphans)}` : number(orphans);
}

export function oldest({ status, nowMs }: VerdictInput): string | null {
  const found = status?.oldest;
  return found === undefined || found === null ? null : `oldest ${duration(nowMs - Date.parse(found.orphanedAt))}`;
}

/** Many are new, though not too many: it stands with whatever else is to be known. */
export function withSurge(judged: Verdict, { surge }: Status): Verdict {
  if (surge === null) return judged;
  const words = `${number(surge.newOrphans)} new in 10 min (the safety brake: over ${number(surge.limit)})`;
  const { detail } = judged;
  return { ...judged, detail: detail?.endsWith('.') === true ? sentences(detail, `${words}.`) : joined(detail, words) };
}

export function joined(...parts: readonly (string | null | undefined)[]): string | null {
  const said = parts.filter((part) => part !== null && part !== undefined && part !== '');
  return said.length === 0 ? null : said.join(' · ');
}

export function sentences(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' ');
}
