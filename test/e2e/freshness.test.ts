import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { listedOn, verdictOf } from './support/console.ts';
import { chooseInDisplay } from './support/display.ts';
import { holdStops } from './support/held-stops.ts';
import { holdAnswers } from './support/hold.ts';
import { openPage } from './support/open-page.ts';
import { expectSilence, expectToAsk } from './support/page-clock.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';
import { letItBeHidden } from './support/visibility.ts';

const CONNECTION = '[data-fact="connection"]';

let served: ServedWorld;
let leaked: string;
beforeEach(async () => {
  served = await createServedWorld();
  leaked = (await served.world.leak('dev-7')).instance_id ?? '';
  served.world.controlPlane.fail(leaked, { kind: 'status', status: 400 });
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600' }));
});

/** The Now page with one orphan on it, and with a clock that can be set forward. */
async function openNow() {
  const opened = await openPage(served.origin);
  const { page } = opened;
  const asked = countRequests(page);
  const show = await letItBeHidden(page);
  await page.clock.install();
  await page.goto('/');
  await verdictOf(page, 'retrying');
  await expect.poll(() => listedOn(page)).toBe(1);
  return { ...opened, asked, show };
}

describe('promise 9: the console tells the truth: the age of what is shown', () => {
  it('goes up while no answer comes, and down when one does', async () => {
    const { page } = await openNow();
    const age = async () => Number(/^Live · (\d+) s$/.exec(await page.locator(CONNECTION).innerText())?.[1]);
    const letGo = await holdAnswers(page, '**/api/status');
    await expect.poll(age).toBeGreaterThanOrEqual(5);
    await letGo();
    await expect.poll(age).toBeLessThan(5);
  });

  it('is that of the server’s data, whatever this machine’s clock says', async () => {
    const { page } = await openPage(served.origin);
    await page.clock.install({ time: new Date('2031-05-01T00:00:00Z') });
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await expect.poll(() => page.locator(CONNECTION).innerText()).toMatch(/^Live · \d s$/);
    expect(await page.locator('main').innerText()).not.toContain('2031');
  });
});

describe('a page that wakes', () => {
  it('is checking, greyed, until the first answer, and then live again', async () => {
    const opened = await openNow();
    const { page } = opened;
    const letGo = await holdAnswers(page, '**/api/**');
    await page.clock.fastForward('01:00:00');
    expect(await verdictOf(page, 'checking')).toBe('Checking…');
    expect(await page.locator('.outdated').getByText('dev-7').count()).toBe(1);
    expect(await page.locator('main').innerText()).toMatch(/as of ([\d-]+ )?\d\d:\d\d:\d\dZ/);
    expect(await page.locator(CONNECTION).innerText()).toMatch(/^Checking… · (59 min|1 h)/);
    await screenshot(opened, 'woken');
    await letGo();
    await verdictOf(page, 'retrying');
    await expect.poll(() => page.locator('.outdated').count()).toBe(0);
    expect(await page.locator(CONNECTION).innerText()).toMatch(/^Live · /);
  });
});

describe('nothing is asked', () => {
  it('while the tab is hidden; once it is seen again, at once', async () => {
    const { page, asked, show } = await openNow();
    await expectToAsk(page, asked);
    await show('hidden');
    await expectSilence(page, asked);
    await show('visible');
    await expect.poll(() => asked.paths).toContain('GET /api/status');
  });

  it('when updates are off, seen or hidden, also after a sweep was followed; and it never says Live', async () => {
    const opened = await openNow();
    const { page, asked, show } = opened;
    await page.getByRole('button', { name: 'Sweep now (1)' }).click();
    await page.getByText('0 of 1 cleared.').waitFor();
    await expectToAsk(page, asked);
    await chooseInDisplay(page, 'Off');
    await expect.poll(() => page.locator(CONNECTION).innerText()).toMatch(/^Updates off · /);
    await page.waitForLoadState('networkidle');
    await expectSilence(page, asked);
    await expectSilence(page, asked, async () => {
      await show('hidden');
      await show('visible');
    });
    expect(await page.locator('header').innerText()).not.toContain('Live');
    await screenshot(opened, 'updates-off');

    await chooseInDisplay(page, 'Every 5 s');
    await expectToAsk(page, asked);
    await expect.poll(() => page.locator(CONNECTION).innerText()).toMatch(/^Live · /);
  });

  it('when nobody is signed in, even of the sweep that is followed; what is known stays, and nothing navigates by itself', async () => {
    const { page, asked, show, recording } = await openNow();
    const stops = holdStops(served.world, [leaked]);
    await page.getByRole('button', { name: 'Sweep now (1)' }).click();
    await until(() => stops.waiting() > 0, { what: 'the Stop' });
    // It is followed from the answer to the order on, which may come later than the Stop.
    await expectToAsk(page, asked, /^GET \/api\/sweeps\/./);
    const loadedAt = await page.evaluate(() => performance.timeOrigin);
    recording.expectStatus(401);
    await page.route('**/api/**', (route) => route.fulfill({ status: 401, body: 'Sign in first' }));
    expect(await verdictOf(page, 'signed_out')).toBe('Signed out');
    await page.waitForLoadState('networkidle');
    await expectSilence(page, asked);
    await expectSilence(page, asked, async () => {
      await show('hidden');
      await show('visible');
    });
    expect(await listedOn(page)).toBe(1);
    expect(page.url()).toBe(`${served.origin}/`);
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loadedAt);

    await page.unrouteAll();
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await verdictOf(page, 'retrying');
  });
});
