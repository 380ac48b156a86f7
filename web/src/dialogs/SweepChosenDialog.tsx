import { useState } from 'react';
import { ApiError } from '../api.ts';
import { Since } from '../components/When.tsx';
import type { SweepChosen } from '../hooks/useDialog.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { count, number } from '../lib/count.ts';
import { namesOf } from '../lib/selection-words.ts';
import { Frame } from './Frame.tsx';
import { PauseNote } from './PauseNote.tsx';
import { StopsEach } from './StopsEach.tsx';

/** Sweeps what was chosen. Where there are others by then than were chosen it says so, and asks once more. */
export function SweepChosenDialog({ request }: { readonly request: SweepChosen }) {
  const { scope, dryRun, drain, notIncluded, onDone } = request;
  const { begin } = useSweepNow();
  const [found, setFound] = useState(request.found);
  const { orphans, workspaceIds } = scope;
  const expected = found ?? scope.expected;
  const some = number(found ?? orphans.length);
  const press = dryRun ? `Dry run ${some}` : `Sweep ${some} now`;
  const oldest = orphans.map(({ orphanedAt }) => orphanedAt).sort()[0];

  const sweep = async (actor: string | null): Promise<void> => {
    try {
      await begin({ workspaceIds, expected, dryRun, drain, actor, notIncluded });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'expected_mismatch') setFound(error.orphans);
      throw error;
    }
    onDone();
  };

  if (found === 0) {
    return (
      <Frame title="None of them is open any more" press="Clear selection" actor="optional" act={async () => onDone()}>
        <p>
          Of the {count(scope.expected, 'orphan')} that you chose, each is resolved by now. There is nothing to sweep.
        </p>
      </Frame>
    );
  }
  return (
    <Frame title={press} press={press} actor={drain ? 'required' : 'optional'} act={sweep}>
      {found !== null && found !== scope.expected && (
        <p className="rounded-lg bg-warn-wash p-3">{otherNumber(found, scope.expected)}</p>
      )}
      <p>
        {count(expected, 'open orphan')} of {count(workspaceIds.length, 'workspace')}.
        {oldest !== undefined && (
          <>
            {' '}
            The oldest of those chosen: <Since time={oldest} />.
          </>
        )}
      </p>
      <p className="break-words">{namesOf(orphans)}</p>
      {notIncluded > 0 && <p>{count(notIncluded, 'new orphan')} not included.</p>}
      <PauseNote meanwhile="This one sweep runs all the same, and the pause stays." />
      <p>
        {drain && 'One sweep goes on until each of them has been tried once; you can cancel it. '}
        {dryRun ? 'Each is looked up, and none is stopped.' : <StopsEach />} If the number has changed by then, nothing
        is done and you are told.
      </p>
    </Frame>
  );
}

function otherNumber(found: number, chosen: number): string {
  return found > chosen
    ? `You chose ${number(chosen)}. A sweep takes all that a workspace has, and these have ${number(found)}.`
    : `You chose ${number(chosen)}; ${number(found)} of them ${found === 1 ? 'is' : 'are'} still open.`;
}
