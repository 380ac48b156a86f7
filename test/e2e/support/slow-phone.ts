import type { Page } from 'playwright-core';
import { type OpenPage, openPage } from './open-page.ts';

const CPU_SLOWER_BY = 4;
const CALM_TURNS = 20;
const NETWORK = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
};

export interface FirstData {
  /** From the start of the navigation until the row was painted. */
  readonly ms: number;
  /** Of everything that was loaded until then, as transferred. */
  readonly kilobytes: number;
}

declare global {
  interface Window {
    firstData: Promise<FirstData>;
  }
}

/**
 * How long a cold phone on a poor network waits for the first orphan: `row` is a selector of one. Runs several times,
 * each in a session of its own, prints the median, and answers with all of them, quickest first. A figure to look at:
 * no test depends on it.
 */
export async function measureFirstData(origin: string, options: { row: string; runs?: number }): Promise<FirstData[]> {
  const runs: FirstData[] = [];
  for (let run = 0; run < (options.runs ?? 5); run += 1) {
    const opened = await openPage(origin, { device: 'phone' });
    runs.push(await firstData(opened, options.row));
    await opened.close();
  }
  runs.sort((a, b) => a.ms - b.ms);
  const median = runs[Math.floor(runs.length / 2)];
  if (median === undefined) throw new Error('nothing was measured');
  const all = runs.map(({ ms }) => seconds(ms)).join(', ');
  const under = `${CPU_SLOWER_BY}× CPU, 1.6 Mbit/s down, 750 kbit/s up, ${NETWORK.latency} ms`;
  console.log(
    `First data on a slow phone (${under}): ${seconds(median.ms)} s with ${median.kilobytes} kB, median of ${all}`,
  );
  return runs;
}

async function firstData({ page }: OpenPage, row: string): Promise<FirstData> {
  await settle(page);
  await slowDown(page);
  await page.addInitScript((selector) => {
    const isThere = (): boolean => [...document.querySelectorAll(selector)].some((found) => found.checkVisibility());
    window.firstData = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`nothing on the page is ${selector}`)), 30_000);
      const seen = (): void => {
        // The frame that paints it begins with the first callback, and is out by the second.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve({ ms: performance.now(), kilobytes: sum() })));
      };
      const sum = (): number => {
        const loaded = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type));
        const bytes = loaded.map((entry) => (entry instanceof PerformanceResourceTiming ? entry.transferSize : 0));
        return Math.round(bytes.reduce((total, size) => total + size, 0) / 1000);
      };
      new MutationObserver((_changes, observer) => {
        if (!isThere()) return;
        observer.disconnect();
        seen();
      }).observe(document, { subtree: true, childList: true, attributes: true });
    });
  }, row);
  await page.goto('/', { waitUntil: 'commit' });
  return page.evaluate(() => window.firstData);
}

/** Whoever opens the console on a phone has a browser that has started: what starting costs is not the console's. */
async function settle(page: Page): Promise<void> {
  await page.goto('about:blank');
  for (let calm = 0; calm < CALM_TURNS; calm += 1) {
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  }
}

/** Its processor and its network. */
export async function slowDown(page: Page): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER_BY });
  await debug.send('Network.enable');
  await debug.send('Network.emulateNetworkConditions', NETWORK);
  await debug.send('Network.setCacheDisabled', { cacheDisabled: true });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
