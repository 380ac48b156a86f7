import type { Sweep } from '../../../server/api/sweeps.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { ActButton } from './ActButton.tsx';
import { WhyNot } from './WhyNot.tsx';

/** While a sweep can still be ended early; once somebody asked for that, says so. */
export function CancelButton({ sweep }: { readonly sweep: Sweep }) {
  const { open } = useDialog();
  if (sweep.finishedAt !== null) return null;
  if (sweep.cancelRequestedAt !== null) return <span className="font-medium">Being cancelled…</span>;
  return (
    <>
      <WhyNot needs={['operator']} />
      <ActButton
        needs="operator"
        className="button min-h-11 px-3 text-sm sm:min-h-8"
        onClick={() => open({ kind: 'cancel', sweepId: sweep.id })}
      >
        Cancel this sweep…
      </ActButton>
    </>
  );
}
