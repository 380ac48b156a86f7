import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { ApiError } from '../api.ts';
import { putHold, type Term } from '../changes.ts';
import { count, number } from '../lib/count.ts';
import { type HoldOutcome, holdAll, type NotHeld } from '../lib/hold-all.ts';
import { Frame } from './Frame.tsx';
import { OfWorkspace, workspaceOf } from './OfWorkspace.tsx';
import { PartlyDone } from './PartlyDone.ts';
import { ReasonField } from './ReasonField.tsx';
import { UntilField } from './UntilField.tsx';
import { useTerm } from './useTerm.ts';

interface HoldChosenDialogProps {
  readonly orphans: readonly Orphan[];
  readonly onDone: () => void;
}

/** Holds the workspaces of what was chosen, one after the other. It leaves when all are held. */
export function HoldChosenDialog({ orphans, onDone }: HoldChosenDialogProps) {
  const { reason, setReason, chosen, setChosen, term } = useTerm();
  const client = useQueryClient();
  const [held, setHeld] = useState<ReadonlySet<string>>(new Set());
  const [failed, setFailed] = useState<readonly NotHeld[]>([]);
  const [asked, setAsked] = useState(0);
  const workspaceIds = [...new Set(orphans.map(({ workspaceId }) => workspaceId))];
  const left = workspaceIds.filter((workspaceId) => !held.has(workspaceId));
  const of = (ids: readonly string[]) => orphans.filter(({ workspaceId }) => ids.includes(workspaceId));

  const hold = async (actor: string | null): Promise<void> => {
    const asTyped = term(actor);
    setAsked(0);
    const run = await holdAll(left, (workspaceId) => {
      setAsked((before) => before + 1);
      return holdOne(workspaceId, asTyped);
    });
    const all = new Set([...held, ...run.held]);
    setHeld(all);
    setFailed(run.failed);
    setAsked(0);
    if (all.size === workspaceIds.length) return onDone();
    await client.invalidateQueries({ queryKey: ['orphans'] });
    throw new PartlyDone(
      [
        `${number(all.size)} of ${count(workspaceIds.length, 'workspace')} held.`,
        run.endedBy,
        `Pressed again, only the other ${number(workspaceIds.length - all.size)} ${workspaceIds.length - all.size === 1 ? 'is' : 'are'}.`,
      ]
        .filter((part) => part !== null)
        .join(' '),
    );
  };

  return (
    <Frame
      title={held.size === 0 ? `Hold ${number(orphans.length)}` : `Hold the other ${number(of(left).length)}`}
      press={held.size === 0 ? `Hold ${number(orphans.length)}` : `Hold the other ${number(of(left).length)}`}
      actor="required"
      act={hold}
      fields={
        <>
          <ReasonField value={reason} onType={setReason} example="their disks are still being copied" />
          <UntilField value={chosen} onChoose={setChosen} />
        </>
      }
    >
      <OfWorkspace orphans={of(left)} />
      <p>
        {left.length === 1 ? 'Nothing of its workspace' : `Nothing of their ${count(left.length, 'workspace')}`} is
        stopped until then, neither what is an orphan now nor what becomes one. They may go on running, and billing.
      </p>
      {asked > 0 && (
        <p role="status">
          {number(asked)} of {number(left.length)}…
        </p>
      )}
      {held.size > 0 && (
        <p className="break-words">
          Held:{' '}
          {of([...held])
            .map((orphan) => workspaceOf([orphan]).name)
            .join(', ')}
          .
        </p>
      )}
      {failed.length > 0 && (
        <ul aria-label="Not held" className="space-y-1">
          {failed.map(({ workspaceId, message }) => (
            <li key={workspaceId} className="break-words">
              {workspaceOf(of([workspaceId])).name} is not held: {message}
            </li>
          ))}
        </ul>
      )}
    </Frame>
  );
}

async function holdOne(workspaceId: string, term: Term): Promise<HoldOutcome> {
  try {
    await putHold(workspaceId, term);
    return { kind: 'held' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const ends = error.failure !== 'refused' || error.code === 'too_many_changes';
    return { kind: ends ? 'ends' : 'refused', message: error.message };
  }
}
