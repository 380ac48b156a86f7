import type { AuditEntry } from '../../../server/api/audit.ts';
import type { AuditAction } from '../../../server/sweep/outcome.ts';

/** What people read for each act; in the past, for it is a record. */
export const ACTION_WORDS: Readonly<Record<AuditAction, string>> = {
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
  test_notifications: 'Sent a test message',
};

type About = 'workspace' | 'sweep' | 'all';

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
  test_notifications: 'all',
};

/** What an entry is about and leads to; null: sweeping as a whole, or what never came to be. */
export function targetOf({ action, target }: AuditEntry): { readonly kind: 'workspace' | 'sweep'; id: string } | null {
  const about = ABOUT[action];
  return target === null || about === 'all' ? null : { kind: about, id: target };
}

/** Who it was; an entry without an address was made by the program. */
export function actorWords({ actor, verified, address }: AuditEntry): string {
  if (address === null && actor === null) return 'By itself';
  if (actor === null) return `Somebody at ${address}`;
  return verified ? actor : `${actor} (unverified)`;
}
