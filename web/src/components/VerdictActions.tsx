import { useVerdictInput } from '../hooks/useVerdict.ts';
import { neededBy } from '../lib/may.ts';
import { canSteer, steeringOf } from '../lib/steering.ts';
import type { Verdict } from '../lib/verdict.ts';
import { ActionButton } from './ActionButton.tsx';
import { LastSweep } from './LastSweep.tsx';
import { SteeringButtons } from './SteeringButtons.tsx';
import { WhyNot } from './WhyNot.tsx';

/** Beside the verdict: the last sweep, and all that can be pressed. */
export function VerdictActions({ verdict }: { readonly verdict: Verdict }) {
  const { primary, secondary } = verdict;
  const needs = neededBy(verdict);
  const steers = canSteer(steeringOf(useVerdictInput()));
  // On a phone the bar at the bottom says it of its own buttons.
  const saidInBar = needs.some((role) => role !== 'viewer');
  return (
    <div className="flex flex-col items-stretch gap-3 max-lg:w-full sm:items-end">
      <div className="flex flex-wrap items-center gap-x-4 max-sm:gap-x-6 sm:justify-end">
        <div className="min-w-0 max-sm:w-full">
          <LastSweep />
        </div>
        <SteeringButtons />
      </div>
      <WhyNot
        needs={steers ? [...needs, 'operator'] : needs}
        look={`sm:text-right ${saidInBar ? 'max-sm:hidden' : ''}`}
      />
      {/* On a phone the actions stand in a bar at the bottom. */}
      <div className="hidden flex-wrap justify-end gap-2 sm:flex">
        {secondary !== null && <ActionButton action={secondary} primary={false} />}
        {primary !== null && <ActionButton action={primary} primary />}
      </div>
    </div>
  );
}
