import axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { OpenPage, Theme } from './open-page.ts';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** They can be focused though they are hidden, on purpose: at once they pass the focus on, to where a menu begins or ends. */
const PASS_FOCUS_ON = ['[data-base-ui-focus-guard]'];
/** What the other theme may break: it changes nothing but colours. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];
const WORTH_A_TEST = ['serious', 'critical'];

/**
 * What axe finds serious or critical on the page as it is now, in both themes, a sentence each. It runs in the page
 * under the page's own Content-Security-Policy, past which only the debugger's evaluation goes.
 */
export async function seriousFindings({ page, theme }: OpenPage): Promise<Readonly<Record<Theme, string[]>>> {
  const loaded = await page.evaluate(() => 'axe' in window);
  if (!loaded) await page.evaluate(`${axe.source}; undefined`);
  const other = theme === 'light' ? 'dark' : 'light';
  const inOther = await findingsIn(page, other, OF_COLOURS);
  const inOwn = await findingsIn(page, theme, null);
  return theme === 'light' ? { light: inOwn, dark: inOther } : { light: inOther, dark: inOwn };
}

/** @param only these rules; null: all */
async function findingsIn(page: Page, theme: Theme, only: readonly string[] | null): Promise<string[]> {
  await page.emulateMedia({ colorScheme: theme });
  const { violations } = await page.evaluate(
    ({ exclude, rules }) => {
      const which = rules === null ? { rules: { 'target-size': { enabled: true } } } : { runOnly: rules };
      // Stylesheets are read where they are, not fetched once more.
      return window.axe.run({ include: document, exclude }, { preload: false, ...which });
    },
    { exclude: PASS_FOCUS_ON, rules: only === null ? null : [...only] },
  );
  return violations
    .filter(({ impact }) => WORTH_A_TEST.includes(impact ?? ''))
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} (${node.target.join(' ')}: ${node.html})`));
}
