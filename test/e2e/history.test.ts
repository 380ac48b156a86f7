import type { Locator, Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { dotsOf } from './support/canvas.ts';
import { verdictOf } from './support/console.ts';
import { chooseInDisplay } from './support/display.ts';
import { type OpenPage, openPage, type PageOptions } from './support/open-page.ts';
import { aMinutePasses, expectSilence, expectToAsk } from './support/page-clock.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { recordPast } from './support/samples.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

const HISTORY = /^GET \/api\/history$/;
const HOUR_MS = 3_600_000;
const BUCKET_MS = 300_000;
const DAY_MS = 24 * HOUR_MS;

let served: ServedWorld;
/** The half hour from which the past is counted. */
let base: number;
beforeEach(async () => {
  served = await createServedWorld();
  for (const { instance_id: instanceId } of await served.world.leakMany(3)) {
    served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 400 });
  }
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600' }));
  // For four hours nothing was recorded, which is long also for who sweeps once an hour.
  base = await recordPast(served.world.home, [
    { from: 6 * 24 * 60, to: 5 * 24 * 60, open: 1_204, stuck: 0 },
    { from: 5 * 24 * 60, to: 8 * 60, open: 0, stuck: 0 },
    { from: 4 * 60, to: 2 * 60, open: 6, stuck: 2 },
    { from: 2 * 60, to: 60, open: 14, stuck: 4 },
    { from: 60, to: null, open: 3, stuck: 0 },
  ]);
});

const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)}Z`;
const ago = (hours: number): number => base - hours * HOUR_MS;
const dayWords = (): string =>
  `24 h: 0 → peak 14 at ${clock(ago(2))} → 3 now · not recorded ${clock(ago(8))}–${clock(ago(4))}`;
const card = (page: Page): Locator => page.locator('section[aria-labelledby="history"]');
const reading = (page: Page): Promise<string> => card(page).locator('[data-reading]').innerText();

async function openNow(options: PageOptions = {}, address = '/'): Promise<OpenPage> {
  const opened = await openPage(served.origin, options);
  await opened.page.goto(address);
  await verdictOf(opened.page, 'retrying');
  return opened;
}

async function openChart(options: PageOptions = {}, address = '/'): Promise<OpenPage> {
  const opened = await openNow(options, address);
  await card(opened.page).locator('canvas').waitFor();
  return opened;
}

describe('the history of a day', () => {
  it('is one line beside the sweeps, which leads to the chart, and a sentence for who listens', async () => {
    const { page } = await openNow();
    const strip = page.locator('section[aria-labelledby="sweeps"]');
    await strip.getByText(dayWords(), { exact: true }).waitFor();
    const spoken = `In the last 24 hours: 0 open orphans at first, 14 at most, at ${clock(ago(2))}, 3 now. Not recorded ${clock(ago(8))}–${clock(ago(4))}.`;
    await strip.getByText(spoken, { exact: true }).waitFor({ state: 'attached' });
    expect(await strip.getByText(dayWords()).getAttribute('aria-hidden')).toBe('true');
    await strip.getByRole('link', { name: 'Chart and table' }).click();
    const heading = page.locator('h2#history');
    await expect.poll(() => heading.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await heading.evaluate((element) => element.getBoundingClientRect().top < innerHeight)).toBe(true);
  });

  it.each(['light', 'dark'] as const)('is drawn, with its gap and in the colours of the theme (%s)', async (theme) => {
    const opened = await openChart({ theme });
    const { page } = opened;
    // The chart ends with the bucket that has begun last.
    const place = (ms: number): number => 1 - (Math.ceil(Date.now() / BUCKET_MS) * BUCKET_MS - ms) / DAY_MS;
    for (const other of [theme, theme === 'light' ? 'dark' : 'light'] as const) {
      await page.emulateMedia({ colorScheme: other });
      await expect.poll(() => dotsOf(page, 'open', place(ago(3.5)), place(ago(2.5)))).toBeGreaterThan(20);
      await expect.poll(() => dotsOf(page, 'stuck', place(ago(3.5)), place(ago(2.5)))).toBeGreaterThan(20);
      expect(await dotsOf(page, 'open', place(ago(16)), place(ago(9)))).toBeGreaterThan(100);
      expect(await dotsOf(page, 'open', place(ago(7.8)), place(ago(4.2)))).toBe(0);
      expect(await dotsOf(page, 'stuck', place(ago(7.8)), place(ago(4.2)))).toBe(0);
    }
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect.poll(() => dotsOf(page, 'open', place(ago(3.5)), place(ago(2.5)))).toBeGreaterThan(20);
    const paper = await card(page).evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(paper).toBe('rgb(255, 255, 255)');
    await page.emulateMedia({ media: 'screen', colorScheme: theme });
    await card(page).getByRole('button', { name: 'Show the table' }).click();
    await card(page).getByRole('table').waitFor();
    await card(page).getByRole('table').scrollIntoViewIfNeeded();
    await screenshot(opened, 'history');
    await expectReadable(opened);
  });

  it('is read at any place: by the pointer, and by the arrows', async () => {
    const { page } = await openChart();
    expect(await reading(page)).toMatch(/Z: at most 3 open, 0 stuck$/);
    const range = card(page).getByRole('slider', { name: 'Time in the chart' });
    await range.focus();
    const stepsTo = (hours: number): number =>
      Math.round((Math.floor(Date.now() / BUCKET_MS) * BUCKET_MS - ago(hours)) / BUCKET_MS);
    const step = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) await page.keyboard.press('ArrowLeft');
    };
    await step(stepsTo(1.5));
    expect(await reading(page)).toMatch(/Z: at most 14 open, 4 stuck$/);
    await step(stepsTo(3) - stepsTo(1.5));
    expect(await reading(page)).toMatch(/Z: at most 6 open, 2 stuck$/);
    expect(await range.getAttribute('aria-valuetext')).toBe(await reading(page));
    await page.keyboard.press('Home');
    expect(await reading(page)).toMatch(/Z: at most 0 open, 0 stuck$/);
    await range.blur();
    expect(await reading(page)).toMatch(/Z: at most 3 open, 0 stuck$/);

    const plot = await card(page).locator('.u-over').boundingBox();
    if (plot === null) throw new Error('no chart');
    await page.mouse.move(plot.x + plot.width * (1 - 6 / 24), plot.y + plot.height / 2);
    await expect.poll(() => reading(page)).toMatch(/Z: not recorded$/);
  });

  it('is a table of hours, newest first, in the zone of the reader', async () => {
    const { page } = await openNow();
    const table = card(page).getByRole('table', { name: 'The most in each hour, newest first' });
    expect(await table.count()).toBe(0);
    await card(page).getByRole('button', { name: 'Show the table' }).click();
    expect(await table.getByRole('columnheader').allInnerTexts()).toEqual(['From', 'Open', 'Stuck', 'Not recorded']);
    const rows = await table.getByRole('row').allInnerTexts();
    const times = rows.slice(1).map((row) => Date.parse(row.slice(0, 17).replace(' ', 'T')));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const hourOf = (hours: number): string => new Date(ago(hours)).toISOString().slice(0, 13).replace('T', ' ');
    const rowOf = (hours: number): string => rows.find((row) => row.startsWith(hourOf(hours))) ?? 'none';
    expect(rowOf(1.5)).toMatch(/Z\s+14\s+4\s*$/);
    expect(rowOf(6)).toMatch(/Z\s+Not known\s+Not known\s+\d\d:00Z–\d\d:00Z$/);
    expect(rowOf(10)).toMatch(/Z\s+0\s+0\s*$/);

    await chooseInDisplay(page, 'Local time');
    await expect.poll(() => table.getByRole('rowheader').first().innerText()).toMatch(/:00 GMT\+5:30$/);
    await card(page).getByText('The most in each 5 min, local times').waitFor();
  });
});

it('a week is an address, and back leads back to the day', async () => {
  const { page } = await openChart();
  await card(page).getByRole('link', { name: '7 days' }).click();
  await page.waitForURL(`${served.origin}/?window=7d`);
  const words = `7 days, recorded since ${new Date(ago(6 * 24)).toISOString().slice(0, 10)} ${clock(ago(6 * 24))}: 1,204 → 3 now · not recorded ${clock(ago(8))}–${clock(ago(4))}`;
  await card(page).getByText(words, { exact: true }).waitFor();
  await card(page).getByRole('button', { name: 'Show the table' }).click();
  await card(page).getByRole('table', { name: 'The most in each 6 hours, newest first' }).waitFor();
  expect(await card(page).getByRole('table').innerText()).toContain('1,204');
  expect(await card(page).getByRole('link', { name: '7 days' }).getAttribute('aria-current')).toBe('page');
  await page.goBack();
  await page.waitForURL(`${served.origin}/`);
  await card(page).getByText(dayWords(), { exact: true }).waitFor();
  const pasted = await openChart({}, '/?window=7d');
  await card(pasted.page).getByText(words, { exact: true }).waitFor();
});

describe('what is not known of the history is said, and is never 0', () => {
  it('when no sweep was recorded', async () => {
    // Whoever looks at the page has the platform looked at, which is a sample.
    await served.platformDatabase.cut();
    await recordPast(served.world.home, []);
    const { page } = await openPage(served.origin);
    await page.goto('/');
    await verdictOf(page, 'platform_failing');
    const words = card(page).getByText('Not known: no sweep was recorded in these 24 h.');
    await expect.poll(() => words.count()).toBe(2);
    expect(await card(page).locator('canvas').count()).toBe(0);
    await card(page).getByRole('button', { name: 'Show the table' }).click();
    expect(
      await card(page)
        .getByRole('row', { name: /Not known Not known/ })
        .count(),
    ).toBeGreaterThanOrEqual(24);
  });

  it('when it cannot be read: first nothing, then what was, with its time', async () => {
    const { page, recording } = await openPage(served.origin);
    recording.expectStatus(503);
    await page.clock.install();
    const refuse = () =>
      page.route('**/api/history?**', (route) =>
        route.fulfill({
          status: 503,
          contentType: 'application/problem+json',
          body: '{"code":"home_database_unavailable","title":"","detail":"away"}',
        }),
      );
    await refuse();
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await card(page).getByText('Not known.', { exact: true }).waitFor();
    await page.locator('section[aria-labelledby="sweeps"]').getByText('Not known.', { exact: true }).waitFor();
    expect(await card(page).locator('canvas').count()).toBe(0);
    await page.unrouteAll({ behavior: 'wait' });
    await page.clock.runFor(3_000);
    await card(page).locator('canvas').waitFor();

    await refuse();
    await aMinutePasses(page);
    await card(page)
      .getByText(/^as of/)
      .waitFor();
    await card(page)
      .getByText(dayWords().replace(/3 now.*/, '3 at'))
      .waitFor();
    expect(await card(page).locator('.outdated canvas').count()).toBe(1);
  });

  it('when the chart does not come: there still is the table, and it comes when asked for again', async () => {
    const { page, recording } = await openPage(served.origin);
    recording.expectAway();
    await page.route('**/assets/HistoryChart-*.js', (route) => route.abort('connectionrefused'));
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await card(page).getByRole('alert').getByText('The chart could not be loaded.').waitFor();
    await card(page).getByRole('button', { name: 'Show the table' }).click();
    await card(page).getByRole('table').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    await card(page).getByRole('button', { name: 'Try again' }).click();
    await card(page).locator('canvas').waitFor();
    expect(await card(page).getByRole('alert').count()).toBe(0);
  });
});

/** Two at least go by for the page, which has time for every answer. Answers with how many it were. */
async function minutesPass(page: Page): Promise<number> {
  let waiting = 0;
  page.on('request', () => {
    waiting += 1;
  });
  page.on('requestfinished', () => {
    waiting -= 1;
  });
  const now = (): Promise<number> => page.evaluate(() => Date.now());
  const begun = await now();
  for (let second = 0; second < 125; second += 1) {
    await page.clock.runFor(1_000);
    await expect.poll(() => waiting, { interval: 5 }).toBeLessThanOrEqual(0);
  }
  return ((await now()) - begun) / 60_000;
}

describe('the history is asked for', () => {
  it('once a minute, and not at all when updates are off', async () => {
    const { page } = await openPage(served.origin);
    await page.clock.install();
    const asked = countRequests(page);
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await card(page).locator('canvas').waitFor();
    asked.beginAnew();
    const minutes = await minutesPass(page);
    const times = asked.paths.filter((path) => HISTORY.test(path)).length;
    expect(times).toBeGreaterThanOrEqual(2);
    expect(times).toBeLessThanOrEqual(Math.ceil(minutes));
    await chooseInDisplay(page, 'Off');
    await page.waitForLoadState('networkidle');
    await expectSilence(page, asked);
  });

  it('not on a phone, which has neither line nor chart', async () => {
    const { page } = await openPage(served.origin, { device: 'phone' });
    await page.clock.install();
    const asked = countRequests(page);
    const files: string[] = [];
    page.on('request', (request) => void files.push(new URL(request.url()).pathname));
    await page.goto('/?window=7d');
    await verdictOf(page, 'retrying');
    await aMinutePasses(page);
    await expectToAsk(page, asked);
    expect(files.filter((path) => /\/api\/history|istory(Chart|Parts)/.test(path))).toEqual([]);
    expect(await page.locator('#history').count()).toBe(0);
  });
});
