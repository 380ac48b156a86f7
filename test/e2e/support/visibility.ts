import type { Page } from 'playwright-core';

declare global {
  interface Window {
    seen: DocumentVisibilityState;
  }
}

/**
 * A headless browser shows every tab, also one behind another: so the page is told what a real one would tell it.
 * Before it is opened.
 */
export async function letItBeHidden(page: Page): Promise<(state: DocumentVisibilityState) => Promise<void>> {
  await page.addInitScript(() => {
    window.seen = 'visible';
    Object.defineProperty(Document.prototype, 'visibilityState', { get: () => window.seen });
    Object.defineProperty(Document.prototype, 'hidden', { get: () => window.seen === 'hidden' });
  });
  return (state) =>
    page.evaluate((seen) => {
      window.seen = seen;
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, state);
}
