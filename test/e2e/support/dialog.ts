import type { Locator, Page } from 'playwright-core';
import type { Hand } from './hand.ts';

export const dialogOn = (page: Page): Locator => page.getByRole('alertdialog');

/** The button that does it; the other one does nothing. */
export const pressIn = (dialog: Locator): Locator => dialog.locator('button[type="submit"]');

/** Presses it, and waits until the dialog has left because it was done. */
export async function doIt(page: Page, hand: Hand): Promise<void> {
  const dialog = dialogOn(page);
  await hand.press(pressIn(dialog));
  await dialog.waitFor({ state: 'detached' });
}
