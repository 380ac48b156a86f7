import { ROLES, type Role } from '../sweep/outcome.ts';

/** Whether a role includes another. */
export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** For each role the names that have it: groups, values of a claim, or `*` for everybody who is signed in. */
export type RoleNames = Readonly<Record<Role, readonly string[]>>;

/** The highest role that one of somebody's groups has; null: none of them has any. */
export function roleOf(groups: readonly string[], names: RoleNames): Role | null {
  const has = (role: Role) => names[role].some((name) => name === '*' || groups.includes(name));
  return ROLES.findLast(has) ?? null;
}
