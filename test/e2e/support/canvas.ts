import type { Page } from 'playwright-core';

/**
 * How many dots of the chart have a colour of a line, in the columns between two places of it, from 0 (left) to 1.
 * What is drawn is looked at as the browser drew it.
 */
export function dotsOf(page: Page, line: 'open' | 'stuck', from: number, to: number): Promise<number> {
  return page.evaluate(
    ([look, begin, end]) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.chart canvas');
      const plot = document.querySelector('.chart .u-over')?.getBoundingClientRect();
      const swatch = document.querySelector(`figure li svg.${look}`);
      const context = canvas?.getContext('2d');
      if (canvas == null || context == null || plot === undefined || swatch === null) throw new Error('no chart');
      const all = canvas.getBoundingClientRect();
      const ratio = canvas.width / all.width;
      const left = Math.round((plot.left - all.left + plot.width * begin) * ratio);
      const width = Math.max(1, Math.round(plot.width * (end - begin) * ratio));
      const { data } = context.getImageData(left, 0, width, canvas.height);
      const wanted = (/\d+, \d+, \d+/.exec(getComputedStyle(swatch).color)?.[0] ?? '').split(', ').map(Number);
      let dots = 0;
      for (let at = 0; at < data.length; at += 4) {
        const isOf = wanted.every((part, index) => Math.abs((data[at + index] ?? 0) - part) < 8);
        if (isOf && (data[at + 3] ?? 0) > 200) dots += 1;
      }
      return dots;
    },
    [line === 'open' ? 'text-accent' : 'text-bad', from, to] as const,
  );
}
