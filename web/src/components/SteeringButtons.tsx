import { CirclePause, Eye } from 'lucide-react';
import { useActor } from '../hooks/useActor.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { useVerdictInput } from '../hooks/useVerdict.ts';
import { isDraining } from '../lib/progress.ts';
import { steeringOf, withoutDots } from '../lib/steering.ts';
import { ActButton } from './ActButton.tsx';

/** What is always at hand, and never in the way of what the verdict says to press. */
export function SteeringButtons() {
  const { open } = useDialog();
  const { actor } = useActor();
  const { asked, ask } = useSweepNow();
  const { pause, drain, dryRun } = steeringOf(useVerdictInput());
  const underWay = asked.stage === 'asking' || (asked.stage === 'following' && asked.sweep?.finishedAt == null);
  const draining = asked.stage === 'following' && isDraining(asked.sweep);
  return (
    <>
      {pause !== null && (
        <ActButton needs="operator" className="quiet" onClick={() => open({ kind: 'pause' })}>
          <CirclePause aria-hidden="true" className="size-4" />
          {pause}
        </ActButton>
      )}
      {drain !== null && !draining && (
        <ActButton
          needs="operator"
          className="quiet"
          onClick={() => open({ kind: 'drain', label: withoutDots(drain) })}
        >
          {drain}
        </ActButton>
      )}
      {dryRun !== null && (
        // Not taken away while a sweep is followed: that would throw the focus out of the card.
        <ActButton
          needs="operator"
          className="quiet"
          aria-disabled={underWay}
          onClick={() => !underWay && ask({ dryRun: true, expected: null, actor })}
        >
          <Eye aria-hidden="true" className="size-4" />
          {dryRun}
        </ActButton>
      )}
    </>
  );
}
