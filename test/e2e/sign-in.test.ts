import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hashOf, newSessionSecret } from '../../server/access/credential.ts';
import { SESSION_COOKIE } from '../../server/api/access.ts';
import type { Role } from '../../server/sweep/outcome.ts';
import { CLIENT, startOpenIdProvider } from '../support/openid-provider.ts';
import { listedOn, PRIMARY, primaryOf, verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectSilence, expectToAsk } from './support/page-clock.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { BEHIND_PROXY, calledBy, signIn, signOut } from './support/signed-in.ts';
import { sweptAtStart } from './support/sweeps.ts';

const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600' };
const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  await served.world.leak('dev-7');
  served.world.controlPlane.failAll({ kind: 'status', status: 500, on: 'stop' });
});

async function startBehindProxy(): Promise<void> {
  const program = await served.start({ ...BEHIND_PROXY, ...SELDOM });
  await sweptAtStart(calledBy(program, 'ben@example.com', 'operator'));
}

/** People sign in with a provider, which is asked for nothing here: sessions are begun in the database. */
async function startWithProvider(): Promise<void> {
  await served.start({
    ...SELDOM,
    PUBLIC_URL: served.origin,
    OIDC_ISSUER: 'http://127.0.0.1:9/',
    OIDC_CLIENT_ID: 'sweeper',
  });
}

/** As if this person had come back from the provider. */
async function beginSession(page: Page, name: string, role: Role): Promise<void> {
  const secret = newSessionSecret();
  await served.world.home.query(
    `insert into sweeper.sessions (hash, tenant, name, role, expires_at)
     values ($1, 'default', $2, $3, now() + interval '1 hour')`,
    [hashOf(secret), name, role],
  );
  const attributes = { httpOnly: true, sameSite: 'Lax' } as const;
  await page.context().addCookies([{ name: SESSION_COOKIE, value: secret, url: served.origin, ...attributes }]);
}

/** The pages of the provider take their letters from there. */
const FONTS = 'https://fonts.googleapis.com';

it('with a real OpenID provider: in, with the role of the groups, to where one wanted to go; out; and in again', async () => {
  const provider = await startOpenIdProvider(`${served.origin}/auth/callback`);
  onTestFinished(() => provider.close());
  provider.groups('operator');
  await served.start({
    ...SELDOM,
    PUBLIC_URL: served.origin,
    ...{ OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
  });
  const opened = await openPage(served.origin);
  const { page, recording } = opened;
  recording.expectStatus(401);
  recording.expectElsewhere(provider.issuer, FONTS);
  await page.route(`${FONTS}/**`, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
  await page.goto('/orphans?q=dev-7');
  await page
    .getByRole('link', { name: /^Sign in/ })
    .first()
    .click();
  await page.locator('[name="login"]').fill('anna');
  await page.locator('[name="password"]').fill('any');
  await page.locator('[type="submit"]').click();
  // The provider asks once more, whether this console may know who it is.
  await page.locator('[type="submit"]').click();
  await page.waitForURL(`${served.origin}/orphans?q=dev-7`);
  await page.getByRole('link', { name: 'dev-7' }).first().waitFor();

  await page.getByRole('button', { name: 'Display' }).click();
  await page.getByText('Signed in as anna (operator)').waitFor();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect.poll(() => page.locator('body').innerText()).toContain('Signed out');
  // What was searched for stands in the address still, and nothing that was found.
  expect(await page.getByRole('link', { name: 'dev-7' }).count()).toBe(0);
  await page.goto('/');
  expect(await verdictOf(page, 'signed_out')).toBe('Signed out');

  // It still knows her, and asks nothing.
  await page.locator(PRIMARY).first().click();
  await verdictOf(page, 'retrying');

  // A session that has ended is noticed without a hand: within the ten seconds for which it is remembered, and a poll.
  await served.world.home.query('update sweeper.sessions set expires_at = now()');
  expect(await verdictOf(page, 'signed_out')).toBe('Signed out');
});

describe('behind a proxy that asks for a sign-in itself', () => {
  it('a page that is signed out asks nothing any more and keeps what it knows, until a person signs in again', async () => {
    await startBehindProxy();
    const { page, recording } = await openPage(served.origin);
    const asked = countRequests(page);
    await signIn(page, 'anna@example.com', 'operator');
    await page.clock.install();
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await expectToAsk(page, asked);

    recording.expectStatus(401);
    await signOut(page);
    await expectToAsk(page, asked);
    expect(await verdictOf(page, 'signed_out')).toBe('Signed out');
    await page.waitForLoadState('networkidle');
    await expectSilence(page, asked);
    expect(await listedOn(page)).toBe(1);
    // The server knows of no place to sign in: the page is loaded again, and the proxy asks.
    expect(await primaryOf(page)).toEqual({ words: 'Sign in again', leadsTo: null });

    await signIn(page, 'anna@example.com', 'operator');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await verdictOf(page, 'retrying');
    await expectToAsk(page, asked);
  });

  it.each(SCREENS)(
    'who has no role reads the sentence of the server, and is let in once they have one (%s, %s)',
    async (device, theme) => {
      await startBehindProxy();
      const opened = await openPage(served.origin, { device, theme });
      const { page, recording } = opened;
      recording.expectStatus(403);
      await signIn(page, 'carl@example.com', 'nobody');
      await page.goto('/');
      expect(await verdictOf(page, 'refused')).toMatch(
        /^carl@example\.com is signed in, but has no role here: none of their groups is in ROLE_VIEWER, /,
      );
      expect(await page.locator('body').innerText()).not.toMatch(/not answering/i);
      await screenshot(opened, 'no-role');
      await expectReadable(opened);
      await signIn(page, 'carl@example.com', 'viewer');
      await verdictOf(page, 'retrying');
    },
  );
});

describe('with an OpenID provider', () => {
  it.each(SCREENS)('who comes first sees no data, and the way to sign in (%s, %s)', async (device, theme) => {
    await startWithProvider();
    const opened = await openPage(served.origin, { device, theme });
    const { page, recording } = opened;
    recording.expectStatus(401);
    await page.goto('/');
    expect(await verdictOf(page, 'signed_out')).toBe('Signed out');
    expect(await primaryOf(page)).toEqual({ words: 'Sign in', leadsTo: '/auth/sign-in?return=%2F' });
    expect(await page.locator('body').innerText()).not.toContain('dev-7');
    await screenshot(opened, 'first-visit-signed-out');
    await expectReadable(opened);
  });

  it('the way to sign in leads back to the page and the filter that one was at', async () => {
    await startWithProvider();
    const { page, recording } = await openPage(served.origin);
    const asked = countRequests(page);
    await beginSession(page, 'anna@example.com', 'operator');
    await page.clock.install();
    await page.goto('/orphans?q=dev&state=retrying');
    await page.getByRole('heading', { name: '1 orphan', exact: true }).waitFor();
    recording.expectStatus(401);
    await page.context().clearCookies();
    await expectToAsk(page, asked);
    const again = page.getByRole('link', { name: 'Sign in again' });
    expect(await again.getAttribute('href')).toBe(
      `/auth/sign-in?return=${encodeURIComponent('/orphans?q=dev&state=retrying')}`,
    );
    expect(await page.locator('[data-verdict-line]').innerText()).toBe('Signed out · Sign in again');
    await page.waitForLoadState('networkidle');
    await expectSilence(page, asked);
    expect(await page.locator('main').innerText()).toContain('dev-7');
    expect(page.url()).toBe(`${served.origin}/orphans?q=dev&state=retrying`);
  });

  it('somebody who signs out is signed out on the server, and leaves nothing to be read', async () => {
    await startWithProvider();
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    await beginSession(page, 'anna@example.com', 'operator');
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await expect.poll(() => listedOn(page)).toBe(1);
    const [cookie] = await page.context().cookies();
    await page.getByRole('button', { name: 'Display' }).click();
    await page.getByText('Signed in as anna@example.com (operator)').waitFor();
    await screenshot(opened, 'signed-in-display');
    await expectReadable(opened);
    recording.expectStatus(401);
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    expect(await verdictOf(page, 'signed_out')).toBe('Signed out');
    expect(await page.locator(PRIMARY).getAttribute('href')).toBe('/auth/sign-in?return=%2F');
    expect(await page.locator('body').innerText()).not.toContain('dev-7');
    expect(await page.context().cookies()).toEqual([]);
    const answer = await fetch(`${served.origin}/api/status`, {
      headers: { cookie: `${SESSION_COOKIE}=${cookie?.value}` },
    });
    expect(answer.status).toBe(401);
  });

  it('somebody whose sign-out nobody answered is told that they are still signed in', async () => {
    await startWithProvider();
    const { page, recording } = await openPage(served.origin);
    await beginSession(page, 'anna@example.com', 'operator');
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await page.getByRole('button', { name: 'Display' }).click();
    recording.expectAway();
    await page.route('**/auth/sign-out', (route) => route.abort('connectionrefused'));
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    const item = page.getByRole('menuitem', { name: 'You are still signed in: try again' });
    await item.waitFor();
    expect(await listedOn(page)).toBe(1);
    await page.unrouteAll();
    recording.expectStatus(401);
    await item.click();
    await verdictOf(page, 'signed_out');
  });
});
