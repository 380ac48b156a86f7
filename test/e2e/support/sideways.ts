import type { Page } from 'playwright-core';

/**
 * What makes the page scroll sideways: nothing, or the elements that stick out; and what can be pressed and is cut off,
 * which a bar that stays in its place does without a scroll. Compared with the width of the screen, not with
 * `innerWidth`, which on a phone grows with what sticks out.
 */
export function sticksOut(page: Page): Promise<string[]> {
  const width = page.viewportSize()?.width ?? Number.NaN;
  return page.evaluate((screenWidth) => {
    const wide = document.scrollingElement?.scrollWidth ?? Number.NaN;
    const scrolls = wide > screenWidth;
    const elements = [...document.body.querySelectorAll(scrolls ? '*' : 'a, button')].filter(
      (element) => element.getBoundingClientRect().right > screenWidth,
    );
    return [...(scrolls ? [`${wide} px wide`] : []), ...elements.map((element) => element.outerHTML.slice(0, 120))];
  }, width);
}
