import {
  CAUSE_KEY,
  FAILURE_CLASSES,
  type FailureClass,
  ORPHAN_SORTS,
  ORPHAN_STATES,
  type OrphanSort,
  type OrphanState,
  WHYS,
  type Why,
} from '../../../server/sweep/outcome.ts';

/** What the address of the list of orphans may ask for. */
export interface OrphanSearch {
  readonly state?: OrphanState;
  readonly class?: FailureClass;
  readonly why?: Why;
  /** The key of a cause. */
  readonly cause?: string;
  /** Part of a name or an id. */
  readonly q?: string;
  /** Left out where it is the one that is meant without it. */
  readonly sort?: Exclude<OrphanSort, 'urgent'>;
  /** The cursor behind which the page begins. */
  readonly after?: string;
}

type Search = Readonly<Record<string, unknown>>;
/** What a person chooses anew; empty: without it. */
export type SearchChange = Readonly<Partial<Record<keyof OrphanSearch, string>>>;

export const ORPHANS_SHOWN = 50;
const LONGEST_TEXT = 200;
const LONGEST_CURSOR = 2_000;
const NARROWING = ['state', 'class', 'why', 'cause'] as const;

/** The rest of an address is ignored, and so is what nobody knows: chats and mail add to what is pasted into them. */
export function orphanSearch(search: Search): OrphanSearch {
  const state = ORPHAN_STATES.find((known) => known === search['state']);
  const failure = FAILURE_CLASSES.find((known) => known === search['class']);
  const why = WHYS.find((known) => known === search['why']);
  const cause = textOf(search['cause']);
  const q = searchText(textOf(search['q']));
  const sort = ORPHAN_SORTS.filter((known) => known !== 'urgent').find((known) => known === search['sort']);
  // Kept whatever it says: who was sent a page that is none is told, and not shown another.
  const after = textOf(search['after']).slice(0, LONGEST_CURSOR);
  return {
    ...(state === undefined ? {} : { state }),
    ...(failure === undefined ? {} : { class: failure }),
    ...(why === undefined ? {} : { why }),
    ...(new RegExp(CAUSE_KEY).test(cause) ? { cause } : {}),
    ...(q === '' ? {} : { q }),
    ...(sort === undefined ? {} : { sort }),
    ...(after === '' ? {} : { after }),
  };
}

/** What is looked for, of what was typed: no longer than the server takes it. */
export function searchText(typed: string): string {
  return [...typed.replaceAll('\0', '').trim()].slice(0, LONGEST_TEXT).join('').trimEnd();
}

/** The router reads `17` as a number; written down again it is the same text. */
function textOf(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

/** Another filter or sort begins at its first page. */
export function changedSearch(search: Search, change: SearchChange): OrphanSearch {
  return orphanSearch({ ...search, after: '', ...change });
}

/** How many filters there are, the text aside, which is seen where it is typed. */
export function narrowingCount(search: OrphanSearch): number {
  return NARROWING.filter((name) => search[name] !== undefined).length;
}

/** As the exports take it: all pages. */
export function exportQuery(search: OrphanSearch): string {
  const { after: _page, ...filter } = search;
  return new URLSearchParams(filter).toString();
}

/** As `GET /api/orphans` takes it. */
export function orphanQuery(search: OrphanSearch): string {
  const { after, ...filter } = search;
  const cursor = after === undefined ? {} : { cursor: after };
  return new URLSearchParams({ limit: String(ORPHANS_SHOWN), ...filter, ...cursor }).toString();
}
