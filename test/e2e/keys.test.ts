import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS, KEYS } from '../../web/src/lib/keys.ts';
import { verdictOf } from './support/console.ts';
import { dialogOn } from './support/dialog.ts';
import { chooseInDisplay } from './support/display.ts';
import { openPage } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  for (const { instance_id: instanceId } of await served.world.leakMany(3)) {
    served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 409 });
  }
  const program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  await sweptAtStart(program);
  await sweepByHand(program);
});

async function openNow(device: 'desktop' | 'phone' = 'desktop') {
  const opened = await openPage(served.origin, { device, theme: device === 'phone' ? 'dark' : 'light' });
  await opened.page.goto('/');
  await verdictOf(opened.page, 'retrying');
  await opened.page.locator('main [data-line]').first().waitFor();
  return opened;
}

async function press(page: Page, keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Which line of the list has the focus; -1: none. */
const lineAt = (page: Page) =>
  page
    .locator('main [data-line]')
    .evaluateAll((lines) => lines.findIndex((line) => line.contains(document.activeElement)));

it('on a phone, the Display menu leads to the settings', async () => {
  const opened = await openNow('phone');
  const { page } = opened;
  expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Display' }).click();
  const item = page.getByRole('menuitem', { name: 'Settings of the server' });
  await item.waitFor();
  await screenshot(opened, 'menu');
  await expectReadable(opened);
  await item.click();
  await page.waitForURL(`${served.origin}/settings`);
});

describe('single keys', () => {
  it('go to every page', async () => {
    const { page } = await openNow();
    const to = { orphans: '/orphans', sweeps: '/sweeps', activity: '/activity', settings: '/settings', now: '/' };
    for (const command of COMMANDS) {
      if (!(command in to)) continue;
      const address = Reflect.get(to, command);
      await press(page, KEYS[command].presses);
      await page.waitForURL(`${served.origin}${address}`);
    }
    expect(COMMANDS.filter((command) => command in to)).toHaveLength(5);
  });

  it('go through the lines of a list, and stop at its ends', async () => {
    const { page } = await openNow();
    await page.goto('/orphans');
    await expect.poll(() => page.locator('main [data-line]').count()).toBe(3);
    const steps = [
      ['j', 0],
      ['j', 1],
      ['j', 2],
      ['j', 2],
      ['k', 1],
      ['k', 0],
      ['k', 0],
    ] as const;
    for (const [key, line] of steps) {
      await page.keyboard.press(key);
      expect(await lineAt(page), key).toBe(line);
    }
    const address = await page.locator('main [data-line] a').first().getAttribute('href');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${served.origin}${address}`);
  });

  it('search the orphans, from wherever one is', async () => {
    const { page } = await openNow();
    const field = page.getByRole('searchbox', { name: 'Name or id' });
    for (const _from of ['the first page', 'the list itself']) {
      await page.keyboard.press('/');
      await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true);
      await page.keyboard.type('x');
      await page.keyboard.press('Escape');
      await page.locator('main').focus();
    }
    expect(new URL(page.url()).pathname).toBe('/orphans');
  });

  it('choose the orphan of the line, and leave it', async () => {
    const { page } = await openNow();
    await page.goto('/orphans');
    await expect.poll(() => page.locator('main [data-line]').count()).toBe(3);
    const boxes = page.locator('main [data-line] input[type="checkbox"]');
    const chosen = () => boxes.evaluateAll((all) => all.map((box) => box.matches(':checked')));
    await press(page, ['j', 'x', 'j', 'x']);
    expect(await chosen()).toEqual([true, true, false]);
    await press(page, ['k', 'x']);
    expect(await chosen()).toEqual([false, true, false]);
  });

  it('ask the server now, also while updates are off', async () => {
    const { page } = await openNow();
    await chooseInDisplay(page, 'Off');
    const asked = countRequests(page);
    await page.keyboard.press('r');
    await expect.poll(() => asked.paths).toContain('GET /api/status');
    expect(asked.paths).toContain('GET /api/orphans');
  });

  it('pause sweeping by a dialog, and mean themselves where somebody types', async () => {
    const { page } = await openNow();
    await page.keyboard.press('p');
    const dialog = dialogOn(page);
    await dialog.waitFor();
    await page.keyboard.type('gap: jokes ? / n');
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('gap: jokes ? / n');
    expect(page.url()).toBe(`${served.origin}/`);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it.each(['desktop', 'phone'] as const)('are shown by ?, all of them (%s)', async (device) => {
    const opened = await openNow(device);
    const { page } = opened;
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    for (const command of COMMANDS) await dialog.getByText(KEYS[command].words, { exact: true }).waitFor();
    await screenshot(opened, 'dialog-keys');
    await expectReadable(opened);
    await page.keyboard.press('j');
    expect(await dialog.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it('do nothing with a modifier, nothing once switched off, and are found in the Display menu', async () => {
    const { page } = await openNow();
    await press(page, ['Control+g', 'Control+o']);
    await chooseInDisplay(page, 'Keys off');
    await page.reload();
    await verdictOf(page, 'retrying');
    await page.locator('main [data-line]').first().waitFor();
    await press(page, ['?', 'p', 'j', 'g', 'o']);
    expect(await lineAt(page)).toBe(-1);
    expect(page.url()).toBe(`${served.origin}/`);
    await page.getByRole('button', { name: 'Display' }).click();
    await page.getByRole('menuitem', { name: 'Show all keys…' }).click();
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await dialogOn(page).count()).toBe(0);
    await page.keyboard.press('Escape');

    await chooseInDisplay(page, 'Keys on');
    await press(page, ['g', 'o']);
    await page.waitForURL(`${served.origin}/orphans`);
  });
});
