import { afterOf } from './sweep-search.ts';

/** What the address of the activity may ask for. */
export interface ActivitySearch {
  /** The cursor behind which the page begins. */
  readonly after?: string;
}

/** The rest of an address is ignored. */
export function activitySearch(search: Readonly<Record<string, unknown>>): ActivitySearch {
  return afterOf(search);
}
