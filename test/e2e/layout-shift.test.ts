import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ORPHAN, verdictOf } from './support/console.ts';
import { type Device, openPage } from './support/open-page.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { slowDown } from './support/slow-phone.ts';
import { sweptAtStart } from './support/sweeps.ts';

declare global {
  interface Window {
    shifts: {
      /** When the first orphan stood on the page, in ms since it was asked for; null: not yet. */
      firstDataAt: number | null;
      readonly seen: { readonly at: number; readonly value: number }[];
    };
  }
}

/** More than this, and what somebody is about to press moves away under the thumb. */
const MOST_SHIFT = 0.05;

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  for (const status of [400, 403, 500]) {
    const { instance_id: instanceId } = await served.world.leak(`dev-${status}`);
    served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status });
  }
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'production' }));
});

/** Writes down when data came and what moved, from before the first byte. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript((orphan) => {
    window.shifts = { firstDataAt: null, seen: [] };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ('value' in entry && typeof entry.value === 'number') {
          window.shifts.seen.push({ at: entry.startTime, value: entry.value });
        }
      }
    }).observe({ type: 'layout-shift', buffered: true });
    new MutationObserver((_, observer) => {
      if (document.querySelector(orphan) === null) return;
      window.shifts.firstDataAt = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  }, ORPHAN);
}

/** How far things moved until there was data, and after it. */
async function moved(page: Page): Promise<{ readonly before: number; readonly after: number }> {
  const { firstDataAt, seen } = await page.evaluate(() => window.shifts);
  if (firstDataAt === null) throw new Error('there was no data');
  const sum = (shifts: typeof seen) => shifts.reduce((total, { value }) => total + value, 0);
  return {
    before: sum(seen.filter(({ at }) => at <= firstDataAt)),
    after: sum(seen.filter(({ at }) => at > firstDataAt)),
  };
}

describe('once there is data', () => {
  it.each<Device>(['phone', 'desktop'])('nothing moves any more (%s, slow)', async (device) => {
    const { page } = await openPage(served.origin, { device });
    await watch(page);
    await slowDown(page);
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await page.locator(ORPHAN).first().waitFor();
    // Whatever else was asked for has come by then.
    for (let poll = 0; poll < 2; poll += 1) {
      await page.waitForResponse((response) => response.url().endsWith('/api/status'));
    }
    const { before, after } = await moved(page);
    console.log(
      `Layout shift on a slow ${device}: ${before.toFixed(3)} until there is data, ${after.toFixed(3)} after`,
    );
    expect(after).toBeLessThanOrEqual(MOST_SHIFT);
  });

  it('what moved would be seen: a paragraph that comes late, above the rest', async () => {
    const { page } = await openPage(served.origin, { device: 'phone' });
    await watch(page);
    await page.goto('/');
    await page.locator(ORPHAN).first().waitFor();
    await page.evaluate(() => {
      const late = document.createElement('p');
      late.textContent = 'late '.repeat(100);
      document.querySelector('main')?.prepend(late);
    });
    await expect.poll(async () => (await moved(page)).after).toBeGreaterThan(MOST_SHIFT);
  });
});
