import { HISTORY_WINDOWS, type HistoryWindow } from '../../../server/sweep/outcome.ts';

/** What the address of the first page may ask for. */
export interface NowSearch {
  /** Of the chart. Left out where it is the one that is meant without it. */
  readonly window?: Exclude<HistoryWindow, '24h'>;
}

/** The rest of an address is ignored, and so is what nobody knows. */
export function nowSearch(search: Readonly<Record<string, unknown>>): NowSearch {
  const window = HISTORY_WINDOWS.filter((known) => known !== '24h').find((known) => known === search['window']);
  return window === undefined ? {} : { window };
}
