import axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { OpenPage, Theme } from './open-page.ts';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

const WORTH_A_TEST = ['serious', 'critical'];

/**
 * What axe finds serious or critical on the page as it is now, in both themes, a sentence each. It runs in the page
 * under the page's own Content-Security-Policy, past which only the debugger's evaluation goes.
 */
export async function seriousFindings({ page, theme }: OpenPage): Promise<Readonly<Record<Theme, string[]>>> {
  const loaded = await page.evaluate(() => 'axe' in window);
  if (!loaded) await page.evaluate(`${axe.source}; undefined`);
  const found = { light: await findingsIn(page, 'light'), dark: await findingsIn(page, 'dark') };
  await page.emulateMedia({ colorScheme: theme });
  return found;
}

async function findingsIn(page: Page, theme: Theme): Promise<string[]> {
  await page.emulateMedia({ colorScheme: theme });
  // Stylesheets are read where they are, not fetched once more.
  const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false }));
  return violations
    .filter(({ impact }) => WORTH_A_TEST.includes(impact ?? ''))
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} (${node.target.join(' ')}: ${node.html})`));
}
