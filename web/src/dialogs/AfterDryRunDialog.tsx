import { useSweepNow } from '../hooks/useSweepNow.ts';
import { count } from '../lib/count.ts';
import { Frame } from './Frame.tsx';
import { PauseNote } from './PauseNote.tsx';
import { StopsEach } from './StopsEach.tsx';

interface AfterDryRunDialogProps {
  readonly label: string;
  readonly orphans: number;
  readonly workspaceIds: readonly string[];
}

/** Stops what a dry run would have stopped. */
export function AfterDryRunDialog({ label, orphans, workspaceIds }: AfterDryRunDialogProps) {
  const { begin } = useSweepNow();
  return (
    <Frame
      title={label}
      press={label}
      actor="optional"
      act={(actor) => begin({ workspaceIds, expected: orphans, actor })}
    >
      <p>{count(orphans, 'orphan')} that the dry run would have stopped, and no others.</p>
      <PauseNote meanwhile="This one sweep runs all the same, and the pause stays." />
      <p>
        <StopsEach /> If the number has changed by then, nothing is done and you are told.
      </p>
    </Frame>
  );
}
