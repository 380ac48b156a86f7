import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, inject, onTestFinished } from 'vitest';
import { NOTHING, type Recording, record } from './recording.ts';

export type Device = 'desktop' | 'phone';
export type Theme = 'light' | 'dark';

export interface PageOptions {
  /** A desktop unless told. */
  readonly device?: Device;
  /** What the system of the reader prefers; light unless told. */
  readonly theme?: Theme;
  /** As the system of the reader asks for; still unless told, so that nothing is looked at half way. */
  readonly motion?: 'reduce' | 'no-preference';
  /** Of the reader. Not UTC unless told: a local time that passes for UTC must show. */
  readonly timeZone?: string;
  /** False only where a test is about the findings themselves. */
  readonly checked?: boolean;
}

/** A page of its own browser session: no cookies, storage or cache of any other. */
export interface OpenPage {
  /** Blank at first; `goto('/')` is the server's. */
  readonly page: Page;
  readonly recording: Recording;
  readonly device: Device;
  readonly theme: Theme;
  /** Checks it and closes it before the test ends. */
  close(): Promise<void>;
}

const DEVICES: Readonly<Record<Device, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 780 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true },
};
const PATIENCE_MS = 60_000;

/** When the test ends the page must have done nothing that it must not (see recording.ts), and is closed. */
export async function openPage(origin: string, options: PageOptions = {}): Promise<OpenPage> {
  const { device = 'desktop', theme = 'light', motion = 'reduce', checked = true } = options;
  const browser = await chromium.connect(inject('browserEndpoint'));
  let closing: Promise<void> | null = null;
  // Ends the connection, and with it what was opened over it.
  let finish = (): Promise<void> => browser.close();
  const close = (): Promise<void> => {
    closing ??= finish();
    return closing;
  };
  onTestFinished(close);

  const session = await browser.newContext({
    ...DEVICES[device],
    baseURL: origin,
    colorScheme: theme,
    reducedMotion: motion,
    timezoneId: options.timeZone ?? 'Asia/Kolkata',
    locale: 'en-US',
  });
  session.setDefaultTimeout(PATIENCE_MS);
  const recording = await record(session, origin);
  const page = await session.newPage();
  finish = async () => {
    try {
      if (checked) expect(await recording.findings()).toEqual(NOTHING);
    } finally {
      await browser.close();
    }
  };
  return { page, recording, device, theme, close };
}
