import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
import { PRIMARY, verdictOf } from './support/console.ts';
import { type OpenPage, openPage } from './support/open-page.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepsByHand, sweptAtStart } from './support/sweeps.ts';

const REPORT = 'section[aria-label="The sweep you asked for"]';
const LEAKED = 3;

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  await sweptAtStart(program);
  await served.world.leakMany(LEAKED);
});

async function openNow(): Promise<OpenPage> {
  const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
  await opened.page.goto('/');
  await verdictOf(opened.page, 'waiting');
  return opened;
}

const report = (page: Page) => page.locator(REPORT).innerText();

describe('Sweep now whose answer does not come', () => {
  it('is followed all the same, and never said not to have been swept', async () => {
    const opened = await openNow();
    const { page, recording } = opened;
    recording.expectAway();
    // It reaches the server, and the line breaks before the answer.
    await page.route('**/api/sweeps', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await page.locator(PRIMARY).click();
    const said: string[] = [];
    await expect
      .poll(async () => {
        said.push(await report(page));
        return said.at(-1);
      })
      .toContain(`${LEAKED} of ${LEAKED} cleared.`);
    expect(said.join()).not.toMatch(/Not swept|joined|\/api\//);
    await verdictOf(page, 'clear');
    expect(await sweepsByHand(program)).toHaveLength(1);
  });

  it('is not known to have begun where it did not, and can be pressed again', async () => {
    const opened = await openNow();
    const { page, recording } = opened;
    recording.expectAway();
    await page.route('**/api/sweeps', (route) => route.abort('connectionrefused'));
    await page.locator(PRIMARY).click();
    await expect.poll(() => report(page)).toContain('Not known whether it began. The server did not answer.');
    expect(await report(page)).not.toMatch(/Not swept|\/api\//);
    await screenshot(opened, 'sweep-not-known');
    expect(await sweepsByHand(program)).toEqual([]);

    await page.unrouteAll();
    await page.locator(PRIMARY).click();
    await expect.poll(() => report(page)).toContain(`${LEAKED} of ${LEAKED} cleared.`);
  });

  it('is waited for longer than a poll: an answer after 5 s is an answer', async () => {
    const { page } = await openNow();
    await page.route('**/api/sweeps', async (route) => {
      const response = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      await route.fulfill({ response });
    });
    await page.locator(PRIMARY).click();
    await expect.poll(() => page.locator(REPORT).count()).toBe(1);
    expect(await report(page)).not.toContain('Not');
    await expect.poll(() => report(page)).toContain(`${LEAKED} of ${LEAKED} cleared.`);
  });
});
