import type { ReactNode } from 'react';
import type { Orphan } from '../../../server/api/orphans.ts';

/** How the rows of a list are chosen, for those pages that let them be. */
export interface RowSelection {
  /** Of all on the page. */
  readonly head: ReactNode;
  /** Null: this one cannot be chosen. */
  boxOf(orphan: Orphan): ReactNode;
}
