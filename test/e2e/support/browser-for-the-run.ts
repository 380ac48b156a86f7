import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { CHROMIUM_ARGS, findChromium } from './chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the one browser of this run is connected to. See open-page.ts. */
    browserEndpoint: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const browser = await chromium.launchServer({
    executablePath: findChromium(process.env),
    args: CHROMIUM_ARGS,
    // A Ctrl-C is for the test runner. The browser goes when the pipe to it breaks, however that ends.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  project.provide('browserEndpoint', browser.wsEndpoint());
  return () => browser.close();
}
