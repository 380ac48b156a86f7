import type { Page } from 'playwright-core';
import type { Role } from '../../../server/sweep/outcome.ts';
import type { Program } from '../../support/process.ts';

/** Settings of a server behind a proxy that says who is signed in: here each request says so itself, in its place. */
export const BEHIND_PROXY = {
  TRUSTED_USER_HEADER: 'X-Forwarded-User',
  TRUSTED_GROUPS_HEADER: 'X-Forwarded-Groups',
  TRUSTED_PROXY: '127.0.0.1',
};

/** @param group `viewer`, `operator` and `admin` have a role unless ROLE_* say otherwise */
function headersOf(name: string, group: Role | 'nobody'): Record<string, string> {
  return { 'x-forwarded-user': name, 'x-forwarded-groups': group };
}

/** From now on the page is looked at by this person. */
export function signIn(page: Page, name: string, group: Role | 'nobody'): Promise<void> {
  return page.setExtraHTTPHeaders(headersOf(name, group));
}

/** From now on the proxy says nothing: nobody is signed in. */
export function signOut(page: Page): Promise<void> {
  return page.setExtraHTTPHeaders({});
}

/** The program, as this person calls it. */
export function calledBy(program: Program, name: string, role: Role): Program {
  const call: Program['call'] = (path, init = {}) =>
    program.call(path, {
      ...init,
      headers: { ...headersOf(name, role), ...Object.fromEntries(new Headers(init.headers)) },
    });
  return { ...program, call };
}
