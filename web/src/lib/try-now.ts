import type { Orphan } from '../../../server/api/orphans.ts';
import type { Status } from '../../../server/api/status.ts';
import { wordsOf } from '../../../server/sweep/outcome.ts';
import { type Connection, isOutdated } from './connection.ts';
import { count } from './count.ts';
import { holdOf, openOf, waitsForPerson } from './workspace.ts';

/** Whether what is open of one workspace can be tried at once. */
export type TryNow =
  | { readonly kind: 'offered'; readonly label: string; readonly dryRun: boolean; readonly asksFirst: boolean }
  | { readonly kind: 'not_now'; readonly why: string };

/** Null: there is nothing that a sweep would try, now or later. */
export function tryNowOf(status: Status | null, connection: Connection, orphans: readonly Orphan[]): TryNow | null {
  const tried = triedBySweeps(orphans).length;
  if (tried === 0) return null;
  if (status === null || isOutdated(connection)) return not('It is not known whether anything can be stopped now.');
  const obstacle = obstacleOf(status) ?? (holdOf(orphans) === null ? null : 'It is held: end the hold first.');
  if (obstacle !== null) return not(obstacle);
  const dryRun = status.sweeper.state === 'dry_run';
  // A dry run stops nothing, so there is nothing to be asked before.
  const asksFirst = status.pause !== null && !dryRun;
  const label = tried === 1 ? 'Try this one now' : `Try these ${tried} now`;
  return {
    kind: 'offered',
    label: dryRun ? `Dry run (${tried})` : `${label}${asksFirst ? '…' : ''}`,
    dryRun,
    asksFirst,
  };
}

export function triedBySweeps(orphans: readonly Orphan[]): readonly Orphan[] {
  return openOf(orphans).filter((orphan) => !waitsForPerson(orphan));
}

/** Why a sweep would stop nothing now. */
function obstacleOf({ home, sweeper, brake, platform, backend }: Status): string | null {
  if (home.state === 'failing') return 'Nothing is being stopped: Orphan Sweeper cannot read its own database.';
  if (sweeper.state === 'disabled') return `Nothing is being stopped: ${sweeper.reason ?? 'no reason was given'}.`;
  if (brake !== null || sweeper.state === 'brake') {
    return `Stopped by the safety brake${brake === null ? '' : ` (${count(brake.orphans, 'orphan')})`}: a person must release it first.`;
  }
  if (sweeper.state === 'late') return 'The sweeper does not run, so nothing would begin it.';
  const words = wordsOf(backend.kind);
  if (platform.fault?.kind === 'engine') return `Nothing is stopped until the ${words.backend} can be asked again.`;
  if (platform.state === 'failing') return 'Nothing is stopped until the platform database can be asked again.';
  if (backend.positiveControl === 'not_known') {
    return `Nothing is stopped while the ${words.backend} does not know this platform's ${words.instance}s.`;
  }
  return null;
}

function not(why: string): TryNow {
  return { kind: 'not_now', why };
}
