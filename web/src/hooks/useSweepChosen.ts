import { ApiError } from '../api.ts';
import { type SweepOffer, type SweepScope, scopeOf, sweepOffer } from '../lib/sweep-chosen.ts';
import { useActor } from './useActor.ts';
import { useDialog } from './useDialog.ts';
import { pageOf, type SelectedOrphans } from './useSelection.ts';
import { useSweepNow } from './useSweepNow.ts';
import { useVerdictInput } from './useVerdict.ts';

export interface SweepOfChosen {
  readonly scope: SweepScope;
  readonly offer: SweepOffer | { readonly why: string };
  readonly asking: boolean;
  press(offer: SweepOffer): void;
}

/**
 * Sweeps what is selected. A workspace goes whole: it says how many it expects, so that it is refused, and asked about,
 * where a workspace has another one that nobody chose.
 *
 * @param onTold what became of it is told in the report of the sweep
 */
export function useSweepChosen(selected: SelectedOrphans, onTold: () => void): SweepOfChosen {
  const { chosen, fresh, resolved } = selected;
  const { asked, ask, dismiss } = useSweepNow();
  const { open } = useDialog();
  const { actor } = useActor();
  const scope = scopeOf([...chosen.values()], resolved.keys);
  const across = chosen.size > pageOf(selected).here;
  const onDone = (): void => {
    selected.clear();
    onTold();
  };
  const openDialog = ({ drain, dryRun }: SweepOffer, found: number | null): void =>
    open({ kind: 'sweep_chosen', scope, drain, dryRun, notIncluded: fresh, found, onDone });

  const sweep = async (offer: SweepOffer): Promise<void> => {
    const { workspaceIds, expected } = scope;
    const { dryRun, drain } = offer;
    const error = await ask({ workspaceIds, expected, dryRun, drain, actor, notIncluded: fresh });
    if (error === null) return onDone();
    if (!(error instanceof ApiError) || error.code !== 'expected_mismatch') return onTold();
    dismiss();
    openDialog(offer, error.orphans);
  };
  const asking = asked.stage === 'asking';
  return {
    scope,
    offer: sweepOffer(useVerdictInput(), scope, across),
    asking,
    press(offer) {
      if (asking) return;
      if (offer.asksFirst) openDialog(offer, null);
      else void sweep(offer);
    },
  };
}
