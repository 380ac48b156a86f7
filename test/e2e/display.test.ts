import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
import { PRIMARY, verdictOf } from './support/console.ts';
import { dialogOn, doIt } from './support/dialog.ts';
import { chooseInDisplay } from './support/display.ts';
import { handOf } from './support/hand.ts';
import { openPage } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepsByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  const { instance_id: instanceId } = await served.world.leak('dev-7');
  served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 400 });
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  await sweptAtStart(program);
});

const opened = async (options: Parameters<typeof openPage>[1] = {}) => {
  const page = await openPage(served.origin, options);
  await page.page.goto('/');
  await verdictOf(page.page, 'retrying');
  return page;
};

/** Every time of day on the page, as it is written. */
async function timesOn(page: Page): Promise<string[]> {
  return page.locator('main time').allInnerTexts();
}

describe('times', () => {
  it('are UTC unless told, wherever the reader is; then the reader’s own, with their zone', async () => {
    const { page } = await opened({ timeZone: 'Asia/Kolkata' });
    await expect.poll(async () => (await timesOn(page)).length).toBeGreaterThan(2);
    for (const time of await timesOn(page)) expect(time).toMatch(/\d\d:\d\d:\d\dZ$/);

    await chooseInDisplay(page, 'Local time');
    for (const time of await timesOn(page)) expect(time).toMatch(/\d\d:\d\d:\d\d (GMT\+5:30|IST)$/);
    const { start, written } = await page.evaluate(() => {
      const time = document.querySelector('main time');
      return { start: time?.getAttribute('datetime') ?? '', written: time?.textContent ?? '' };
    });
    const there = new Date(Date.parse(start) + 5.5 * 3_600_000).toISOString().slice(11, 19);
    expect(written).toContain(there);

    await page.reload();
    await expect.poll(async () => (await timesOn(page)).length).toBeGreaterThan(2);
    for (const time of await timesOn(page)) expect(time).toMatch(/(GMT\+5:30|IST)$/);
  });
});

describe('the theme', () => {
  const canvas = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

  it('is the system’s unless told', async () => {
    const [light, dark] = [await opened({ theme: 'light' }), await opened({ theme: 'dark' })];
    expect(await canvas(light.page)).not.toBe(await canvas(dark.page));
  });

  it.each(['Dark', 'Light'])(
    '%s, once chosen, is there before the first paint of every later visit',
    async (choice) => {
      const other = choice === 'Dark' ? 'light' : 'dark';
      const { page } = await opened({ theme: other });
      const before = await canvas(page);
      await chooseInDisplay(page, choice);
      const chosen = await canvas(page);
      expect(chosen).not.toBe(before);

      // The program comes only when the page has been looked at without it.
      let letGo = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await page.route('**/assets/*.js', async (route) => {
        await gate;
        await route.continue();
      });
      await page.reload({ waitUntil: 'commit' });
      await expect
        .poll(() => page.evaluate(() => document.documentElement.dataset['theme']))
        .toBe(choice.toLowerCase());
      await page.waitForFunction(() => document.styleSheets.length > 0);
      expect(await page.locator('#root').innerHTML()).toBe('');
      expect(await canvas(page)).toBe(chosen);
      letGo();
      await verdictOf(page, 'retrying');
      expect(await canvas(page)).toBe(chosen);
    },
  );
});

describe('the Display menu', () => {
  it.each(['desktop', 'phone'] as const)('can be read by everybody, and fits the screen (%s)', async (device) => {
    const page = await opened({ device });
    await page.page.getByRole('button', { name: 'Display' }).click();
    await page.page.getByRole('menuitemradio', { name: 'Dark', exact: true }).waitFor();
    await screenshot(page, 'display-menu');
    await expectReadable(page);
    const box = await page.page.getByRole('menu').boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(page.page.viewportSize()?.width ?? 0);
  });
});

describe('who one is', () => {
  it('can be said before anything is done, and stands beside the first sweep that is asked for', async () => {
    const { page } = await opened();
    await page.getByRole('button', { name: 'Display' }).click();
    await page.getByRole('menuitem', { name: 'Your name…' }).click();
    await dialogOn(page).getByLabel('Your name').fill('Anna');
    await doIt(page, handOf(page, 'pointer'));
    await page.getByRole('button', { name: 'Display' }).click();
    await page.getByRole('menuitem', { name: 'Your name: Anna…' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator(PRIMARY, { hasText: 'Sweep now (1)' }).click();
    await expect
      .poll(async () => (await sweepsByHand(program)).map(({ requestedBy }) => requestedBy))
      .toEqual(['Anna']);
  });
});
