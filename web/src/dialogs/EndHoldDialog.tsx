import type { Orphan } from '../../../server/api/orphans.ts';
import { deleteHold } from '../changes.ts';
import { Since, Until } from '../components/When.tsx';
import { named } from '../lib/named.ts';
import { holdOf, openOf } from '../lib/workspace.ts';
import { Frame } from './Frame.tsx';
import { NoWayBack } from './NoWayBack.tsx';
import { OfWorkspace, workspaceOf } from './OfWorkspace.tsx';

/** Gives a workspace's orphans back to sweeping before their time. */
export function EndHoldDialog({ orphans }: { readonly orphans: readonly Orphan[] }) {
  const { workspaceId, name } = workspaceOf(orphans);
  const hold = holdOf(orphans);
  return (
    <Frame
      title={`End the hold of ${name}`}
      press="End hold"
      actor="required"
      act={(actor) => deleteHold(workspaceId, actor)}
    >
      {hold !== null && (
        <p className="break-words">
          Held by {named(hold.actor, hold.verified)} since <Since time={hold.since} />: {hold.reason}. It would end by
          itself <Until time={hold.until} />.
        </p>
      )}
      <OfWorkspace orphans={openOf(orphans)} />
      <p>
        The next sweep for which it is due stops it. <NoWayBack />
      </p>
    </Frame>
  );
}
