import { beforeEach, describe, expect, it } from 'vitest';
import { seriousFindings } from './support/accessibility.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sticksOut } from './support/sideways.ts';
import { measureFirstData } from './support/slow-phone.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
  served.world.controlPlane.failAll({ kind: 'status', status: 503, on: 'stop' });
});

/** Swept once, at the start. */
const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600' };

describe('the page', () => {
  const screens: [Device, Theme][] = [
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ];
  it.each(screens)(
    'lists what leaks (%s, %s), can be read by everybody, and scrolls only down',
    async (device, theme) => {
      await served.world.leak('dev-7');
      await served.world.leak('a-workspace-with-a-name-that-somebody-gave-it-without-a-thought-of-small-screens');
      await served.start(SELDOM);
      const opened = await openPage(served.origin, { device, theme });
      await opened.page.goto('/');
      await opened.page.getByText('dev-7').waitFor();
      expect(await sticksOut(opened.page)).toEqual([]);
      expect(await seriousFindings(opened)).toEqual({ light: [], dark: [] });
      await screenshot(opened, 'two-orphans');
    },
  );

  it('says that the server is away, keeps what it knew, and heals without a reload', async () => {
    await served.world.leak('dev-7');
    await served.start(SELDOM);
    const { page, recording } = await openPage(served.origin);
    await page.goto('/');
    await page.getByText('dev-7').waitFor();
    await page.evaluate(() => {
      document.title = 'never reloaded';
    });

    recording.expectAway();
    await served.kill();
    await page.getByText('Server not answering').waitFor();
    expect(await page.getByText('dev-7').isVisible()).toBe(true);

    await served.world.leak('dev-8');
    await served.start(SELDOM);
    await page.getByText('dev-8').waitFor();
    expect(await page.getByText('Server not answering').count()).toBe(0);
    expect(await page.title()).toBe('never reloaded');
  });

  it('says so, too, of a server that takes requests and says nothing', async () => {
    await served.start(SELDOM);
    const { page } = await openPage(served.origin);
    await page.goto('/');
    await page.getByText('0 orphans').waitFor();
    served.freeze();
    await page.getByText('Server not answering').waitFor();
    served.thaw();
    await page.getByText('Server not answering').waitFor({ state: 'detached' });
  });

  it('says which database is away', async () => {
    await served.start(SELDOM);
    const { page, recording } = await openPage(served.origin);
    await page.goto('/');
    await page.getByText('0 orphans').waitFor();

    await served.platformDatabase.cut();
    await page.getByText('PLATFORM_DATABASE_URL').waitFor();
    await served.platformDatabase.open();

    recording.expectStatus(503);
    await served.homeDatabase.cut();
    await page.getByText('Server not answering').waitFor();
    await served.homeDatabase.open();
    await page.getByText('0 orphans').waitFor();
  });
});

it('shows its first data on a slow phone (printed, not judged)', async () => {
  await served.world.leakMany(12);
  await served.start(SELDOM);
  const runs = await measureFirstData(served.origin, { row: 'tbody tr' });
  expect(runs).toHaveLength(5);
});
