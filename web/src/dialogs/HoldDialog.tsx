import type { Orphan } from '../../../server/api/orphans.ts';
import { putHold } from '../changes.ts';
import { openOf } from '../lib/workspace.ts';
import { Frame } from './Frame.tsx';
import { OfWorkspace, workspaceOf } from './OfWorkspace.tsx';
import { ReasonField } from './ReasonField.tsx';
import { UntilField } from './UntilField.tsx';
import { useTerm } from './useTerm.ts';

/** Takes a workspace's orphans out of sweeping, for a reason and a time. */
export function HoldDialog({ orphans }: { readonly orphans: readonly Orphan[] }) {
  const { reason, setReason, chosen, setChosen, term } = useTerm();
  const { workspaceId, name } = workspaceOf(orphans);
  return (
    <Frame
      title={`Hold ${name}`}
      press={`Hold ${name}`}
      actor="required"
      act={async (actor) => putHold(workspaceId, term(actor))}
      fields={
        <>
          <ReasonField value={reason} onType={setReason} example="its disk is still being copied" />
          <UntilField value={chosen} onChoose={setChosen} />
        </>
      }
    >
      <OfWorkspace orphans={openOf(orphans)} />
      <p>
        Nothing of this workspace is stopped until then, neither what is an orphan now nor what becomes one. It may go
        on running, and billing.
      </p>
    </Frame>
  );
}
