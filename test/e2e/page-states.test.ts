import { describe, expect, it, onTestFinished } from 'vitest';
import { type Device, type OpenPage, openPage, type Theme } from './support/open-page.ts';
import { PAGE_STATES, PAGES, type PageName, STATES } from './support/page-states.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld } from './support/served-world.ts';
import { sticksOut } from './support/sideways.ts';

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];
const RUNS = STATES.flatMap((state) => SCREENS.map(([device, theme]) => ({ state, device, theme })));

it('the table has every page in every state, and leaves out only what a page cannot be', () => {
  const pairs = STATES.flatMap((state) => PAGES.map((name) => PAGE_STATES[state].says[name]));
  expect(pairs).toHaveLength(84);
  expect(pairs.filter((words) => words === null)).toHaveLength(4);
});

describe('every page says in which state it is, and everybody can read it', () => {
  it.each(RUNS)('$state ($device, $theme)', async ({ state, device, theme }) => {
    const { reach, beforehand, thenComes, says } = PAGE_STATES[state];
    const served = await createServedWorld();
    const addresses = await reach(served);
    const pages = new Map<PageName, OpenPage>();
    for (const name of PAGES) {
      if (says[name] === null) continue;
      const opened = await openPage(served.origin, { device, theme });
      // No page that it is about may be there: that is said by a 404.
      if (state === 'empty') opened.recording.expectStatus(404);
      const letGo = await beforehand?.(opened);
      if (typeof letGo === 'function') onTestFinished(async () => letGo());
      await opened.page.goto(addresses[name]);
      if (thenComes !== undefined) {
        await opened.page.getByRole('heading', { level: 1 }).waitFor();
        await expect.poll(() => opened.page.locator('main [aria-busy="true"]').count()).toBe(0);
      }
      pages.set(name, opened);
    }
    await thenComes?.(served, [...pages.values()]);
    for (const [name, opened] of pages) {
      await expect
        .poll(() => opened.page.locator('body').innerText(), { message: name })
        .toMatch(says[name] ?? /never/);
      await screenshot(opened, `page-${name}-${state.replaceAll(' ', '-')}`);
      // Both themes are looked at there; what a phone adds is how narrow it is.
      if (device === 'desktop') await expectReadable(opened);
      else expect(await sticksOut(opened.page), name).toEqual([]);
    }
    if (state === 'updates off') await expectNoRequest([...pages.values()]);
    expect(pages.size).toBe(PAGES.filter((name) => says[name] !== null).length);
  });
});

/** Off means off: longer than the shortest interval there is. */
async function expectNoRequest(pages: readonly OpenPage[]): Promise<void> {
  const asked = pages.map(({ page }) => countRequests(page));
  await pages[0]?.page.waitForTimeout(6_000);
  expect(asked.flatMap(({ paths }) => paths)).toEqual([]);
}
