import { useState } from 'react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { postAcknowledge } from '../changes.ts';
import { useBackendWords } from '../hooks/useBackend.ts';
import { acknowledgeable } from '../lib/workspace.ts';
import { Frame } from './Frame.tsx';
import { OfWorkspace, workspaceOf } from './OfWorkspace.tsx';
import { ReasonField } from './ReasonField.tsx';

/** Files away what only a person can judge. */
export function AcknowledgeDialog({ orphans }: { readonly orphans: readonly Orphan[] }) {
  const [reason, setReason] = useState('');
  const { instance } = useBackendWords();
  const { workspaceId, name } = workspaceOf(orphans);
  const about = acknowledgeable(orphans);
  return (
    <Frame
      title={`Acknowledge ${about.length} of ${name}`}
      press={`Acknowledge ${about.length}`}
      actor="required"
      act={(actor) => postAcknowledge(workspaceId, reason.trim(), actor)}
      fields={<ReasonField value={reason} onType={setReason} example="its owner knows of it" />}
    >
      <OfWorkspace orphans={about} />
      {about.map(({ instanceId, explanation }) => (
        <p key={instanceId} className="break-words">
          {explanation}
        </p>
      ))}
      <p>
        It leaves the list for good, and nobody is told of it again. Nothing is stopped by this: whether the {instance}
        runs, or is missing, you have found out.
      </p>
    </Frame>
  );
}
