import type { Page } from 'playwright-core';

/** A4 upright, less the margins that a browser leaves. */
export const PAPER_WIDTH = 718;

/** What can be pressed, and leads nowhere on paper. */
const CONTROLS = 'nav, button, .button, input, select, textarea, [data-fact="connection"]';

/** What a sheet of this page would show that it must not: controls, colours, and what is cut off at its right edge. */
export async function wrongOnPaper(page: Page): Promise<string[]> {
  const visible = await page.locator(CONTROLS).filter({ visible: true }).all();
  const controls = await Promise.all(visible.map((one) => one.evaluate((element) => element.outerHTML.slice(0, 120))));
  return [...controls, ...(await page.evaluate(coloursAndEdges, PAPER_WIDTH))];
}

/** Runs in the page, and leaves it laid out as wide as the paper, for a picture of it. */
function coloursAndEdges(width: number): string[] {
  document.body.style.width = `${width}px`;
  const found: string[] = [];
  const CLEAR = ['rgb(255, 255, 255)', 'rgba(0, 0, 0, 0)'];
  for (const element of document.querySelectorAll('html, body, body *')) {
    if (!element.checkVisibility()) continue;
    const name = element.outerHTML.slice(0, 100);
    const { color, backgroundColor } = getComputedStyle(element);
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== '');
    if (says && color !== 'rgb(0, 0, 0)') found.push(`${color}: ${name}`);
    const box = element.getBoundingClientRect();
    // A bar of the strip, or a line: no background, but what is shown.
    const drawn = element.matches('.bar') || box.width <= 1;
    if (!drawn && !CLEAR.includes(backgroundColor)) found.push(`on ${backgroundColor}: ${name}`);
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === 'auto') {
      found.push(`cut off: ${name}`);
    }
    // What lies over a chart for the pointer is clear, and cut off with the chart.
    const overlay = element.matches('.chart :is(.u-under, .u-over, .u-axis)');
    if (element !== document.documentElement && !overlay && box.right > width + 1) found.push(`sticks out: ${name}`);
  }
  return found;
}
