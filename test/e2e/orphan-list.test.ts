import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { type By, handOf } from './support/hand.ts';
import { holdAnswers } from './support/hold.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];
const FILTERS = ['State', 'Last error', 'Why it is listed', 'Sorted by'];

let served: ServedWorld;
/** Orphans that differ in all that can be filtered by. */
beforeEach(async () => {
  served = await createServedWorld();
  const fail = async (name: string, status: number) => {
    const { instance_id: instanceId } = await served.world.leak(name);
    served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status });
  };
  await fail('beta-1', 400);
  await fail('beta-2', 409);
  await fail('alpha-17', 409);
  await served.world.leak('cleared');
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600' }));
});

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();
const address = (page: Page) => page.url().slice(served.origin.length);
const field = (page: Page) => page.locator('[data-search]');
const said = (page: Page) => page.locator('main').getByRole('status').innerText();
/** Those that are listed, in their order. */
const listed = (page: Page) =>
  page
    .locator('main a[href^="/orphans/"]')
    .evaluateAll((links) => links.map((link) => /(alpha|beta)-\d+|cleared/.exec(link.textContent ?? '')?.[0]));
const choose = (page: Page, label: string, words: string) => page.getByLabel(label).selectOption({ label: words });

async function unfold(page: Page, device: Device): Promise<void> {
  if (device === 'phone') await page.getByRole('button', { name: /^Filters/ }).click();
}

describe('filters', () => {
  it.each(SCREENS)(
    'stand in the address, one after another, and back takes them away (%s, %s)',
    async (device, theme) => {
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      await page.goto('/orphans');
      await expect.poll(() => heading(page)).toBe('3 orphans');
      for (const label of FILTERS) expect(await page.getByLabel(label).isVisible(), label).toBe(device === 'desktop');
      await unfold(page, device);
      await choose(page, 'Last error', 'Already in progress');
      await expect.poll(() => heading(page)).toBe('2 orphans');
      expect(address(page)).toBe('/orphans?class=in_progress');
      await choose(page, 'Sorted by', 'Name');
      await expect.poll(() => listed(page)).toEqual(['alpha-17', 'beta-2']);
      expect(address(page)).toBe('/orphans?class=in_progress&sort=name');
      await choose(page, 'Why it is listed', 'Workspace removed, instance still recorded');
      await choose(page, 'State', 'Retrying');
      await page.waitForURL('**/orphans?state=retrying&class=in_progress&why=removed&sort=name');
      await page
        .getByText('Only Retrying, Already in progress, “Workspace removed, instance still recorded” · Clear filters')
        .waitFor();
      if (device === 'phone') await page.getByRole('button', { name: 'Filters (3)' }).waitFor();
      await screenshot(opened, 'orphans-filtered');
      await expectReadable(opened);

      await page.goBack();
      await page.goBack();
      await page.goBack();
      await expect.poll(() => heading(page)).toBe('2 orphans');
      expect(await page.getByLabel('Sorted by').inputValue()).toBe('urgent');
      await page.goForward();
      await expect.poll(() => listed(page)).toEqual(['alpha-17', 'beta-2']);
      await page.getByRole('link', { name: 'Clear filters' }).click();
      await expect.poll(() => listed(page)).toEqual(['alpha-17', 'beta-1', 'beta-2']);
      expect(address(page), 'a sort is no filter').toBe('/orphans?sort=name');
    },
  );

  it.each(SCREENS)('show what is not open any more (%s, %s)', async (device, theme) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    await page.goto('/orphans');
    await unfold(page, device);
    await choose(page, 'State', 'Cleared');
    await expect.poll(() => listed(page)).toEqual(['cleared']);
    expect(await heading(page)).toBe('1 orphan');
    await screenshot(opened, 'orphans-cleared');
    await expectReadable(opened);
    await choose(page, 'State', 'Resolved elsewhere');
    await page.getByText('No orphan is like that.').waitFor();
    await screenshot(opened, 'orphans-filtered-empty');
    await expectReadable(opened);
    await page.getByRole('link', { name: 'Show all that are open' }).click();
    await expect.poll(() => heading(page)).toBe('3 orphans');
  });

  it('are said once to those who listen, and no poll says anything', async () => {
    const { page } = await openPage(served.origin);
    await page.goto('/orphans?class=rejected');
    await expect.poll(() => heading(page)).toBe('1 orphan');
    expect(await said(page)).toBe('');
    await choose(page, 'Last error', 'Already in progress');
    await expect.poll(() => said(page)).toBe('2 orphans found');
    await served.world.platformDatabase.query(`update workspaces set instance_id = null where name = 'beta-2'`);
    await expect.poll(() => heading(page)).toBe('1 orphan');
    expect(await said(page)).toBe('2 orphans found');
  });
});

describe('the text that is looked for', () => {
  it.each<[Device, Theme, By]>([
    ['desktop', 'light', 'keyboard'],
    ['phone', 'dark', 'pointer'],
  ])('is found while it is typed, and back leads to where one came from (%s, %s, by %s)', async (device, theme, by) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    const hand = handOf(page, by);
    await page.goto('/settings');
    await page.getByRole('navigation').getByRole('link', { name: 'Orphans' }).click();
    await expect.poll(() => heading(page)).toBe('3 orphans');
    await hand.type(field(page), 'bet');
    await expect.poll(() => listed(page)).toHaveLength(2);
    await field(page).press('a');
    await field(page).press('-');
    await page.waitForURL('**/orphans?q=beta-');
    await field(page).press('2');
    await expect.poll(() => listed(page)).toEqual(['beta-2']);
    expect(address(page)).toBe('/orphans?q=beta-2');
    expect(await field(page).inputValue()).toBe('beta-2');
    await page.getByText('Only with “beta-2” in the name or an id').waitFor();
    await screenshot(opened, 'orphans-searched');
    await expectReadable(opened);
    await page.goBack();
    await expect.poll(() => heading(page)).toBe('Settings');
  });

  it('is looked for at once on Enter, and is emptied with the filters', async () => {
    const { page } = await openPage(served.origin);
    await page.clock.install();
    await page.goto('/orphans');
    await expect.poll(() => heading(page)).toBe('3 orphans');
    await page.clock.pauseAt(Date.now() + 60_000);
    await field(page).fill('alpha');
    expect(address(page)).toBe('/orphans');
    await field(page).press('Enter');
    await page.waitForURL('**/orphans?q=alpha');
    await page.clock.resume();
    await expect.poll(() => listed(page)).toEqual(['alpha-17']);
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await expect.poll(() => heading(page)).toBe('3 orphans');
    expect(await field(page).inputValue()).toBe('');
  });

  it('does not bring back who has left before it was looked for', async () => {
    const { page } = await openPage(served.origin);
    await page.clock.install();
    await page.goto('/orphans');
    await expect.poll(() => heading(page)).toBe('3 orphans');
    await page.clock.pauseAt(Date.now() + 60_000);
    await field(page).fill('alpha');
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    await page.waitForURL('**/settings');
    await page.clock.runFor(1_000);
    await page.clock.resume();
    await expect.poll(() => heading(page)).toBe('Settings');
    expect(address(page)).toBe('/settings');
  });

  it('is text in a pasted address, whatever it looks like', async () => {
    const { page } = await openPage(served.origin);
    for (const text of ['17', '1e3', 'true', '{"a":1}', '"alpha"', '00017']) {
      const asked = page.waitForRequest((request) => request.url().includes('/api/orphans?'));
      await page.goto(`/orphans?q=${encodeURIComponent(text)}`);
      expect(new URL((await asked).url()).searchParams.get('q')).toBe(text);
      await expect.poll(() => field(page).inputValue()).toBe(text);
    }
  });
});

describe('a cause on the Now page', () => {
  it.each(SCREENS)('leads to exactly the orphans it counts, and says which it is (%s, %s)', async (device, theme) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    await page.goto('/');
    const line = page.locator('section[aria-labelledby="why"] li', { hasText: '409 Already in progress' });
    await line.getByText('2 ×').waitFor();
    await line.getByRole('link', { name: 'Show 409 Already in progress' }).click();
    await expect.poll(() => heading(page)).toBe('2 orphans');
    expect((await listed(page)).sort()).toEqual(['alpha-17', 'beta-2']);
    await page.getByText('Only the cause 409 Already in progress').waitFor();
    await screenshot(opened, 'orphans-of-a-cause');
    await expectReadable(opened);
  });

  it('that has ended is said to have', async () => {
    const { page } = await openPage(served.origin);
    await page.goto('/orphans?cause=0123456789ab');
    await page.getByText('Only one cause that has ended').waitFor();
    await page.getByText('No orphan is like that.').waitFor();
    expect(await heading(page)).toBe('0 orphans');
  });
});

describe('while another filter is looked for', () => {
  it('what was shown stays, greyed, and no old number stands under new words', async () => {
    const opened = await openPage(served.origin);
    const { page } = opened;
    await page.goto('/orphans');
    await expect.poll(() => heading(page)).toBe('3 orphans');
    const letGo = await holdAnswers(page, '**/api/orphans?*');
    await choose(page, 'Last error', 'Rejected');
    await expect.poll(() => heading(page)).toBe('Orphans');
    expect(await page.locator('.outdated[aria-busy="true"]').getByText('alpha-17').count()).toBe(1);
    await screenshot(opened, 'orphans-looking');
    await letGo();
    await expect.poll(() => heading(page)).toBe('1 orphan');
    expect(await page.locator('.outdated').count()).toBe(0);
  });

  it('the first time there is a skeleton, and nothing is counted', async () => {
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    const { page } = opened;
    const letGo = await holdAnswers(page, '**/api/orphans?*');
    await page.goto('/orphans');
    await page.locator('main [aria-busy="true"]').getByText('Loading…').waitFor();
    expect(await heading(page)).toBe('Orphans');
    expect(await page.locator('main').innerText()).not.toMatch(/\d orphans?|no open orphan/);
    await screenshot(opened, 'orphans-loading');
    await expectReadable(opened);
    await letGo();
    await expect.poll(() => heading(page)).toBe('3 orphans');
  });
});

describe('while the list cannot be read', () => {
  it.each(SCREENS)('its last data stay, greyed, with their time (%s, %s)', async (device, theme) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page, recording } = opened;
    recording.expectStatus(503);
    await page.goto('/orphans?class=rejected');
    await expect.poll(() => heading(page)).toBe('1 orphan');
    await served.homeDatabase.cut();
    await expect.poll(() => page.locator('.outdated').getByText('beta-1').count()).toBe(1);
    await page.getByText(/^as of .*\d\d:\d\d:\d\dZ$/).waitFor();
    await screenshot(opened, 'orphans-error-with-data');
    await expectReadable(opened);
    await served.homeDatabase.open();
    await expect.poll(() => page.locator('.outdated').count()).toBe(0);
  });

  it.each(SCREENS)('and never was, it says so and why, and nothing is counted (%s, %s)', async (device, theme) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page, recording } = opened;
    recording.expectStatus(503);
    await served.homeDatabase.cut();
    await page.goto('/orphans?q=alpha');
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/^The orphans could not be read\. ./);
    expect(await heading(page)).toBe('Orphans');
    expect(await page.locator('main').innerText()).not.toMatch(/\d orphan|No orphan|no open orphan/);
    await screenshot(opened, 'orphans-error');
    await expectReadable(opened);
    await served.homeDatabase.open();
    await expect.poll(() => heading(page)).toBe('1 orphan');
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

describe('a list with nothing in it', () => {
  it.each(SCREENS)('says so, and when the server is gone, that it was so (%s, %s)', async (device, theme) => {
    await served.world.platformDatabase.query('update workspaces set instance_id = null');
    const opened = await openPage(served.origin, { device, theme });
    const { page, recording } = opened;
    await page.goto('/orphans');
    await page.getByText('There is no open orphan.').waitFor();
    expect(await heading(page)).toBe('0 orphans');
    expect(await page.getByText(/^Export/).count()).toBe(0);
    await screenshot(opened, 'orphans-none');
    await expectReadable(opened);
    recording.expectAway();
    await served.kill();
    await page.getByText('None was known then.').waitFor();
    await page.getByText(/^as of /).waitFor();
  });
});

it('asks once for each answer it shows: nothing is asked for in vain', async () => {
  const { page } = await openPage(served.origin);
  const asked = countRequests(page);
  await page.goto('/orphans?q=alpha');
  await expect.poll(() => heading(page)).toBe('1 orphan');
  expect(asked.paths.filter((path) => path === 'GET /api/orphans')).toHaveLength(1);
});
