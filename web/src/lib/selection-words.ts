import type { Orphan } from '../../../server/api/orphans.ts';
import { number } from './count.ts';

export interface SelectionFacts {
  readonly chosen: number;
  /** Of them, not on the page that is shown. */
  readonly elsewhere: number;
  readonly fresh: number;
  readonly resolved: number;
  /** There may be more that are resolved: not all could be looked up. */
  readonly atLeast: boolean;
  /** Held, or waiting for a person: no sweep takes them. */
  readonly left: number;
}

/** `3 selected · 2 new not shown · 1 is resolved meanwhile` */
export function selectionWords({ chosen, elsewhere, fresh, resolved, atLeast, left }: SelectionFacts): string {
  const is = resolved === 1 && !atLeast ? 'is' : 'are';
  return [
    `${number(chosen)} selected`,
    elsewhere === 0 ? null : `${number(elsewhere)} not on this page`,
    fresh === 0 ? null : `${number(fresh)} new not shown`,
    resolved === 0 ? null : `${atLeast ? 'at least ' : ''}${number(resolved)} ${is} resolved meanwhile`,
    left === 0 ? null : `${number(left)} held or waiting for a person: no sweep takes ${left === 1 ? 'it' : 'them'}`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

const MOST_NAMES = 12;

/** `dev-1, dev-3 and no others.`, so that nobody stops what they did not mean; of many the first, and how many more. */
export function namesOf(orphans: readonly Pick<Orphan, 'workspaceId' | 'workspaceName'>[]): string {
  const names = orphans.map(({ workspaceId, workspaceName }) => workspaceName ?? workspaceId);
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES
    ? `${shown} and ${number(names.length - MOST_NAMES)} more.`
    : `${shown} and no others.`;
}
