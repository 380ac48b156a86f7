import { expect, it } from 'vitest';
import { openPage } from './support/open-page.ts';
import { PAGE_STATES, PAGES } from './support/page-states.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld } from './support/served-world.ts';

/** What is left of 1280 × 800 px when everything is so much larger. */
const ZOOMED = [
  { percent: 200, width: 640, height: 400 },
  { percent: 400, width: 320, height: 200 },
];

it.each(ZOOMED)('every page can be read and used at $percent %', async ({ percent, ...viewport }) => {
  const served = await createServedWorld();
  const addresses = await PAGE_STATES.paused.reach(served);
  let looked = 0;
  for (const name of PAGES) {
    const opened = await openPage(served.origin, { theme: percent === 200 ? 'light' : 'dark' });
    const { page } = opened;
    await page.setViewportSize(viewport);
    await page.goto(addresses[name]);
    await expect
      .poll(() => page.locator('body').innerText(), { message: name })
      .toMatch(PAGE_STATES.paused.says[name] ?? /never/);
    await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0);
    await screenshot(opened, `zoom-${percent}-${name}`);
    await expectReadable(opened);
    // However little there is to see at once, all of it can be scrolled to and pressed.
    const last = page.locator('main').locator('a:visible, button:visible').last();
    await last.scrollIntoViewIfNeeded();
    await last.click({ trial: true });
    looked += 1;
  }
  expect(looked).toBe(PAGES.length);
});
