import { Hand } from 'lucide-react';
import { useDialog } from '../hooks/useDialog.ts';
import { pageOf, type SelectedOrphans } from '../hooks/useSelection.ts';
import { useSweepChosen } from '../hooks/useSweepChosen.ts';
import { number } from '../lib/count.ts';
import { keyOf } from '../lib/selection.ts';
import { selectionWords } from '../lib/selection-words.ts';
import { ActButton } from './ActButton.tsx';
import { SelectAllMatching } from './SelectAllMatching.tsx';
import { WhyNot } from './WhyNot.tsx';

interface SelectionBarProps {
  readonly selected: SelectedOrphans;
  /** What became of a sweep is told elsewhere on the page by now. */
  readonly onTold: () => void;
}

/** What can be done with what is selected: at the bottom, clear of the phone's gesture area. */
export function SelectionBar({ selected, onTold }: SelectionBarProps) {
  const { chosen, fresh, resolved } = selected;
  const { scope, offer, asking, press } = useSweepChosen(selected, onTold);
  const { open } = useDialog();
  if (chosen.size === 0) return null;
  const left = [...chosen.values()].filter((orphan) => !resolved.keys.has(keyOf(orphan)));
  const words = selectionWords({
    chosen: chosen.size,
    elsewhere: chosen.size - pageOf(selected).here,
    fresh,
    resolved: chosen.size - left.length,
    atLeast: resolved.atLeast,
    left: left.length - scope.orphans.length,
  });
  return (
    <section
      aria-label="Selected orphans"
      data-selection-bar
      className="fixed inset-x-0 bottom-0 z-10 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] shadow-lg print:hidden"
    >
      <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-4 gap-y-1 px-4 pt-2 pb-3">
        <div className="flex min-w-0 flex-1 basis-80 flex-wrap items-center gap-x-3">
          <p className="min-w-0 font-semibold break-words">{words}</p>
          <button type="button" className="quiet" onClick={selected.clear}>
            Clear selection
          </button>
          <SelectAllMatching selected={selected} />
          {scope.orphans.length > 0 && 'why' in offer && (
            <p className="w-full text-sm break-words">
              <strong>No sweep now.</strong> {offer.why}.
            </p>
          )}
          {left.length > 0 && <WhyNot needs={['operator']} look="w-full pb-1" />}
        </div>
        <div className="flex flex-wrap gap-2 max-sm:w-full max-sm:*:flex-1 max-sm:*:px-2">
          {left.length > 0 && (
            <ActButton
              needs="operator"
              className="button"
              onClick={() => open({ kind: 'hold_chosen', orphans: left, onDone: selected.clear })}
            >
              <Hand aria-hidden="true" className="size-4" />
              Hold {number(left.length)}…
            </ActButton>
          )}
          {scope.orphans.length > 0 && 'label' in offer && (
            <ActButton
              needs="operator"
              className="button button-primary"
              aria-busy={asking}
              onClick={() => press(offer)}
            >
              {asking ? 'Asking…' : offer.label}
            </ActButton>
          )}
        </div>
      </div>
    </section>
  );
}
