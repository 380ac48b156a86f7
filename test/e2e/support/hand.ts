import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** How a person works the page: with a pointer, or with the keyboard alone. */
export type By = 'pointer' | 'keyboard';

export interface Hand {
  press(button: Locator): Promise<void>;
  /** Over what stands there. */
  type(field: Locator, text: string): Promise<void>;
  /** One of a group of radio buttons. */
  choose(radio: Locator): Promise<void>;
}

/** More stops for the tab key than any page here has. */
const MOST_STOPS = 80;

export function handOf(page: Page, by: By): Hand {
  if (by === 'pointer') {
    return {
      press: (button) => button.click(),
      type: (field, text) => field.fill(text),
      choose: (radio) => radio.check(),
    };
  }
  const has = (element: Locator) => element.evaluate((one) => one === document.activeElement);
  const tabTo = async (element: Locator): Promise<void> => {
    await element.waitFor();
    for (let stop = 0; stop < MOST_STOPS && !(await has(element)); stop += 1) await page.keyboard.press('Tab');
    expect(await has(element), `${element} is reached with the tab key`).toBe(true);
  };
  return {
    async press(button) {
      await tabTo(button);
      await page.keyboard.press('Enter');
    },
    async type(field, text) {
      await tabTo(field);
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
    async choose(radio) {
      const group = radio.page().getByRole('alertdialog').getByRole('radio');
      await tabTo(group.and(radio.page().locator(':checked')));
      for (let stop = 0; stop < 4 && !(await radio.isChecked()); stop += 1) await page.keyboard.press('ArrowRight');
      expect(await radio.isChecked()).toBe(true);
    },
  };
}
