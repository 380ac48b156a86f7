import type { Page } from 'playwright-core';

/**
 * What makes the page scroll sideways: nothing, or the elements that stick out. Compared with the width of the screen,
 * not with `innerWidth`, which on a phone grows with what sticks out.
 */
export function sticksOut(page: Page): Promise<string[]> {
  const width = page.viewportSize()?.width ?? Number.NaN;
  return page.evaluate((screenWidth) => {
    const wide = document.scrollingElement?.scrollWidth ?? Number.NaN;
    if (wide <= screenWidth) return [];
    const elements = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > screenWidth,
    );
    return [`${wide} px wide`, ...elements.map((element) => element.outerHTML.slice(0, 120))];
  }, width);
}
