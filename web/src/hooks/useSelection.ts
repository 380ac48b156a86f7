import { useEffect, useReducer } from 'react';
import type { Orphan, OrphanListAnswer } from '../../../server/api/orphans.ts';
import { keyOf, NOTHING_CHOSEN, type Selection, type SelectionStep, selectable, stepOf } from '../lib/selection.ts';
import { missingFrom, newSince } from '../lib/selection-news.ts';
import { type Resolved, useResolved } from './useResolved.ts';

export interface SelectedOrphans {
  /** What the page shows: while something is chosen, the list as it was. */
  readonly list: OrphanListAnswer | undefined;
  readonly query: string;
  readonly chosen: Selection['chosen'];
  /** Known by now, and not shown. */
  readonly fresh: number;
  readonly resolved: Resolved;
  toggle(orphans: readonly Orphan[], chosen: boolean): void;
  chooseAll(orphans: readonly Orphan[], total: number): void;
  clear(): void;
}

/** @param live the last answer to `query`, which goes on being asked for */
export function useSelection(query: string, live: OrphanListAnswer | undefined): SelectedOrphans {
  const [selection, step] = useReducer<Selection, [SelectionStep]>(stepOf, NOTHING_CHOSEN);
  const { chosen } = selection;
  const frozen = chosen.size === 0 ? undefined : selection.frozen.get(query);
  useEffect(() => {
    if (chosen.size > 0 && live !== undefined) step({ kind: 'freeze', shown: { query, answer: live } });
  }, [chosen.size, live, query]);
  const compared = frozen === undefined || live === undefined ? null : { frozen, live };
  const missing = compared === null ? [] : missingFrom(compared.frozen, compared.live, chosen);
  const list = frozen ?? live;
  return {
    list,
    query,
    chosen,
    fresh: compared === null ? 0 : newSince(compared.frozen, compared.live, chosen),
    resolved: useResolved(missing),
    toggle(orphans, choose) {
      if (list === undefined) return;
      step({ kind: choose ? 'choose' : 'leave', orphans, shown: { query, answer: list } });
    },
    chooseAll: (orphans, total) => step({ kind: 'choose_all', orphans, total, query }),
    clear: () => step({ kind: 'clear' }),
  };
}

/** Of the page that is shown, those that can be chosen; and how many of them are. */
export function pageOf({ list, chosen }: Pick<SelectedOrphans, 'list' | 'chosen'>) {
  const orphans = (list?.items ?? []).filter(selectable);
  return { orphans, here: orphans.filter((orphan) => chosen.has(keyOf(orphan))).length };
}
