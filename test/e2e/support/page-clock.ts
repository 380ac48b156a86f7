import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { AskedOfApi } from './requests.ts';

const MINUTE_MS = 60_000;

/** Time goes by for the page, and only for it: whatever it does by the clock, it does now. Needs `page.clock.install`. */
export async function aMinutePasses(page: Page): Promise<void> {
  await page.clock.runFor(MINUTE_MS);
  // What it asks for by then has left it.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
}

/** The clock is what makes it ask, for `what`; without that, a minute without a request would prove nothing. */
export async function expectToAsk(page: Page, asked: AskedOfApi, what = /^GET \/api\/status$/): Promise<void> {
  asked.beginAnew();
  await expect
    .poll(async () => {
      await page.clock.runFor(1_000);
      return asked.paths;
    })
    .toContainEqual(expect.stringMatching(what));
}

/** It asks for nothing when this is done, nor while a minute goes by. */
export async function expectSilence(
  page: Page,
  asked: AskedOfApi,
  after: () => Promise<void> = async () => undefined,
): Promise<void> {
  asked.beginAnew();
  await after();
  await aMinutePasses(page);
  expect(asked.paths).toEqual([]);
}
