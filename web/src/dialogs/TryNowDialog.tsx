import type { Orphan } from '../../../server/api/orphans.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { triedBySweeps } from '../lib/try-now.ts';
import { Frame } from './Frame.tsx';
import { OfWorkspace, workspaceOf } from './OfWorkspace.tsx';
import { PauseNote } from './PauseNote.tsx';

/** One workspace is swept while sweeping is paused. */
export function TryNowDialog({ orphans }: { readonly orphans: readonly Orphan[] }) {
  const { begin } = useSweepNow();
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
        The control plane is asked to stop it if its workspace is still removed. A stopped instance does not come back.
      </p>
    </Frame>
  );
}
