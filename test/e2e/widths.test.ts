import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ORPHAN, verdictOf } from './support/console.ts';
import { openPage } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

const LONG = 'a-workspace-with-a-name-that-somebody-gave-it-without-a-thought-of-small-screens';
const CAUSES = [400, 402, 403, 405, 406, 409, 422];

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  for (const [index, status] of CAUSES.entries()) {
    const { instance_id: instanceId } = await served.world.leak(index === 0 ? LONG : `dev-${index}`);
    served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status });
  }
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'production' }));
  // Not of today, whatever the hour: so each time has its date.
  await served.world.home.query(
    `update sweeper.orphans set orphaned_at = orphaned_at - interval '2 days',
       next_attempt_at = next_attempt_at + interval '2 days'`,
  );
});

/** What lies over a fact by which the page can be believed. */
function covered(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-fact]')].flatMap((fact) => {
      const { left, right, top, bottom } = fact.getBoundingClientRect();
      if (right === left) return [];
      const over = document.elementFromPoint(right - 2, (top + bottom) / 2);
      return fact.contains(over) ? [] : [`${fact.textContent} under ${over?.outerHTML.slice(0, 80)}`];
    }),
  );
}

/** What is cut off at an edge inside the page, however far the page itself scrolls. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *, header *')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.checkVisibility())
      .filter((element) => getComputedStyle(element).overflowX === 'auto')
      .map((element) => `${element.scrollWidth} px in ${element.clientWidth} px: ${element.outerHTML.slice(0, 80)}`),
  );
}

describe('every width', () => {
  it.each([360, 640, 768, 1024, 1215, 1216, 1280, 1920])(
    'of %i px shows each orphan whole, and all that can be trusted',
    async (width) => {
      const opened = await openPage(served.origin, { theme: width < 1000 ? 'dark' : 'light' });
      const { page } = opened;
      await page.addInitScript(() => {
        // The longest times.
        localStorage.setItem('orphan-sweeper.display', JSON.stringify({ zone: 'local' }));
      });
      await page.setViewportSize({ width, height: 800 });
      for (const address of ['/', '/orphans']) {
        await page.goto(address);
        await page.locator(ORPHAN, { hasText: 'dev-1' }).waitFor();
        await page.locator('[data-fact="platform"]').waitFor({ state: 'attached' });
        expect(await cutOff(page), address).toEqual([]);
        expect(await covered(page), address).toEqual([]);
        expect(await page.locator('main').innerText(), address).toMatch(/The control plane .*; it is tried again/);
        if (width >= 640) expect(await page.locator('[data-fact]:visible').count(), address).toBe(4);
        await expectReadable(opened);
        await screenshot(opened, `width-${width}${address === '/' ? '-now' : '-orphans'}`, { fullPage: true });
      }
    },
  );
});

it('what does not fit of the causes is said, and shown when it is asked for', async () => {
  const opened = await openPage(served.origin, { device: 'phone' });
  const { page } = opened;
  await page.goto('/');
  await verdictOf(page, 'retrying');
  const causes = page.locator('section[aria-labelledby="why"]');
  await expect.poll(() => causes.locator('li').count()).toBe(5);
  await causes.getByRole('button', { name: 'Show 2 more causes' }).click();
  expect(await causes.locator('li').count()).toBe(CAUSES.length);
  await expectReadable(opened);
  await causes.getByRole('button', { name: 'Show only 5' }).click();
  expect(await causes.locator('li').count()).toBe(5);
});
