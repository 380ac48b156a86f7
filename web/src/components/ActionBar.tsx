import { useVerdict } from '../hooks/useVerdict.ts';
import { neededBy } from '../lib/may.ts';
import { ActionButton } from './ActionButton.tsx';
import { WhyNot } from './WhyNot.tsx';

/** On a phone: what to press, under the thumb and clear of the gesture area; one above the other where it is long. */
export function ActionBar() {
  const verdict = useVerdict();
  const { primary, secondary } = verdict;
  if (primary === null && secondary === null) return null;
  return (
    <div className="fixed inset-x-0 bottom-0 z-10 border-t border-line bg-surface px-4 pt-2 pb-[calc(0.75rem+env(safe-area-inset-bottom))] sm:hidden print:hidden">
      <WhyNot needs={neededBy(verdict)} look="pb-2" />
      <div className="flex flex-wrap gap-2 *:w-auto *:flex-1 *:px-2">
        {secondary !== null && <ActionButton action={secondary} primary={false} />}
        {primary !== null && <ActionButton action={primary} primary />}
      </div>
    </div>
  );
}
