import type { AuditEntry } from '../../../server/api/audit.ts';
import type { AuditAction } from '../../../server/sweep/outcome.ts';
import { named } from './named.ts';

/** What people read for each act; in the past, for it is a record. */
const ACTION_WORDS: Readonly<Record<AuditAction, string>> = {
  sweep: 'Swept',
  dry_run: 'Ran a dry run',
  drain: 'Swept all',
  cancel: 'Cancelled a sweep',
  hold: 'Held',
  end_hold: 'Ended the hold',
  hold_expired: 'Hold ended by itself',
  acknowledge: 'Acknowledged',
  pause: 'Paused sweeping',
  resume: 'Resumed sweeping',
  pause_expired: 'Pause ended by itself',
  brake_latched: 'Safety brake latched',
  release_brake: 'Released the safety brake',
  sign_in: 'Signed in',
  sign_out: 'Signed out',
  create_token: 'Gave out an API token',
  revoke_token: 'Revoked an API token',
  test_notifications: 'Sent a test message',
};

type About = 'workspace' | 'sweep' | 'token' | 'all';

const ABOUT: Readonly<Record<AuditAction, About>> = {
  sweep: 'sweep',
  dry_run: 'sweep',
  drain: 'sweep',
  cancel: 'sweep',
  hold: 'workspace',
  end_hold: 'workspace',
  hold_expired: 'workspace',
  acknowledge: 'workspace',
  pause: 'all',
  resume: 'all',
  pause_expired: 'all',
  brake_latched: 'all',
  release_brake: 'all',
  sign_in: 'all',
  sign_out: 'all',
  create_token: 'token',
  revoke_token: 'token',
  test_notifications: 'all',
};

export interface Target {
  /** Workspaces and sweeps are led to; a token is only named. */
  readonly kind: Exclude<About, 'all'>;
  readonly id: string;
}

/** What an entry is about; null: sweeping as a whole, a person, or what never came to be. */
export function targetOf({ action, target }: AuditEntry): Target | null {
  const about = ABOUT[action];
  return target === null || about === 'all' ? null : { kind: about, id: target };
}

/** What was done, or would have been. */
export function actWords({ action, refused }: Pick<AuditEntry, 'action' | 'refused'>): string {
  const words = ACTION_WORDS[action];
  return refused === null ? words : `Refused: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
}

/** Who it was; an entry without an address was made by the program. */
export function actorWords({ actor, verified, address }: AuditEntry): string {
  if (address === null && actor === null) return 'By itself';
  if (actor === null) return `Somebody at ${address}`;
  return named(actor, verified);
}
