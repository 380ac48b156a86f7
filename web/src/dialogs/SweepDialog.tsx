import { useSweepNow } from '../hooks/useSweepNow.ts';
import { useVerdictInput } from '../hooks/useVerdict.ts';
import { withoutDots } from '../lib/steering.ts';
import { sweepAction } from '../lib/verdict-parts.ts';
import { AtStake } from './AtStake.tsx';
import { Frame } from './Frame.tsx';
import { PauseNote } from './PauseNote.tsx';
import { StopsEach } from './StopsEach.tsx';

/** Says where, how many, how old, and what follows. The request carries the number that was read here. */
export function SweepDialog({ label }: { readonly label: string }) {
  const input = useVerdictInput();
  const { begin } = useSweepNow();
  const { status } = input;
  const now = status === null ? null : sweepAction(input, status);
  const press = withoutDots(now?.label ?? label);
  const expected = status?.counts?.open ?? null;
  return (
    <Frame title={press} press={press} actor="optional" act={(actor) => begin({ expected, actor })}>
      <AtStake />
      <PauseNote meanwhile="This one sweep runs all the same, and the pause stays." />
      <p>
        <StopsEach /> If the number has changed by then, nothing is done and you are told.
      </p>
    </Frame>
  );
}
