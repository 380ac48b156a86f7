import { Hand } from 'lucide-react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { acknowledgeable, holdOf, openOf } from '../lib/workspace.ts';
import { ActButton } from './ActButton.tsx';
import { CopyAsCurl } from './CopyAsCurl.tsx';
import { CopyLink } from './CopyLink.tsx';
import { TryNowButton } from './TryNowButton.tsx';
import { WhyNot } from './WhyNot.tsx';

interface WorkspaceActionsProps {
  readonly workspaceId: string;
  readonly orphans: readonly Orphan[];
}

/** What a person can do about the orphans of a workspace. */
export function WorkspaceActions({ workspaceId, orphans }: WorkspaceActionsProps) {
  const { open } = useDialog();
  const held = holdOf(orphans) !== null;
  const acknowledge = acknowledgeable(orphans).length > 0;
  const holdable = openOf(orphans).length > 0 || held;
  return (
    <section aria-label="Actions" className="space-y-1 print:hidden">
      <div className="flex flex-wrap items-start gap-2">
        {acknowledge && (
          <ActButton
            needs="operator"
            className="button button-primary"
            onClick={() => open({ kind: 'acknowledge', orphans })}
          >
            Acknowledge…
          </ActButton>
        )}
        <TryNowButton workspaceId={workspaceId} orphans={orphans} />
        {held && (
          <ActButton needs="operator" className="button" onClick={() => open({ kind: 'end_hold', orphans })}>
            End hold
          </ActButton>
        )}
        {holdable && (
          <ActButton needs="operator" className="button" onClick={() => open({ kind: 'hold', orphans })}>
            <Hand aria-hidden="true" className="size-4" />
            {held ? 'Hold longer…' : 'Hold…'}
          </ActButton>
        )}
        <CopyLink path={`/orphans/${encodeURIComponent(workspaceId)}`} />
      </div>
      {(acknowledge || holdable) && <WhyNot needs={['operator']} look="pt-1" />}
      <CopyAsCurl workspaceId={workspaceId} orphans={orphans} />
    </section>
  );
}
