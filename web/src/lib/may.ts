import type { Status } from '../../../server/api/status.ts';
import { ROLES, type Role } from '../../../server/sweep/outcome.ts';
import type { Action, Verdict } from './verdict.ts';

/** What each may do, beside what those before may. */
const MAY: Readonly<Record<Role, string>> = {
  viewer: 'look',
  operator: 'look, sweep, hold and pause',
  admin: 'do everything',
};

/**
 * Why somebody may not do what needs this role, in one sentence; null: they may. The server decides: this only says so
 * before it is pressed.
 */
export function whyNotOf(status: Pick<Status, 'you'> | null, needed: Role): string | null {
  if (status === null || ROLES.indexOf(status.you.role) >= ROLES.indexOf(needed)) return null;
  const { role } = status.you;
  return `You may ${MAY[role]} (${role}): this needs the role ${needed}.`;
}

/** What the verdict's actions need. */
export function neededFor({ kind }: Action): Role {
  switch (kind) {
    case 'release':
      return 'admin';
    case 'resume':
    case 'sweep':
      return 'operator';
    case 'reload':
    case 'sign_in':
    case 'settings':
    case 'runbook':
    case 'show':
      return 'viewer';
  }
}

/** What all that the verdict says to press needs, the most important first. */
export function neededBy({ primary, secondary }: Pick<Verdict, 'primary' | 'secondary'>): readonly Role[] {
  return [primary, secondary].filter((action) => action !== null).map(neededFor);
}
