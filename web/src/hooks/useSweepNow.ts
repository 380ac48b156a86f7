import { createContext, useContext } from 'react';
import type { Sweep } from '../../../server/api/sweeps.ts';

/** Where the sweep is that was asked for on this page. */
export type Asked =
  | { readonly stage: 'none' }
  | { readonly stage: 'asking' }
  | { readonly stage: 'refused'; readonly message: string }
  | { readonly stage: 'following'; readonly sweepId: string; readonly joined: boolean; readonly sweep: Sweep | null };

export interface SweepNow {
  readonly asked: Asked;
  /** Pressed twice it joins: the server sees to that. */
  ask(dryRun: boolean, expected: number | null): void;
  dismiss(): void;
}

export const SweepNowContext = createContext<SweepNow | null>(null);

export function useSweepNow(): SweepNow {
  const sweepNow = useContext(SweepNowContext);
  if (sweepNow === null) throw new Error('useSweepNow is called outside SweepNowProvider');
  return sweepNow;
}
