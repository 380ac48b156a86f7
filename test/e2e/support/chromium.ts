import { accessSync, constants } from 'node:fs';

const USUAL_PLACE = '/usr/bin/chromium';

/** Nothing that needs rights, a screen, or a network beyond this machine. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A desktop browser's own pages behind its address bar: each new window loads them, which takes it a second.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup',
];

/** The browser of this machine, or the one that CHROMIUM names. A missing one is an error, never a skipped test. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string {
  const path = env['CHROMIUM'] ?? USUAL_PLACE;
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    const how = 'Install it (Debian, Ubuntu: apt-get update && apt-get install -y chromium)';
    throw new Error(`These tests need Chromium, and there is none at ${path}. ${how}, or set CHROMIUM to its path.`, {
      cause,
    });
  }
}
