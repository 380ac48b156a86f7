import type { Orphan } from '../../../server/api/orphans.ts';
import { useBackendWords } from '../hooks/useBackend.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { triedBySweeps } from '../lib/try-now.ts';
import { Frame } from './Frame.tsx';
import { NoWayBack } from './NoWayBack.tsx';
import { OfWorkspace, workspaceOf } from './OfWorkspace.tsx';
import { PauseNote } from './PauseNote.tsx';

/** One workspace is swept while sweeping is paused. */
export function TryNowDialog({ orphans }: { readonly orphans: readonly Orphan[] }) {
  const { begin } = useSweepNow();
  const { backend } = useBackendWords();
  const { workspaceId, name } = workspaceOf(orphans);
  return (
    <Frame
      title={`Try ${name} now`}
      press={`Try ${name} now`}
      actor="optional"
      act={(actor) => begin({ workspaceIds: [workspaceId], expected: null, actor })}
    >
      <OfWorkspace orphans={triedBySweeps(orphans)} />
      <PauseNote meanwhile="This one is tried all the same, and the pause stays." />
      <p>
        The {backend} is asked to stop it if its workspace is still removed. <NoWayBack />
      </p>
    </Frame>
  );
}
