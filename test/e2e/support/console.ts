import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { VerdictKind } from '../../../web/src/lib/verdict.ts';

/** Selects what leads to one orphan: of each there is one, in a row of the table or as a card. */
export const ORPHAN = 'a[href^="/orphans/"]';
/** Selects what the page offers to press first: beside the verdict, or on a phone in the bar at the bottom. */
export const PRIMARY = '.button-primary:visible';

/** Waits until the verdict is of this kind, and answers with its headline. */
export async function verdictOf(page: Page, kind: VerdictKind, withinMs?: number): Promise<string> {
  const verdict = page.locator('[data-verdict]');
  const patience = withinMs === undefined ? {} : { timeout: withinMs };
  await expect.poll(() => verdict.getAttribute('data-verdict'), patience).toBe(kind);
  // What follows the first sentence stands on a line of its own.
  return (await verdict.getByRole('heading').innerText()).replace(/\s+/g, ' ');
}

export interface Offer {
  readonly words: string;
  /** The address, where it is a link. */
  readonly leadsTo: string | null;
}

/** What the page offers to press first, if anything: never two things. */
export async function primaryOf(page: Page): Promise<Offer | null> {
  const offered = await page.locator(PRIMARY).all();
  expect(offered.length).toBeLessThanOrEqual(1);
  const [primary] = offered;
  return primary === undefined
    ? null
    : { words: await primary.innerText(), leadsTo: await primary.getAttribute('href') };
}

/** How many orphans the page says there are: where they are more than it shows, it says so. */
export async function listedOn(page: Page): Promise<number> {
  const more = /of ([\d,]+) orphans$/.exec(await page.locator('h2#orphans').innerText())?.[1];
  return more === undefined ? page.locator(ORPHAN).count() : Number(more.replace(',', ''));
}
