import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { seriousFindings } from './support/accessibility.ts';
import { type OpenPage, openPage } from './support/open-page.ts';
import { type Findings, NOTHING } from './support/recording.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sticksOut } from './support/sideways.ts';

/** A test that cannot go red proves nothing: so everything that is looked for is done here on purpose. */

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
});

const open = async (options: Parameters<typeof openPage>[1] = {}): Promise<OpenPage> => {
  const opened = await openPage(served.origin, options);
  await opened.page.goto('/');
  return opened;
};

/** The server's page with this in its head, and with or without the policy that it is served under. */
async function pageWith(page: Page, markup: string, policy: 'kept' | 'dropped'): Promise<void> {
  await page.route(`${served.origin}/`, async (route) => {
    const response = await route.fetch();
    const { 'content-security-policy': _dropped, ...others } = response.headers();
    const body = (await response.text()).replace('<head>', `<head>${markup}`);
    await route.fulfill({ response, headers: policy === 'kept' ? response.headers() : others, body });
  });
  await page.goto('/');
}

/** What was found, once there is some of it. */
async function findingsOf({ recording }: OpenPage, kind: keyof Findings): Promise<Findings> {
  await until(async () => (await recording.findings())[kind].length > 0, { what: `${kind} to be recorded` });
  return recording.findings();
}

describe('what is recorded', () => {
  it('is nothing where nothing is wrong', async () => {
    const opened = await open({ checked: false });
    expect(await opened.recording.findings()).toEqual(NOTHING);
  });

  it('is what a script writes as an error, also in words of the browser', async () => {
    const opened = await open({ checked: false });
    opened.recording.expectAway();
    const words = 'Failed to load resource: net::ERR_CONNECTION_REFUSED';
    await opened.page.evaluate((text) => {
      console.error(text);
      console.assert(false, 'of an assertion');
      console.warn('only a warning');
    }, words);
    const { consoleErrors } = await findingsOf(opened, 'consoleErrors');
    expect(consoleErrors).toEqual([expect.stringContaining(words), expect.stringContaining('of an assertion')]);
  });

  it('is what a script throws, and a promise that nobody caught', async () => {
    const opened = await open({ checked: false });
    await opened.page.evaluate(() => {
      setTimeout(() => {
        throw new Error('thrown in a timer');
      });
      setTimeout(() => void Promise.reject(new Error('rejected')));
    });
    await until(async () => (await opened.recording.findings()).pageErrors.length === 2, { what: 'both errors' });
    expect((await opened.recording.findings()).pageErrors).toEqual(['Error: thrown in a timer', 'Error: rejected']);
  });

  it.each([
    ['an inline script', '<script>window.ran = true</script>', /^script-src-elem blocked inline/],
    ['an inline style', '<style>h1 { color: red }</style>', /^style-src-elem blocked inline/],
    ['an image as data:', '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" />', /^img-src/],
    [
      'a script from elsewhere',
      '<script src="http://elsewhere.invalid/a.js"></script>',
      /^script-src-elem blocked http/,
    ],
  ])('is %s that the policy blocks', async (_what, markup, violation) => {
    const opened = await openPage(served.origin, { checked: false });
    await pageWith(opened.page, markup, 'kept');
    const { violations, consoleErrors } = await findingsOf(opened, 'violations');
    expect(violations).toEqual([expect.stringMatching(violation)]);
    expect(consoleErrors).toEqual([expect.stringContaining('Content Security Policy')]);
    expect(await opened.page.evaluate(() => 'ran' in window)).toBe(false);
  });

  it('is a request to elsewhere, wherever it comes from', async () => {
    const opened = await openPage(served.origin, { checked: false });
    const elsewhere = served.origin.replace('127.0.0.1', 'localhost');
    await pageWith(opened.page, `<img src="${elsewhere}/image.png" />`, 'dropped');
    await opened.page.evaluate((host) => void new WebSocket(`ws://${host}/socket`), new URL(elsewhere).host);
    await until(async () => (await opened.recording.findings()).foreignRequests.length === 2, { what: 'both' });
    expect((await opened.recording.findings()).foreignRequests).toEqual([
      `GET ${elsewhere}/image.png`,
      `WebSocket ${elsewhere.replace('http', 'ws')}/socket`,
    ]);
  });

  it('is a request that failed, unless the server was expected to be away, or to answer so', async () => {
    const opened = await open({ checked: false });
    const ask = (path: string) =>
      opened.page.evaluate(
        (url) =>
          fetch(url)
            .catch(() => undefined)
            .then(),
        path,
      );
    await ask('/api/nothing-of-that-name');
    await served.kill();
    await ask('/api/status');
    const { consoleErrors } = await findingsOf(opened, 'consoleErrors');
    expect(consoleErrors).toEqual(
      expect.arrayContaining([
        `Failed to load resource: the server responded with a status of 404 (Not Found) (${served.origin}/api/nothing-of-that-name)`,
        `Failed to load resource: net::ERR_CONNECTION_REFUSED (${served.origin}/api/status)`,
      ]),
    );
    opened.recording.expectAway();
    expect((await opened.recording.findings()).consoleErrors).toEqual([expect.stringContaining('404')]);
    opened.recording.expectStatus(503);
    expect((await opened.recording.findings()).consoleErrors).toEqual([expect.stringContaining('404')]);
    opened.recording.expectStatus(404);
    expect(await opened.recording.findings()).toEqual(NOTHING);
  });
});

describe('a page that is checked', () => {
  const misbehave = async (checked: boolean) => {
    const opened = await open({ checked });
    await opened.page.evaluate(() => console.error('on purpose'));
  };
  it('may misbehave where nobody checks it', () => misbehave(false));
  it.fails('turns its test red, though the test itself saw nothing', () => misbehave(true));
});

describe('what is looked for', () => {
  it('is a contrast that is too low, in the theme where it is', async () => {
    const opened = await open();
    expect(await seriousFindings(opened)).toEqual({ light: [], dark: [] });
    await opened.page.evaluate(() => {
      const faint = document.createElement('p');
      faint.textContent = 'Hardly to be read';
      faint.style.cssText = 'background: #111; color: light-dark(#fff, #222)';
      document.querySelector('main')?.append(faint);
    });
    expect(await seriousFindings(opened)).toEqual({ light: [], dark: [expect.stringMatching(/^color-contrast: /)] });
  });

  it('is an element that sticks out of the screen of a phone', async () => {
    const { page } = await open({ device: 'phone' });
    expect(await sticksOut(page)).toEqual([]);
    await page.evaluate(() => {
      const wide = document.createElement('div');
      wide.style.cssText = 'width: 361px; height: 1px';
      document.body.append(wide);
    });
    expect(await sticksOut(page)).toEqual([expect.stringMatching(/^\d+ px wide$/), expect.stringContaining('361px')]);
  });
});
