import type { Page } from 'playwright-core';

/** Opens the Display menu, chooses, and closes it. */
export async function chooseInDisplay(page: Page, choice: string): Promise<void> {
  await page.getByRole('button', { name: 'Display' }).click();
  await page.getByRole('menuitemradio', { name: choice, exact: true }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });
}
