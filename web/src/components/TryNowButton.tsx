import { Play } from 'lucide-react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { useActor } from '../hooks/useActor.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type Asked, useSweepNow } from '../hooks/useSweepNow.ts';
import { tryNowOf } from '../lib/try-now.ts';
import { ActButton } from './ActButton.tsx';

interface TryNowButtonProps {
  readonly workspaceId: string;
  readonly orphans: readonly Orphan[];
}

/** Safe to press twice: it joins. While that goes on, the button says so. Where it cannot be pressed, it says why. */
export function TryNowButton({ workspaceId, orphans }: TryNowButtonProps) {
  const { status, connection } = useStatus();
  const { asked, ask } = useSweepNow();
  const { open } = useDialog();
  const { actor } = useActor();
  const offer = tryNowOf(status, connection, orphans);
  if (offer === null) return null;
  if (offer.kind === 'not_now') {
    return (
      <p className="order-last basis-full text-sm text-soft">
        <span className="font-medium">It cannot be tried now.</span> {offer.why}
      </p>
    );
  }
  const progress = progressWords(asked, workspaceId);
  const press = (): void => {
    if (offer.asksFirst) open({ kind: 'try_now', orphans });
    else ask({ workspaceIds: [workspaceId], dryRun: offer.dryRun, expected: null, actor });
  };
  return (
    <ActButton needs="operator" className="button button-primary" onClick={press} aria-busy={progress !== null}>
      <Play aria-hidden="true" className="size-4" />
      {progress ?? offer.label}
    </ActButton>
  );
}

function progressWords(asked: Asked, workspaceId: string): string | null {
  if (asked.stage === 'asking') return 'Asking…';
  if (asked.stage !== 'following' || asked.sweep === null || asked.sweep.finishedAt !== null) return null;
  const { workspaceIds, result } = asked.sweep;
  if (workspaceIds?.length !== 1 || workspaceIds[0] !== workspaceId) return null;
  return result === 'queued' ? 'Queued…' : 'Under way…';
}
