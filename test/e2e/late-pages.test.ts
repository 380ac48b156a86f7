import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from './support/console.ts';
import { type OpenPage, openPage } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

/** What the header leads to, and the heading that it has once its data are there. */
const PAGES = [
  ['Orphans', '/orphans', '1 orphan'],
  ['Sweeps', '/sweeps', 'Sweeps'],
  ['Activity', '/activity', 'Activity'],
] as const;
const PAGES_OF_A_DESKTOP = [...PAGES, ['Settings', '/settings', 'Settings']] as const;
const LATE_FILES = '**/assets/*Page-*.js';

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  const { instance_id: instanceId } = await served.world.leak('dev-7');
  served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 400 });
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600' }));
});

async function openNow(opened: OpenPage): Promise<number> {
  await opened.page.goto('/');
  await verdictOf(opened.page, 'retrying');
  return loadedAt(opened.page);
}

const loadedAt = (page: Page) => page.evaluate(() => performance.timeOrigin);
const press = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name }).click();
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();

describe('a page that was not loaded before the server went away', () => {
  it('is said not to be, under the header that stays, and comes by itself when the server is back', async () => {
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    const { page, recording } = opened;
    recording.expectAway();
    recording.expectStatus(503);
    await page.route(LATE_FILES, (route) => route.abort('connectionrefused'));
    const at = await openNow(opened);
    await served.kill();
    for (const [name, address] of PAGES) {
      await press(page, name);
      await page.waitForURL(`${served.origin}${address}`);
      await expect.poll(() => heading(page)).toBe('This page could not be loaded');
      expect(await page.getByRole('navigation').getByRole('link').count()).toBe(4);
    }
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('The server does not answer.');
    expect(await page.getByRole('button', { name: 'Reload' }).count()).toBe(0);
    await expectReadable(opened);
    await screenshot(opened, 'page-not-loaded');

    await page.unrouteAll();
    await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
    for (const [name, , title] of [...PAGES].reverse()) {
      await press(page, name);
      await expect.poll(() => heading(page)).toBe(title);
    }
    expect(await loadedAt(page)).toBe(at);
  });

  it('is found again with what the first screen brought, once that was idle', async () => {
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    const at = await openNow(opened);
    await page.waitForFunction(
      () =>
        performance.getEntriesByType('resource').filter(({ name }) => /\/\w+Page-[^/]+\.js$/.test(name)).length >= 6,
    );
    recording.expectAway();
    await served.kill();
    for (const [name] of PAGES_OF_A_DESKTOP) {
      await press(page, name);
      await expect
        .poll(() => page.locator('main').innerText())
        .toMatch(/could not be read\.|as of|SWEEP_INTERVAL_SECONDS/);
    }
    expect(await loadedAt(page)).toBe(at);
  });
});

it('a page of another version, which is not there any more, is said to be, and a reload brings the new one', async () => {
  const opened = await openPage(served.origin);
  const { page, recording } = opened;
  recording.expectStatus(404);
  await page.route(LATE_FILES, (route) => route.fulfill({ status: 404, contentType: 'application/problem+json' }));
  const at = await openNow(opened);
  await press(page, 'Sweeps');
  await expect.poll(() => page.getByRole('alert').innerText()).toContain('upgraded');
  expect(await loadedAt(page)).toBe(at);
  await screenshot(opened, 'page-of-another-version');
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect.poll(() => heading(page)).toBe('Sweeps');
});

it('the Display menu that cannot be loaded leaves the page as it is, and says so; pressed again it comes', async () => {
  const opened = await openPage(served.origin, { device: 'phone' });
  const { page, recording } = opened;
  recording.expectAway();
  recording.expectStatus(503);
  const at = await openNow(opened);
  await served.kill();
  await page.getByRole('button', { name: 'Display' }).click();
  await expect.poll(() => page.getByRole('alert').innerText()).toContain('The menu could not be loaded');
  await verdictOf(page, 'not_answering');
  await expectReadable(opened);
  await screenshot(opened, 'menu-not-loaded');

  await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  await verdictOf(page, 'retrying');
  await page.getByRole('button', { name: 'Display' }).click();
  await page.getByRole('menu').waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
  expect(await loadedAt(page)).toBe(at);
});
