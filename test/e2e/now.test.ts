import { beforeEach, describe, expect, it } from 'vitest';
import { seriousFindings } from './support/accessibility.ts';
import { ORPHAN, verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sticksOut } from './support/sideways.ts';
import { measureFirstData } from './support/slow-phone.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
});

/** Swept once, at the start. */
const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600' };
/** A server that refuses; one that says nothing must be waited for first. */
const WITHIN_MS = 10_000;
const WITHIN_MS_IF_SILENT = 15_000;

/** Two orphans that are not cleared, one of them with a name for which no screen is wide enough. */
async function leakTwo(): Promise<void> {
  const malformed = { kind: 'status', status: 400 } as const;
  for (const name of ['dev-7', 'a-workspace-with-a-name-that-somebody-gave-it-without-a-thought-of-small-screens']) {
    const { instance_id: instanceId } = await served.world.leak(name);
    served.world.controlPlane.fail(instanceId ?? '', malformed);
  }
}

describe('the Now page', () => {
  const screens: [Device, Theme][] = [
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ];
  it.each(screens)(
    'lists what leaks (%s, %s), can be read by everybody, and scrolls only down',
    async (device, theme) => {
      await leakTwo();
      await served.start(SELDOM);
      const opened = await openPage(served.origin, { device, theme });
      await opened.page.goto('/');
      expect(await verdictOf(opened.page, 'retrying')).toBe('2 orphans are retrying by themselves');
      await opened.page.locator(ORPHAN, { hasText: 'dev-7' }).waitFor();
      expect(await opened.page.locator(ORPHAN).count()).toBe(2);
      expect(await sticksOut(opened.page)).toEqual([]);
      expect(await seriousFindings(opened)).toEqual({ light: [], dark: [] });
      await screenshot(opened, 'now-retrying');
    },
  );

  it('says within 10 s that the server is away, keeps what it knew with its time, and heals without a reload', async () => {
    await leakTwo();
    await served.start(SELDOM);
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await page.locator(ORPHAN).first().waitFor();
    const loadedAt = await page.evaluate(() => performance.timeOrigin);

    recording.expectAway();
    await served.kill();
    expect(await verdictOf(page, 'not_answering', WITHIN_MS)).toMatch(
      /^Server not answering\. Data from \d\d:\d\d:\d\dZ$/,
    );
    expect(await page.locator('.outdated').locator(ORPHAN).count()).toBe(2);
    expect(await page.locator('main').innerText()).toMatch(/as of \d\d:\d\d:\d\dZ/);
    await screenshot(opened, 'now-server-not-answering');

    // It listens before it can read its database.
    recording.expectStatus(503);
    await served.start(SELDOM);
    await verdictOf(page, 'retrying');
    await page.locator('.outdated').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loadedAt);
  });

  it('says so, too, of a server that takes requests and says nothing', async () => {
    await served.start(SELDOM);
    const { page } = await openPage(served.origin);
    await page.goto('/');
    await verdictOf(page, 'clear');
    served.freeze();
    await verdictOf(page, 'not_answering', WITHIN_MS_IF_SILENT);
    served.thaw();
    await verdictOf(page, 'clear');
  });

  it('says which database is away, and never that all is clear', async () => {
    await served.start(SELDOM);
    const { page, recording } = await openPage(served.origin);
    await page.goto('/');
    await verdictOf(page, 'clear');

    await served.platformDatabase.cut();
    expect(await verdictOf(page, 'platform_failing')).toContain('cannot be reached');
    await served.platformDatabase.open();
    await verdictOf(page, 'clear');

    recording.expectStatus(503);
    await served.homeDatabase.cut();
    expect(await verdictOf(page, 'home_unreadable')).toBe('Orphan Sweeper cannot read its own database');
    expect(await page.locator('body').innerText()).not.toMatch(/on schedule|never looked|no sweep/i);
    await served.homeDatabase.open();
    await verdictOf(page, 'clear');
  });
});

it('shows its first data on a slow phone (printed, not judged)', async () => {
  await served.world.leakMany(12);
  served.world.controlPlane.failAll({ kind: 'status', status: 503, on: 'stop' });
  await served.start(SELDOM);
  const runs = await measureFirstData(served.origin, { row: ORPHAN });
  expect(runs).toHaveLength(5);
});
