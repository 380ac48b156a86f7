import type { Sweep } from '../../../server/api/sweeps.ts';
import { useActor } from '../hooks/useActor.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { useVerdictInput } from '../hooks/useVerdict.ts';
import { useWouldStop } from '../hooks/useWouldStop.ts';
import { dryRunOffer } from '../lib/dry-run-offer.ts';
import { withoutDots } from '../lib/steering.ts';
import { ActButton } from './ActButton.tsx';
import { Failure } from './Failure.tsx';
import { WhyNot } from './WhyNot.tsx';

/** Does what a dry run has shown: to the orphans that it found, and to no others. */
export function DoDryRun({ sweep }: { readonly sweep: Sweep }) {
  const offer = dryRunOffer(useVerdictInput(), sweep);
  const { data, isError, error } = useWouldStop(sweep.id, offer?.kind === 'sweep');
  const { asked, ask } = useSweepNow();
  const { open } = useDialog();
  const { actor } = useActor();
  if (offer === null) return null;
  if (offer.kind === 'not') return offer.why === null ? null : <p className="text-sm text-soft">{offer.why}</p>;
  if (data === undefined) return isError ? <Failure what="What it would stop" error={error} /> : null;
  const { orphans, label, asksFirst } = offer;
  const underWay = asked.stage === 'asking' || (asked.stage === 'following' && asked.sweep?.finishedAt == null);
  const press = (): void => {
    if (underWay) return;
    if (asksFirst) open({ kind: 'after_dry_run', label: withoutDots(label), orphans, workspaceIds: data });
    else ask({ workspaceIds: data, expected: orphans, actor });
  };
  const again = (): void => {
    const scope = sweep.workspaceIds === null ? {} : { workspaceIds: sweep.workspaceIds };
    if (!underWay) ask({ dryRun: true, ...scope, expected: null, actor });
  };
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <ActButton
        needs="operator"
        className="button button-primary max-sm:w-full"
        aria-disabled={underWay}
        onClick={press}
      >
        {label}
      </ActButton>
      <ActButton needs="operator" className="button max-sm:w-full" aria-disabled={underWay} onClick={again}>
        Dry run again
      </ActButton>
      <p className="min-w-0 flex-1 basis-64 text-sm text-soft">
        Those that it would stop, and no others. If some of them are gone by then, nothing is done and you are told.
      </p>
      <WhyNot needs={['operator']} look="basis-full" />
    </div>
  );
}
