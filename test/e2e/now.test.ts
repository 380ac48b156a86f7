import type { Locator } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ORPHAN, verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

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

/** Its last line can be read: the bar at the bottom does not lie over it. */
async function expectUncovered(card: Locator): Promise<void> {
  const isOnTop = await card.evaluate((element) => {
    const { left, bottom } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + 20, bottom - 4));
  });
  expect(isOnTop).toBe(true);
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
      await sweptAtStart(await served.start(SELDOM));
      const opened = await openPage(served.origin, { device, theme });
      await opened.page.goto('/');
      expect(await verdictOf(opened.page, 'retrying')).toBe('2 orphans are retrying by themselves');
      await opened.page.locator(ORPHAN, { hasText: 'dev-7' }).waitFor();
      expect(await opened.page.locator(ORPHAN).count()).toBe(2);
      await expectReadable(opened);
      await screenshot(opened, 'now-retrying');
    },
  );

  it('has room on a phone for what to press, however many orphans there are', async () => {
    await served.world.leakMany(1000);
    served.world.controlPlane.failAll({ kind: 'status', status: 409, on: 'stop' });
    await sweptAtStart(await served.start(SELDOM));
    await served.world.home.query(`update sweeper.orphans set stuck_at = now()
      where id in (select id from sweeper.orphans order by orphaned_at limit 12)`);
    const opened = await openPage(served.origin, { device: 'phone' });
    const { page } = opened;
    await page.goto('/');
    await verdictOf(page, 'stuck');
    for (const words of ['Sweep now (100 of 1,000)', 'Show the 12']) {
      const box = await page.getByText(words, { exact: true }).and(page.locator(':visible')).boundingBox();
      expect(box?.x, words).toBeGreaterThanOrEqual(8);
      expect((box?.x ?? 0) + (box?.width ?? 0), words).toBeLessThanOrEqual(352);
    }
    await expectReadable(opened);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await expectUncovered(page.locator(ORPHAN).last());
    await screenshot(opened, 'now-many');
  });

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
    await expect.poll(() => page.locator('.outdated').count()).toBe(0);
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
