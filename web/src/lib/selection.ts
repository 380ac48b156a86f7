import type { Orphan, OrphanListAnswer } from '../../../server/api/orphans.ts';

/** Orphans that a person has chosen, each as it was then; and the lists as they stood, so that none moves meanwhile. */
export interface Selection {
  /** By `keyOf`. */
  readonly chosen: ReadonlyMap<string, Orphan>;
  /** By the query of the list. */
  readonly frozen: ReadonlyMap<string, OrphanListAnswer>;
}

/** A list that is on the screen. */
export interface ShownList {
  readonly query: string;
  readonly answer: OrphanListAnswer;
}

export type SelectionStep =
  | { readonly kind: 'choose' | 'leave'; readonly orphans: readonly Orphan[]; readonly shown: ShownList }
  /** All that match, of every page: `total` as it was when the last of them was fetched. */
  | { readonly kind: 'choose_all'; readonly orphans: readonly Orphan[]; readonly total: number; readonly query: string }
  | { readonly kind: 'freeze'; readonly shown: ShownList }
  | { readonly kind: 'clear' };

export const NOTHING_CHOSEN: Selection = { chosen: new Map(), frozen: new Map() };

/** One of many spells in which an instance was an orphan. */
export function keyOf({ workspaceId, instanceId, firstSeenAt }: Orphan): string {
  return `${workspaceId} ${instanceId} ${firstSeenAt}`;
}

export function selectable({ resolvedAt }: Orphan): boolean {
  return resolvedAt === null;
}

export function stepOf(selection: Selection, step: SelectionStep): Selection {
  switch (step.kind) {
    case 'choose':
      return withFrozen({ ...selection, chosen: withAll(selection.chosen, step.orphans) }, step.shown);
    case 'leave': {
      const gone = new Set(step.orphans.map(keyOf));
      const chosen = new Map([...selection.chosen].filter(([key]) => !gone.has(key)));
      return chosen.size === 0 ? NOTHING_CHOSEN : withFrozen({ ...selection, chosen }, step.shown);
    }
    case 'choose_all': {
      const answer = selection.frozen.get(step.query);
      const frozen = new Map(selection.frozen);
      if (answer !== undefined) frozen.set(step.query, { ...answer, total: step.total });
      return { chosen: withAll(selection.chosen, step.orphans), frozen };
    }
    case 'freeze':
      return selection.chosen.size === 0 ? selection : withFrozen(selection, step.shown);
    case 'clear':
      return NOTHING_CHOSEN;
  }
}

function withAll(chosen: Selection['chosen'], orphans: readonly Orphan[]): Selection['chosen'] {
  return new Map([...chosen, ...orphans.filter(selectable).map((orphan) => [keyOf(orphan), orphan] as const)]);
}

/** What is frozen stays as it is. */
function withFrozen(selection: Selection, { query, answer }: ShownList): Selection {
  if (selection.frozen.has(query)) return selection;
  return { ...selection, frozen: new Map([...selection.frozen, [query, answer]]) };
}
