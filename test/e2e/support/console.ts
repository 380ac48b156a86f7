import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { VerdictKind } from '../../../web/src/lib/verdict.ts';

/** Selects what leads to one orphan: of each there is one, in a row of the table or as a card. */
export const ORPHAN = 'a[href^="/orphans/"]';

/** Waits until the verdict is of this kind, and answers with its headline. */
export async function verdictOf(page: Page, kind: VerdictKind, withinMs = 20_000): Promise<string> {
  const verdict = page.locator('[data-verdict]');
  await expect.poll(() => verdict.getAttribute('data-verdict'), { timeout: withinMs }).toBe(kind);
  return verdict.getByRole('heading').innerText();
}
