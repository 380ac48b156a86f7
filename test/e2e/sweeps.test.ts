import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
import { type By, handOf } from './support/hand.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

const NIGHT = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' };
const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  const [, failing] = await served.world.leakMany(3);
  served.world.controlPlane.fail(failing?.instance_id ?? '', { kind: 'status', status: 400 });
  program = await served.start(SELDOM);
  await sweptAtStart(program);
});

/** Of yesterday: behind what the program did itself, and young enough to be kept. */
async function seed(count: number, result: string, of: { at: string; trigger?: string; by?: string; reason?: string }) {
  await served.world.home.query(
    `insert into sweeper.sweeps (tenant, trigger, result, requested_at, started_at, finished_at, requested_by, reason)
     select 'default', $1::sweeper.trigger, $2::sweeper.sweep_result, at, at, at + interval '2 s', $3, $4
     from generate_series(1, $5::int) as n, lateral (select $6::timestamptz + n * interval '1 min' as at) as times`,
    [of.trigger ?? 'interval', result, of.by ?? null, of.reason ?? null, count, of.at],
  );
}

const main = (page: Page) => page.locator('main').innerText();
const lines = (page: Page) => page.locator('main ol > li');
const search = (page: Page) => new URL(page.url()).search;

describe('the history', () => {
  it.each(SCREENS)(
    'finds who swept that night and what it did; what found nothing is one line, and unfolds in its place (%s, %s, by %s)',
    async (device, theme, by) => {
      await seed(58, 'nothing_to_do', { at: `${NIGHT}T01:00:00Z` });
      await seed(1, 'failed', { at: `${NIGHT}T03:00:00Z`, trigger: 'manual', by: 'Anna', reason: 'the pager rang' });
      await seed(4, 'nothing_to_do', { at: `${NIGHT}T04:00:00Z` });
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      const hand = handOf(page, by);
      await page.goto('/sweeps');
      await expect
        .poll(() => main(page))
        .toMatch(new RegExp(`Partial.*4 quiet sweeps.*day ${NIGHT} UTC.*Anna.*58 quiet sweeps`, 's'));
      const night = lines(page).filter({ hasText: 'Anna' });
      // How long ago that was is known when the server's time is.
      await expect
        .poll(() => night.innerText())
        .toMatch(/^03:01:00Z · .* ago\s+Failed\s+By hand · took 2\.0 s\s+Anna \(unverified\): the pager rang$/);
      expect(await lines(page).first().innerText()).toMatch(/Stopped 2\s+Failed 1\s+At start/);
      expect(await lines(page).count()).toBe(4);
      await screenshot(opened, 'sweeps-history', { fullPage: true });
      await expectReadable(opened);

      await hand.press(page.getByRole('link', { name: '58 quiet sweeps' }));
      await expect.poll(() => search(page)).toMatch(/^\?quiet=true&after=./);
      await expect.poll(() => lines(page).count()).toBe(50);
      expect(await lines(page).first().innerText()).toMatch(/^01:58:00Z .*Nothing to do/s);
      expect(await main(page)).not.toContain('Anna');
      await screenshot(opened, 'sweeps-unfolded');
      await expectReadable(opened);
      await hand.press(page.getByRole('link', { name: 'Next page' }));
      await expect.poll(() => lines(page).count()).toBe(8);
      expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0);
      await page.goBack();
      await expect.poll(() => lines(page).count()).toBe(50);
      await hand.press(page.getByRole('link', { name: 'First page' }));
      await expect.poll(() => search(page)).toBe('?quiet=true');
      await expect.poll(() => lines(page).first().innerText()).toMatch(/Partial/);
    },
  );

  it('shows those that were asked for, by an address that can be pasted', async () => {
    await seed(3, 'nothing_to_do', { at: `${NIGHT}T01:00:00Z` });
    await sweepByHand(program);
    const { page } = await openPage(served.origin);
    await page.goto('/sweeps?utm_source=chat');
    await expect.poll(() => lines(page).count()).toBe(3);
    await page.getByLabel('Why it ran').selectOption('By hand');
    await expect.poll(() => search(page)).toBe('?trigger=manual');
    await expect.poll(() => lines(page).count()).toBe(1);
    await page.getByLabel('Why it ran').selectOption('Any reason');
    await page.getByLabel('Result').selectOption('Nothing to do');
    await expect.poll(() => lines(page).count()).toBe(3);
    expect(await page.getByRole('checkbox').count(), 'there is nothing to fold').toBe(0);
    const pasted = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    await pasted.page.goto(page.url());
    await expect.poll(() => lines(pasted.page).count()).toBe(3);
    expect(await pasted.page.getByLabel('Result').inputValue()).toBe('nothing_to_do');
    await page.getByLabel('Result').selectOption('Skipped');
    await expect.poll(() => main(page)).toContain('No sweep is like that.');
    await page.getByRole('link', { name: 'Show all sweeps' }).click();
    await expect.poll(() => lines(page).count()).toBe(3);
    await page.getByLabel('Show quiet sweeps one by one').check();
    await expect.poll(() => lines(page).count()).toBe(5);
    expect(search(page)).toBe('?quiet=true');
  });

  it('a page that is none says so, and leads to the first', async () => {
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    const { page, recording } = opened;
    recording.expectStatus(400);
    await page.goto('/sweeps?trigger=boot&after=cut-short');
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/^There is no such page of this list\./);
    await screenshot(opened, 'sweeps-no-such-page');
    await expectReadable(opened);
    await page.getByRole('link', { name: 'First page' }).click();
    await expect.poll(() => lines(page).count()).toBe(1);
    expect(search(page)).toBe('?trigger=boot');
  });

  it('that is empty says whether there was none, or none that found anything', async () => {
    await served.world.home.query(`update sweeper.sweeps set result = 'nothing_to_do'`);
    const { page } = await openPage(served.origin);
    await page.goto('/sweeps');
    await expect.poll(() => main(page)).toMatch(/1 quiet sweep found nothing.*No sweep has found anything\./s);
    await served.world.home.query('truncate sweeper.sweeps cascade');
    await expect.poll(() => main(page)).toContain('There has been no sweep yet.');
  });

  it.each(['/sweeps', 'of one'])(
    '%s: while it cannot be read what was known stays, greyed; else it is said',
    async (which) => {
      const address = which === '/sweeps' ? which : `/sweeps/${(await sweepByHand(program)).id}`;
      const [opened, late] = [
        await openPage(served.origin),
        await openPage(served.origin, { device: 'phone', theme: 'dark' }),
      ];
      for (const { recording } of [opened, late]) recording.expectStatus(503);
      await opened.page.goto(address);
      // Not by its words: they stand in the filters, too, before there is any answer.
      const { page } = opened;
      const known = which === '/sweeps' ? page.locator('main a[href^="/sweeps/"]') : page.getByLabel('Facts');
      await known.first().waitFor();
      expect(await page.locator('.outdated').count()).toBe(0);
      await served.homeDatabase.cut();
      await expect
        .poll(() =>
          opened.page
            .locator('.outdated')
            .filter({ hasText: /By hand|At start/ })
            .count(),
        )
        .toBeGreaterThan(0);
      expect(await main(opened.page)).toMatch(/as of .*\d\d:\d\d:\d\dZ/);
      await late.page.goto(address);
      await expect
        .poll(() => late.page.getByRole('alert').innerText())
        .toMatch(/^(The sweeps|This sweep) could not be read\./);
      await expectReadable(late);
      await served.homeDatabase.open();
      await expect.poll(() => late.page.getByRole('alert').count()).toBe(0);
      await expect.poll(() => opened.page.locator('.outdated').count()).toBe(0);
    },
  );
});

describe('one sweep', () => {
  it.each(SCREENS)(
    'shows those that ended in one way, over all its attempts, page by page (%s, %s, by %s)',
    async (device, theme, by) => {
      const leaked = await served.world.leakMany(60);
      for (const { instance_id: instanceId } of leaked.slice(0, 3)) {
        served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 403 });
      }
      const { id, counts } = await sweepByHand(program);
      expect(counts).toMatchObject({ stopped: 57, failed: 4 });
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      const hand = handOf(page, by);
      const chips = page.getByRole('navigation', { name: 'Outcome' });
      await page.goto(`/sweeps/${id}`);
      await expect.poll(() => lines(page).count()).toBe(50);
      expect(await chips.innerText()).toMatch(/^All\s+Stopped 57\s+Failed 4$/);
      await screenshot(opened, 'sweep-attempts');
      await expectReadable(opened);
      // Behind three stops for each of fifty attempts: the tab key would come to it, but not soon.
      await page.getByRole('link', { name: 'Next page' }).press('Enter');
      await expect.poll(() => lines(page).count()).toBe(11);
      await hand.press(chips.getByRole('link', { name: 'Failed 4' }));
      await expect.poll(() => lines(page).count()).toBe(4);
      expect(search(page)).toBe('?outcome=failed');
      expect(await chips.locator('[aria-current]').innerText()).toBe('Failed 4');
      for (const line of await lines(page).allInnerTexts()) expect(line).toMatch(/^Failed/);
      await screenshot(opened, 'sweep-attempts-failed', { fullPage: true });
      await expectReadable(opened);

      const download = page.waitForEvent('download');
      await hand.press(page.getByRole('link', { name: 'Export 4 as CSV' }));
      expect((await download).suggestedFilename()).toMatch(/^failed-attempts-of-sweep-.*staging.*\.csv$/);
      await page.goto(`/sweeps/${id}?outcome=shared`);
      await expect.poll(() => main(page)).toContain('None ended like that.');
    },
  );

  it('that is not kept any more, or never was, says so', async () => {
    const { id } = await sweepByHand(program);
    const { page, recording } = await openPage(served.origin);
    recording.expectStatus(404);
    await served.world.home.query('delete from sweeper.sweeps where id = $1', [id]);
    await page.goto(`/sweeps/${id}`);
    await expect
      .poll(() => page.getByRole('alert').innerText())
      .toMatch(/^There is no such sweep\. It is not kept any more/);
    await page.getByRole('alert').getByRole('link', { name: 'All sweeps' }).click();
    await expect.poll(() => lines(page).count()).toBe(1);
  });
});
