/** How big the benchmark is. */
export interface Scale {
  /** Rows of the platform's table. */
  readonly rows: number;
  /** Orphans of a sweep; the published algorithm takes 100 at most. */
  readonly orphans: number;
  readonly stopMs: number;
  /** Counted runs of each; one more before them is not. */
  readonly runs: number;
  readonly widths: readonly number[];
  /** Orphans in the inventory when its pages are asked for. */
  readonly listed: number;
  /** The page that is far away, at 50 a page. */
  readonly farPage: number;
}

export const FULL: Scale = {
  rows: 1_000_000,
  orphans: 100,
  stopMs: 50,
  runs: 5,
  widths: [10, 20],
  listed: 100_000,
  farPage: 1_000,
};

/** Quick, and for mistakes only: its figures mean nothing. */
export const SMALL: Scale = {
  rows: 4_000,
  orphans: 15,
  stopMs: 5,
  runs: 1,
  widths: [4],
  listed: 400,
  farPage: 5,
};
