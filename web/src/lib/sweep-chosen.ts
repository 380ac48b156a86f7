import type { Orphan } from '../../../server/api/orphans.ts';
import { isOutdated } from './connection.ts';
import { number } from './count.ts';
import { keyOf } from './selection.ts';
import { WITHOUT_DIALOG } from './steering.ts';
import { type VerdictInput, verdictOf } from './verdict.ts';
import { notStopping } from './verdict-not-stopping.ts';
import { notBefore } from './verdict-orphans.ts';
import { waitsForPerson } from './workspace.ts';

export interface SweepOffer {
  readonly label: string;
  readonly dryRun: boolean;
  /** More than one sweep takes: it goes on until each has been tried. That needs a name. */
  readonly drain: boolean;
  readonly asksFirst: boolean;
}

/** What a sweep is to take: workspaces go whole, so all of theirs that were chosen are counted. */
export interface SweepScope {
  readonly orphans: readonly Orphan[];
  readonly workspaceIds: readonly string[];
  /** Open orphans of these workspaces, as far as they were chosen. */
  readonly expected: number;
}

/** The server leaves all others alone: who holds them, or a person who must judge first, has the word. */
export function sweepable(orphan: Orphan): boolean {
  return orphan.resolvedAt === null && orphan.hold === null && !waitsForPerson(orphan);
}

/** @param resolved keys of those that are known to be resolved by now */
export function scopeOf(chosen: readonly Orphan[], resolved: ReadonlySet<string>): SweepScope {
  const open = chosen.filter((orphan) => !resolved.has(keyOf(orphan)));
  const orphans = open.filter(sweepable);
  const workspaces = new Set(orphans.map(({ workspaceId }) => workspaceId));
  const expected = open.filter(({ workspaceId }) => workspaces.has(workspaceId)).length;
  return { orphans, workspaceIds: [...workspaces], expected };
}

/** What can be pressed for these, or why nothing can. */
export function sweepOffer(
  input: VerdictInput,
  { orphans, expected }: SweepScope,
  across: boolean,
): SweepOffer | { readonly why: string } {
  const { status, sweepLimit } = input;
  const judged = verdictOf(input);
  if (status === null || judged.kind === 'checking') return { why: 'Not known yet whether a sweep can run' };
  const standing = isOutdated(input.connection) ? judged : notStopping(input, status);
  if (standing !== null && standing.kind !== 'paused') return { why: standing.headline.replace(/\.$/, '') };
  if (judged.kind === 'control_plane_failing' && notBefore(input, status.backend) !== null) {
    return { why: [judged.headline, judged.detail].filter((part) => part !== null).join(' · ') };
  }
  const dryRun = status.sweeper.state === 'dry_run';
  const most = sweepLimit === null ? 0 : sweepLimit;
  const drain = !dryRun && expected > most;
  const few = dryRun && sweepLimit !== null && orphans.length > sweepLimit;
  const asksFirst = !dryRun && (standing !== null || across || drain || orphans.length > WITHOUT_DIALOG);
  const all = few ? `${number(sweepLimit)} of ${number(orphans.length)}` : number(orphans.length);
  return {
    label: `${dryRun ? `Dry run ${all}` : `Sweep ${all} now`}${asksFirst ? '…' : ''}`,
    dryRun,
    drain,
    asksFirst,
  };
}
