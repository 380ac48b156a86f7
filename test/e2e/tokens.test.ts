import { describe, expect, it } from 'vitest';
import type { Role } from '../../server/sweep/outcome.ts';
import type { Program } from '../support/process.ts';
import { dialogOn, doIt, pressIn } from './support/dialog.ts';
import { handOf } from './support/hand.ts';
import { type Device, type OpenPage, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { BEHIND_PROXY, signIn } from './support/signed-in.ts';

const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600' };
const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

async function settingsOf(served: ServedWorld, who: Role | null, device: Device = 'desktop', theme: Theme = 'light') {
  const opened = await openPage(served.origin, { device, theme });
  if (who !== null) await signIn(opened.page, 'anna@example.com', who);
  await opened.page.goto('/settings');
  const section = opened.page.getByRole('region', { name: 'API tokens' });
  await section.waitFor();
  return { ...opened, section };
}

/** @returns the token, which is shown this once */
async function giveOut({ page }: Pick<OpenPage, 'page'>, name: string, role: RegExp): Promise<string> {
  await page.getByRole('button', { name: 'Give out a token…' }).click();
  await dialogOn(page).getByLabel('What it is for').fill(name);
  await dialogOn(page).getByRole('radio', { name: role }).check();
  await doIt(page, handOf(page, 'pointer'));
  return page
    .getByRole('region', { name: `The token ${name}` })
    .locator('code')
    .innerText();
}

function withToken(program: Program, token: string, path: string, init: RequestInit = {}) {
  return program.call(path, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
}

describe('an admin', () => {
  it.each(SCREENS)('gives out a token, which lets a script in, and revokes it (%s, %s)', async (device, theme) => {
    const served = await createServedWorld();
    const program = await served.start({ ...BEHIND_PROXY, ...SELDOM });
    const opened = await settingsOf(served, 'admin', device, theme);
    const { page, section } = opened;
    await section.getByText('None is given out.').waitFor();
    await section.getByRole('button', { name: 'Give out a token…' }).click();
    await dialogOn(page).getByText('As anna@example.com').waitFor();
    expect(await dialogOn(page).getByLabel('Expires after how many days').inputValue()).toBe('90');
    expect(
      await dialogOn(page)
        .getByRole('radio', { name: /^Viewer/ })
        .isChecked(),
    ).toBe(true);
    await screenshot(opened, 'token-dialog');
    await expectReadable(opened);
    await page.keyboard.press('Escape');

    const token = await giveOut(opened, 'nightly report', /^Operator/);
    expect(token).toMatch(/^sweeper_\S{43}$/);
    await section.getByText('it is shown only now, and kept nowhere').waitFor();
    await expect
      .poll(() => section.getByRole('listitem').innerText())
      .toMatch(/nightly report\s+operator\s+Given out by anna@example\.com, .*\s+Expires in .*never used/);
    await screenshot(opened, 'token-given-out');
    await expectReadable(opened);

    expect((await withToken(program, token, '/api/sweeps', { method: 'POST', body: '{}' })).status).toBe(202);
    await expect.poll(() => section.getByRole('listitem').innerText()).toMatch(/last used /);
    await section.getByRole('button', { name: 'I have it' }).click();
    expect(await page.locator('body').innerText()).not.toContain(token);

    await section.getByRole('button', { name: 'Revoke nightly report…' }).click();
    expect(await dialogOn(page).innerText()).toMatch(/Role operator, last used .*\s+Whatever calls with it is refused/);
    await screenshot(opened, 'token-revoke');
    await expectReadable(opened);
    await doIt(page, handOf(page, 'pointer'));
    await section.getByText('None is given out.').waitFor();
    expect((await withToken(program, token, '/api/status')).status).toBe(401);

    await page.goto('/activity');
    const lines = page.locator('main [data-line]');
    await expect.poll(() => lines.count()).toBe(3);
    const [revoked, swept, created] = await lines.allInnerTexts();
    expect(revoked).toMatch(/anna@example\.com\s+Revoked an API token\s+nightly report/);
    expect(swept).toMatch(/nightly report\s+Swept/);
    expect(created).toMatch(/anna@example\.com\s+Gave out an API token\s+nightly report/);
    await screenshot(opened, 'token-activity');
  });

  it('is told that a name is taken, and that a token has expired', async () => {
    const served = await createServedWorld();
    await served.start({ ...BEHIND_PROXY, ...SELDOM });
    const opened = await settingsOf(served, 'admin');
    const { page, section, recording } = opened;
    await giveOut(opened, 'nightly', /^Viewer/);
    await section.getByRole('button', { name: 'Give out a token…' }).click();
    await dialogOn(page).getByLabel('What it is for').fill('nightly');
    recording.expectStatus(409);
    await pressIn(dialogOn(page)).click();
    await expect
      .poll(() => dialogOn(page).getByRole('alert').innerText())
      .toBe('Not done. There is a token "nightly" already: revoke it first.');
    await page.keyboard.press('Escape');
    await served.world.home.query(`update sweeper.api_tokens set expires_at = now() - interval '1 minute'`);
    await expect.poll(() => section.getByRole('listitem').innerText()).toMatch(/nightly\s+viewer\s+Expired\s/);
  });
});

describe('others', () => {
  it.each(['viewer', 'operator'] as const)('read in one sentence that tokens are not theirs (%s)', async (role) => {
    const served = await createServedWorld();
    await served.start({ ...BEHIND_PROXY, ...SELDOM });
    const { section } = await settingsOf(served, role);
    expect(await section.innerText()).toMatch(
      /With these scripts sign in\. You may look.*: this needs the role admin\.$/,
    );
    expect(await section.getByRole('button').count()).toBe(0);
  });

  it('where nobody has to sign in, say who they are, and read what a token is good for', async () => {
    const served = await createServedWorld();
    await served.start(SELDOM);
    const opened = await settingsOf(served, null);
    const { page, section } = opened;
    await section.getByText('Nobody has to sign in here: a token only says who did something.').waitFor();
    await section.getByRole('button', { name: 'Give out a token…' }).click();
    await dialogOn(page).getByLabel('What it is for').fill('nightly');
    await dialogOn(page).getByLabel('Your name').fill('Anna');
    await doIt(page, handOf(page, 'pointer'));
    await expect.poll(() => section.getByRole('listitem').innerText()).toMatch(/Given out by Anna, /);
  });
});
