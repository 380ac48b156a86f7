import { expect, it } from 'vitest';
import { ORPHAN } from '../support/console.ts';
import { openPage } from '../support/open-page.ts';
import { countRequests } from '../support/requests.ts';
import { createServedWorld } from '../support/served-world.ts';

const ORPHANS = 100_000;
const POLLS = 5;

declare global {
  interface Window {
    longTasks: number[];
  }
}

it('the list stays responsive while it is polled, with 100,000 orphans behind it (printed, not judged)', async () => {
  const served = await createServedWorld({ indexes: true });
  await served.world.leakMany(ORPHANS);
  served.world.controlPlane.failAll({ kind: 'status', status: 503, on: 'stop' });
  await served.start({ SWEEP_INTERVAL_SECONDS: '3600', SWEEP_SURGE_LIMIT: 'unlimited' });
  const { page } = await openPage(served.origin);
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longTasks.push(duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  const asked = countRequests(page);
  await page.goto('/orphans');
  await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText(), { timeout: 60_000 }).toMatch(/100,000/);
  expect(await page.locator(ORPHAN).count()).toBe(50);
  const loading = await page.evaluate(() => window.longTasks.splice(0));
  asked.beginAnew();
  const polled = () => asked.paths.filter((path) => path === 'GET /api/orphans').length;
  await expect.poll(polled, { timeout: 90_000 }).toBeGreaterThanOrEqual(POLLS);
  const polling = await page.evaluate(() => window.longTasks);
  console.log(
    `${ORPHANS.toLocaleString('en-US')} orphans: longest task while loading ${longest(loading)}, in ${polled()} polls ${longest(polling)}`,
  );
});

/** The browser counts those from 50 ms on. */
function longest(tasks: readonly number[]): string {
  return tasks.length === 0 ? 'under 50 ms' : `${Math.round(Math.max(...tasks))} ms`;
}
