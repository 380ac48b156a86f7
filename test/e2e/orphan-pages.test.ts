import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseCsv } from '../support/csv.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];
const MANY = 1_204;

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  await served.world.leakMany(MANY);
  await served.start({ SWEEP_INTERVAL_SECONDS: '3600', SWEEP_LIMIT: '0' });
});

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();
const pages = (page: Page) => page.getByRole('navigation', { name: 'Pages of this list' });
const listed = (page: Page) =>
  page
    .locator('main a[href^="/orphans/"]')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')?.slice('/orphans/'.length) ?? ''));

describe('a list of many pages', () => {
  it.each(SCREENS)('is walked forth, back and from a pasted link, no orphan twice (%s, %s)', async (device, theme) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    await page.goto('/orphans?sort=oldest');
    await expect.poll(() => heading(page)).toBe('1,204 orphans');
    expect(await pages(page).innerText()).toMatch(/^50 of 1,204/);
    expect(await pages(page).getByRole('link').allInnerTexts()).toEqual(['Next page']);
    const first = await listed(page);
    expect(first).toHaveLength(50);
    await pages(page).scrollIntoViewIfNeeded();
    await screenshot(opened, 'orphans-page-first');
    await pages(page).getByRole('link', { name: 'Next page' }).click();
    await expect.poll(() => pages(page).innerText()).toMatch(/^A later page: 50 of 1,204/);
    const second = await listed(page);
    expect(new Set([...first, ...second]).size).toBe(100);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    await expectReadable(opened);
    await pages(page).scrollIntoViewIfNeeded();
    await screenshot(opened, 'orphans-page-later');

    const elsewhere = await openPage(served.origin, { device, theme });
    await elsewhere.page.goto(page.url());
    await expect.poll(() => listed(elsewhere.page)).toEqual(second);
    await elsewhere.page.getByRole('link', { name: 'First page' }).click();
    await expect.poll(() => listed(elsewhere.page)).toEqual(first);
    expect(elsewhere.page.url()).toBe(`${served.origin}/orphans?sort=oldest`);

    await page.goBack();
    await expect.poll(() => listed(page)).toEqual(first);
  });

  it('begins anew under another filter or sort', async () => {
    const { page } = await openPage(served.origin);
    await page.goto('/orphans?sort=oldest');
    await pages(page).getByRole('link', { name: 'Next page' }).click();
    await page.waitForURL('**after=*');
    await page.getByLabel('Sorted by').selectOption('newest');
    await page.waitForURL(`${served.origin}/orphans?sort=newest`);
    await expect.poll(() => pages(page).innerText()).toMatch(/^50 of 1,204/);
  });

  it.each(SCREENS)(
    'has no dead end: a page of another order leads to the first one (%s, %s)',
    async (device, theme) => {
      const opened = await openPage(served.origin, { device, theme });
      const { page, recording } = opened;
      recording.expectStatus(400);
      await page.goto('/orphans?sort=oldest');
      await pages(page).getByRole('link', { name: 'Next page' }).click();
      await page.waitForURL('**after=*');
      await page.goto(page.url().replace('sort=oldest', 'sort=name'));
      await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/^There is no such page of this list\./);
      await screenshot(opened, 'orphans-no-such-page');
      await expectReadable(opened);
      await page.getByRole('link', { name: 'First page' }).click();
      await expect.poll(() => heading(page)).toBe('1,204 orphans');
      expect(page.url()).toBe(`${served.origin}/orphans?sort=name`);
    },
  );

  it('says that a page is empty by now, and leads to what there is', async () => {
    const { page } = await openPage(served.origin);
    await page.goto('/orphans?sort=oldest');
    await pages(page).getByRole('link', { name: 'Next page' }).click();
    await expect.poll(() => pages(page).innerText()).toMatch(/^A later page/);
    const gone = (await listed(page)).slice(0, 3);
    await served.world.platformDatabase.query(
      'update workspaces set instance_id = null where updated_at >= (select updated_at from workspaces where id = $1)',
      [gone[0]],
    );
    await page.getByText('There is nothing left on this page.').waitFor();
    expect(await pages(page).innerText()).toMatch(/^A later page: 0 of 50/);
    await page.getByRole('link', { name: 'First page' }).click();
    await expect.poll(() => heading(page)).toBe('50 orphans');
  });
});

describe('what the filter shows, as a file', () => {
  it.each(SCREENS)('has every row of every page, and says beforehand how many (%s, %s)', async (device, theme) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    await page.goto('/orphans?q=-11&sort=name');
    await page
      .getByRole('link', { name: /^Export/ })
      .first()
      .waitFor();
    const total = Number(/^(\d+) orphans$/.exec(await heading(page))?.[1]);
    expect(total).toBeGreaterThan(50);
    const take = async (word: string) => {
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: `Export ${total} as ${word}` }).click();
      const file = await download;
      expect(file.suggestedFilename()).toMatch(new RegExp(`^orphans-.*\\.${word.toLowerCase()}$`));
      return text(await file.createReadStream());
    };
    const [, ...rows] = parseCsv(await take('CSV'));
    const ids = rows.slice(0, -1).map((row) => row[1]);
    expect(ids).toHaveLength(total);
    expect(ids.slice(0, 50)).toEqual(await listed(page));
    // In its id, its name or its instance's.
    expect(rows.slice(0, -1).filter((row) => !row.slice(1, 4).some((cell) => cell.includes('-11')))).toEqual([]);
    const { items, complete }: { items: { workspaceId: string }[]; complete: boolean } = JSON.parse(await take('JSON'));
    expect(items.map(({ workspaceId }) => workspaceId)).toEqual(ids);
    expect(complete).toBe(true);
    await page.getByText(/^Export/).scrollIntoViewIfNeeded();
    await screenshot(opened, 'orphans-export');
    await expectReadable(opened);
  });
});
