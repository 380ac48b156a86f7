import { beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from './support/console.ts';
import { openPage } from './support/open-page.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
});

describe('the environment', () => {
  it.each(['production', 'prod-eu-central-1'])(
    '%s can be read whole on a phone, and nothing covers it',
    async (name) => {
      await served.start({ ENVIRONMENT_NAME: name });
      const { page } = await openPage(served.origin, { device: 'phone' });
      await page.goto('/');
      await verdictOf(page, 'clear');
      const badge = page.locator('header').getByText(name, { exact: true });
      expect(await badge.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
      const uncovered = await badge.evaluate((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const words = document.createRange();
        return [...document.querySelectorAll('header a, header button')].every((other) => {
          words.selectNodeContents(other);
          const box = words.getBoundingClientRect();
          return box.right <= left || box.left >= right || box.bottom <= top || box.top >= bottom;
        });
      });
      expect(uncovered).toBe(true);
    },
  );
});
