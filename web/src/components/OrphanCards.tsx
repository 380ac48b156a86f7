import { Link } from '@tanstack/react-router';
import type { Orphan } from '../../../server/api/orphans.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { count } from '../lib/count.ts';
import { duration } from '../lib/duration.ts';
import { STATE_WORDS } from '../lib/words.ts';
import { STATE_MARKS } from './icons.ts';
import { Word } from './Word.tsx';

/** Orphans for a thumb: the whole card is the link. */
export function OrphanCards({ orphans }: { readonly orphans: readonly Orphan[] }) {
  return (
    <ul className="space-y-2">
      {orphans.map((orphan) => (
        <li key={`${orphan.workspaceId} ${orphan.instanceId} ${orphan.firstSeenAt}`}>
          <Card orphan={orphan} />
        </li>
      ))}
    </ul>
  );
}

function Card({ orphan }: { readonly orphan: Orphan }) {
  const { serverNowMs } = useStatus();
  const { workspaceId, workspaceName, instanceId, state, orphanedAt, attempts, explanation } = orphan;
  return (
    <Link
      to="/orphans/$workspaceId"
      params={{ workspaceId }}
      className="card block min-h-11 p-3 text-sm active:bg-raised"
    >
      <span className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 text-base font-semibold break-words">{workspaceName ?? workspaceId}</span>
        <Word mark={STATE_MARKS[state]} word={STATE_WORDS[state]} />
      </span>
      <code className="block truncate font-mono text-xs text-soft">{instanceId}</code>
      <span className="mt-1 block break-words">{explanation}</span>
      <span className="mt-1 block text-soft">
        removed {duration(serverNowMs - Date.parse(orphanedAt))} ago · {count(attempts, 'attempt')}
      </span>
    </Link>
  );
}
