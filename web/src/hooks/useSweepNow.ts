import { createContext, useContext } from 'react';
import type { Sweep } from '../../../server/api/sweeps.ts';
import type { SweepOrder } from '../changes.ts';

/** Where the sweep is that was asked for on this page. */
export type Asked =
  | { readonly stage: 'none' }
  | { readonly stage: 'asking'; readonly order: SweepOrder }
  | { readonly stage: 'refused'; readonly message: string }
  /** It may have begun. `sinceMs`: when it was asked for, by the server's clock. */
  | { readonly stage: 'not_known'; readonly message: string; readonly order: SweepOrder; readonly sinceMs: number }
  | {
      readonly stage: 'following';
      readonly sweepId: string;
      readonly joined: boolean;
      readonly sweep: Sweep | null;
      readonly notIncluded: number;
    };

export interface SweepNow {
  readonly asked: Asked;
  /**
   * Pressed twice it joins: the server sees to that. A refusal is told in the page.
   *
   * @returns why it is not known to have begun; null: it has
   */
  ask(order: SweepOrder): Promise<unknown>;
  /** The same for whoever tells of a refusal where it was met. @throws ApiError */
  begin(order: SweepOrder): Promise<void>;
  dismiss(): void;
}

export const SweepNowContext = createContext<SweepNow | null>(null);

export function useSweepNow(): SweepNow {
  const sweepNow = useContext(SweepNowContext);
  if (sweepNow === null) throw new Error('useSweepNow is called outside SweepNowProvider');
  return sweepNow;
}
