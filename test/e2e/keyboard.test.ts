import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { PRIMARY, verdictOf } from './support/console.ts';
import { chooseInDisplay } from './support/display.ts';
import { openPage } from './support/open-page.ts';
import { countRequests } from './support/requests.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

const STRIP = 'section[aria-labelledby="sweeps"] ul:not([aria-label]) a';
const SWEEPS = 4;
const PRESSABLE = 'a, button, summary, input, select, textarea, [tabindex]:not([tabindex="-1"])';

let served: ServedWorld;
let page: Page;
beforeEach(async () => {
  served = await createServedWorld();
  for (const { instance_id: instanceId } of await served.world.leakMany(30)) {
    served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 409 });
  }
  const program = await served.start({
    SWEEP_INTERVAL_SECONDS: '3600',
    RUNBOOK_URL: 'https://runbook.example/{class}',
  });
  await sweptAtStart(program);
  for (let more = 1; more < SWEEPS; more += 1) await sweepByHand(program);
  page = (await openPage(served.origin)).page;
  await page.goto('/');
  await verdictOf(page, 'retrying');
  await page.getByRole('link', { name: 'All 30' }).waitFor();
  await page
    .locator(STRIP)
    .nth(SWEEPS - 1)
    .waitFor();
  await page.getByRole('link', { name: 'Runbook' }).waitFor();
});

interface Focused {
  readonly what: string;
  readonly outlined: boolean;
  readonly onScreen: boolean;
}

/** What has the focus, or null where nothing has. */
function focused(): Promise<Focused | null> {
  return page.evaluate((pressable) => {
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    // A box as large as a thumb shows it around itself.
    const outlined = [element, element.closest('label')].some((shows) => {
      if (shows === null) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(shows);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    });
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const all = [...document.querySelectorAll(pressable)];
    return {
      what: `${all.indexOf(element)} ${element.textContent}`,
      outlined,
      // A browser scrolls by whole pixels.
      onScreen: top > -1 && left > -1 && bottom < innerHeight + 1 && right < innerWidth + 1,
    };
  }, PRESSABLE);
}

/** All that can be pressed or followed, in the order of the page; the strip of sweeps counts once. */
function interactive(): Promise<string[]> {
  return page.evaluate(
    ({ strip, pressable }) => {
      const all = [...document.querySelectorAll(pressable)];
      const sweeps = [...document.querySelectorAll(strip)];
      return all
        .filter((element) => element.checkVisibility() && (!sweeps.includes(element) || element === sweeps.at(-1)))
        .map((element) => `${all.indexOf(element)} ${element.textContent}`);
    },
    { strip: STRIP, pressable: PRESSABLE },
  );
}

/** Time goes by while one presses the tab key. */
const atAnyTime = (what: string): string => what.replace(/\d+ (s|min) ago/, 'some time ago');

async function tabTo(selector: string): Promise<void> {
  await expect
    .poll(async () => {
      await page.keyboard.press('Tab');
      return page.locator(selector).evaluate((element) => element === document.activeElement);
    })
    .toBe(true);
}

describe('with the keyboard alone', () => {
  it.each([
    ['/', 30],
    ['/orphans', 90],
    ['the orphan', 10],
    ['/sweeps', 10],
    ['the sweep', 90],
    ['/activity', 7],
    ['/settings', 5],
  ])('everything that can be pressed is reached, in the order of the page, and it shows: %s', async (where, least) => {
    // Nothing may come or go between one press and the next.
    await chooseInDisplay(page, 'Off');
    const one = {
      'the orphan': page.locator('main a[href^="/orphans/"]').first(),
      'the sweep': page.locator(STRIP).last(),
    };
    const address = where === 'the orphan' || where === 'the sweep' ? await one[where].getAttribute('href') : where;
    await page.goto(address ?? '');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    await expect.poll(async () => (await interactive()).length).toBeGreaterThanOrEqual(least);
    const expected = await interactive();
    const reached: string[] = [];
    for (const what of expected) {
      await page.keyboard.press('Tab');
      const at = await focused();
      reached.push(at?.what ?? 'nothing');
      expect(at, what).toMatchObject({ outlined: true, onScreen: true });
    }
    expect(reached.map(atAnyTime)).toEqual(expected.map(atAnyTime));
    await page.keyboard.press('Tab');
    expect(await focused()).toBeNull();
  });

  it('the strip of sweeps is one stop, in which the arrows go from sweep to sweep', async () => {
    const at = () => page.locator(STRIP).evaluateAll((links) => links.findIndex((link) => link.matches(':focus')));
    await page.getByRole('link', { name: 'All sweeps' }).focus();
    await page.keyboard.press('Tab');
    expect(await at()).toBe(SWEEPS - 1);
    for (const [key, to] of [
      ['ArrowRight', SWEEPS - 1],
      ['ArrowLeft', SWEEPS - 2],
      ['ArrowLeft', SWEEPS - 3],
      ['ArrowRight', SWEEPS - 2],
    ] as const) {
      await page.keyboard.press(key);
      expect(await at(), key).toBe(to);
    }
    expect((await focused())?.outlined).toBe(true);
    const address = await page
      .locator(STRIP)
      .nth(SWEEPS - 2)
      .getAttribute('href');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${served.origin}${address}`);
  });

  it('what has the focus keeps it, and the page its place, when new data come', async () => {
    const row = page.locator('tbody a').nth(5);
    await row.focus();
    const place = await page.evaluate(() => scrollY);
    const asked = countRequests(page);
    await expect.poll(() => asked.paths.filter((path) => path === 'GET /api/orphans').length).toBeGreaterThanOrEqual(2);
    expect(await row.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.evaluate(() => scrollY)).toBe(place);
  });

  it('the Display menu opens, chooses, and gives the focus back when it closes', async () => {
    await tabTo('header button');
    await page.keyboard.press('Enter');
    const menu = page.getByRole('menu');
    await menu.waitFor();
    const on = () => page.evaluate(() => document.activeElement?.textContent);
    await expect
      .poll(async () => {
        await page.keyboard.press('ArrowDown');
        return on();
      })
      .toBe('Dark');
    await page.keyboard.press('Space');
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    expect(await page.getByRole('menuitemradio', { name: 'Dark' }).getAttribute('aria-checked')).toBe('true');
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await expect.poll(on).toBe('Display');
    expect(await focused()).toMatchObject({ outlined: true });
  });

  it('the dialog keeps the focus until it is answered, and gives it back', async () => {
    await tabTo(PRIMARY);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('alertdialog');
    await dialog.waitFor();
    const inside = () => dialog.evaluate((element) => element.contains(document.activeElement));
    await expect.poll(inside).toBe(true);
    for (let press = 0; press < 5; press += 1) {
      await page.keyboard.press('Tab');
      await expect.poll(inside).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => page.locator(PRIMARY).evaluate((element) => element === document.activeElement)).toBe(true);
  });
});
