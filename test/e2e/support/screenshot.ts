import { fileURLToPath } from 'node:url';
import type { OpenPage } from './open-page.ts';

const FOLDER = fileURLToPath(new URL('../../../dist/screenshots/', import.meta.url));

/** Writes what is on the screen to dist/screenshots/, named after what it shows, the device and the theme. */
export async function screenshot(
  { page, device, theme }: OpenPage,
  shows: string,
  options: { readonly fullPage?: boolean } = {},
): Promise<string> {
  const path = `${FOLDER}${shows}-${device}-${theme}.png`;
  // Hiding the caret would insert a stylesheet, which the Content-Security-Policy refuses.
  await page.screenshot({ path, fullPage: options.fullPage ?? false, caret: 'initial' });
  return path;
}
