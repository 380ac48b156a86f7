import { putPause } from '../changes.ts';
import { useBackendWords } from '../hooks/useBackend.ts';
import { AtStake } from './AtStake.tsx';
import { Frame } from './Frame.tsx';
import { PauseNote } from './PauseNote.tsx';
import { ReasonField } from './ReasonField.tsx';
import { UntilField } from './UntilField.tsx';
import { useTerm } from './useTerm.ts';

/** Stops automatic sweeping, for a reason and a time. */
export function PauseDialog() {
  const { backend, instance } = useBackendWords();
  const { reason, setReason, chosen, setChosen, term } = useTerm();
  return (
    <Frame
      title="Pause sweeping"
      press="Pause sweeping"
      actor="required"
      act={async (actor) => putPause(term(actor))}
      fields={
        <>
          <ReasonField value={reason} onType={setReason} example={`migration of the ${backend}`} />
          <UntilField value={chosen} onChoose={setChosen} />
        </>
      }
    >
      <AtStake />
      <PauseNote meanwhile="What you choose here takes its place." />
      <p>
        No {instance} is stopped by itself until then: orphans go on being found, running and billing. A sweep that runs
        now ends before its next Stop. By hand one can still sweep.
      </p>
    </Frame>
  );
}
