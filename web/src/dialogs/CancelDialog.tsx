import { getSweep } from '../api.ts';
import { cancelSweep } from '../changes.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { number } from '../lib/count.ts';
import { progressOf } from '../lib/progress.ts';
import { AtStake } from './AtStake.tsx';
import { Frame } from './Frame.tsx';

/** Ends a sweep early. */
export function CancelDialog({ sweepId }: { readonly sweepId: string }) {
  const { data } = usePoll({ queryKey: ['sweep', sweepId], queryFn: ({ signal }) => getSweep(sweepId, signal) });
  const sweep = data?.body ?? null;
  return (
    <Frame
      title="Cancel this sweep"
      press="Cancel this sweep"
      dismiss="Let it go on"
      actor="optional"
      act={(actor) => cancelSweep(sweepId, actor)}
    >
      <p>{sweep === null ? 'How far it is is not known.' : howFar(progressOf(sweep), sweep.finishedAt !== null)}</p>
      <AtStake />
      <p>
        No further Stop is begun; those under way end. What was stopped stays stopped, and the others wait for the next
        sweep.
      </p>
    </Frame>
  );
}

function howFar({ ended, of }: ReturnType<typeof progressOf>, over: boolean): string {
  if (over) return 'It has ended by now.';
  return of === 0 ? 'It has not stopped anything yet.' : `${number(ended)} of ${number(of)} have been tried.`;
}
