import { Link } from '@tanstack/react-router';
import type { Orphan } from '../../../server/api/orphans.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { count } from '../lib/count.ts';
import { duration } from '../lib/duration.ts';
import { moment } from '../lib/moment.ts';
import { STATE_WORDS } from '../lib/words.ts';
import { STATE_MARKS } from './icons.ts';
import type { RowSelection } from './RowSelection.ts';
import { At } from './When.tsx';
import { Word } from './Word.tsx';

interface OrphanCardsProps {
  readonly orphans: readonly Orphan[];
  readonly selection?: RowSelection | undefined;
}

/** Orphans for a thumb: the whole card is the link. On a tablet two stand beside each other. */
export function OrphanCards({ orphans, selection }: OrphanCardsProps) {
  return (
    <>
      {selection !== undefined && (
        <div className="flex items-center text-sm text-soft print:hidden">
          {selection.head}
          <span aria-hidden="true">All on this page</span>
        </div>
      )}
      <ul className="grid gap-2 md:grid-cols-2">
        {orphans.map((orphan) => (
          <li
            data-line
            className="card flex min-w-0 has-checked:bg-info-wash"
            key={`${orphan.workspaceId} ${orphan.instanceId} ${orphan.firstSeenAt}`}
          >
            {selection !== undefined && <div className="shrink-0 print:hidden">{selection.boxOf(orphan)}</div>}
            <Card orphan={orphan} beside={selection !== undefined} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** @param beside something to press stands beside it */
function Card({ orphan, beside }: { readonly orphan: Orphan; readonly beside: boolean }) {
  const { status, serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const { workspaceId, workspaceName, instanceId, state, orphanedAt, attempts, explanation, hold } = orphan;
  // Without an answer of the server there is no clock to count from.
  const since =
    status === null ? moment(orphanedAt, zone, serverNowMs) : `${duration(serverNowMs - Date.parse(orphanedAt))} ago`;
  return (
    <Link
      to="/orphans/$workspaceId"
      params={{ workspaceId }}
      className={`block min-h-11 min-w-0 flex-1 rounded-[9px] py-3 pr-3 text-sm active:bg-raised ${beside ? 'pl-0' : 'pl-3'}`}
    >
      <span className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 text-base font-semibold break-words">{workspaceName ?? workspaceId}</span>
        <Word mark={STATE_MARKS[state]} word={STATE_WORDS[state]} />
      </span>
      <code className="block truncate font-mono text-xs text-soft">{instanceId}</code>
      <span className="mt-1 block break-words">{explanation}</span>
      <span className="mt-1 block text-soft">
        removed {since} · {count(attempts, 'attempt')}
        {hold !== null && (
          <>
            {' '}
            · held until <At time={hold.until} />
          </>
        )}
      </span>
    </Link>
  );
}
