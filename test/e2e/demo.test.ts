import { expect, it } from 'vitest';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import { OPENING } from '../../server/demo/opening.ts';
import { startProgram } from '../support/process.ts';
import { listedOn, ORPHAN } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { sweepsByHand } from './support/sweeps.ts';

const SCREENS: readonly [Device, Theme][] = [
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
];
/** What leaks later lived when it began. */
const NAMES = OPENING.map(({ name }) => name);

it('the demo is seen to leak on every screen, and "Sweep now" lets orphans leave all of them', async () => {
  const program = await startProgram({}, { command: 'demo', console: true });
  const url = await program.url();
  const pages = [];
  for (const [device, theme] of SCREENS) pages.push(await openPage(url, { device, theme }));
  for (const opened of pages) {
    await opened.page.goto('/');
    await expect.poll(() => listedOn(opened.page)).toBeGreaterThan(0);
    for (const words of await opened.page.locator(ORPHAN).allInnerTexts()) {
      expect(NAMES).toContainEqual(words.split('\n')[0]);
    }
    await opened.page.locator('header').getByText('Demo', { exact: true }).waitFor();
    await screenshot(opened, 'demo');
    await expectReadable(opened);
  }

  const { page } = await openPage(url);
  await page.goto('/');
  await page.getByRole('button', { name: /^Sweep now/ }).click();
  const report = page.locator('section[aria-label="The sweep you asked for"]');
  await expect.poll(() => report.innerText()).toMatch(/\d of \d cleared\./);
  expect(await sweepsByHand(program)).toHaveLength(1);
  const cleared = (await program.call<OrphanListAnswer>('/api/orphans?state=cleared')).body.items;
  expect(cleared.length).toBeGreaterThan(0);
  for (const opened of pages) {
    for (const { workspaceId } of cleared) {
      await expect.poll(() => opened.page.locator(`a[href="/orphans/${workspaceId}"]`).count()).toBe(0);
    }
  }
});
