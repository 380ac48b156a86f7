import type { Status } from '../../../server/api/status.ts';
import type { Connection } from './connection.ts';
import type { Zone } from './moment.ts';
import { notStopping } from './verdict-not-stopping.ts';
import { orphansVerdict } from './verdict-orphans.ts';
import { withSurge } from './verdict-parts.ts';
import { checking, notAnswering, refused, signedOut } from './verdict-unknown.ts';

export const VERDICT_KINDS = [
  'signed_out',
  'refused',
  'not_answering',
  'checking',
  'home_unreadable',
  'disabled',
  'brake',
  'late',
  'platform_failing',
  'not_known',
  'paused',
  'dry_run',
  'control_plane_failing',
  'stuck',
  'retrying',
  'waiting',
  'held',
  'unconfirmed',
  'clear',
  'unknown',
] as const;
export type VerdictKind = (typeof VERDICT_KINDS)[number];

/** bad: needs a person now. warn: heals by itself. info: as intended. ok: nothing leaks. unknown: cannot be said. */
export type Tone = 'bad' | 'warn' | 'info' | 'ok' | 'unknown';

/** What one can press. */
export type Action =
  | { readonly kind: 'reload' | 'sign_in' | 'settings'; readonly label: string }
  | { readonly kind: 'resume' | 'release'; readonly label: string }
  | { readonly kind: 'runbook'; readonly label: string; readonly about: VerdictKind }
  | { readonly kind: 'show'; readonly label: string; readonly state: 'stuck' | 'held' | 'cleared' | null }
  | {
      readonly kind: 'sweep';
      readonly label: string;
      readonly dryRun: boolean;
      /** Always in a dialog first, however few there are. */
      readonly asksFirst: boolean;
    };

export interface Verdict {
  readonly kind: VerdictKind;
  readonly tone: Tone;
  readonly headline: string;
  readonly detail: string | null;
  /** The headline without what changes by itself as time goes on: spoken when it changes, and not every second. */
  readonly spoken: string;
  readonly primary: Action | null;
  readonly secondary: Action | null;
}

export interface VerdictInput {
  readonly connection: Connection;
  /** While it is `refused`: the server's sentence. */
  readonly refusal: string | null;
  /** The last that was known; null: nothing yet. */
  readonly status: Status | null;
  /** The server's clock, by its last answer and the time since. */
  readonly nowMs: number;
  readonly zone: Zone;
  /** SWEEP_LIMIT; null while it is not known. */
  readonly sweepLimit: number | null;
  /** RUNBOOK_URL is set. Without one the settings are the nearest thing to it: they name what leads where. */
  readonly hasRunbook: boolean;
}

/** The one thing to know and the one thing to press. The first row that holds wins. */
export function verdictOf(input: VerdictInput): Verdict {
  const { connection, status } = input;
  if (connection === 'signed_out') return signedOut(input);
  if (connection === 'refused') return refused(input);
  if (connection === 'not_answering' || connection === 'offline') return notAnswering(input);
  if (status === null || connection === 'checking') return checking(input);
  return withSurge(notStopping(input, status) ?? orphansVerdict(input, status), status);
}
