import { createContext, useContext } from 'react';
import type { Orphan } from '../../../server/api/orphans.ts';
import type { ApiToken } from '../../../server/api/tokens.ts';
import type { SweepScope } from '../lib/sweep-chosen.ts';

/** Orphans that were chosen to be swept. */
export interface SweepChosen {
  readonly kind: 'sweep_chosen';
  readonly scope: SweepScope;
  readonly drain: boolean;
  readonly dryRun: boolean;
  /** Known of by then, and not chosen. */
  readonly notIncluded: number;
  /** How many there are after all: it was refused for that. Null: it was not. */
  readonly found: number | null;
  /** The server has accepted it. */
  readonly onDone: () => void;
}

/** The only time that it can be read. */
export interface CreatedToken {
  readonly name: string;
  readonly token: string;
}

/** What a dialog is about, as it was when it was asked for. */
export type DialogRequest =
  | { readonly kind: 'sweep' | 'drain'; readonly label: string }
  | { readonly kind: 'pause' | 'resume' | 'release' | 'keys' | 'name' }
  | { readonly kind: 'try_now' | 'hold' | 'end_hold' | 'acknowledge'; readonly orphans: readonly Orphan[] }
  | {
      readonly kind: 'after_dry_run';
      readonly label: string;
      readonly orphans: number;
      readonly workspaceIds: readonly string[];
    }
  | SweepChosen
  | { readonly kind: 'hold_chosen'; readonly orphans: readonly Orphan[]; readonly onDone: () => void }
  | { readonly kind: 'cancel'; readonly sweepId: string }
  | { readonly kind: 'create_token'; readonly onCreated: (created: CreatedToken) => void }
  | { readonly kind: 'revoke_token'; readonly token: ApiToken };

export interface DialogHost {
  /** Whatever was open before is closed. */
  open(request: DialogRequest): void;
}

export const DialogContext = createContext<DialogHost | null>(null);

export function useDialog(): DialogHost {
  const host = useContext(DialogContext);
  if (host === null) throw new Error('useDialog is called outside DialogProvider');
  return host;
}
