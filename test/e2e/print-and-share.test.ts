import { beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../../server/api/attempts.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { wrongOnPaper } from './support/paper.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sticksOut } from './support/sideways.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

const DAY_MS = 86_400_000;
const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'dark'],
];

let served: ServedWorld;
let program: Program;
/** One that fails and one that is cleared at the start. */
let failing: string;
let cleared: string;
beforeEach(async () => {
  served = await createServedWorld();
  const bad = await served.world.leak('nightly-import');
  const good = await served.world.leak('dev-7');
  served.world.controlPlane.fail(bad.instance_id ?? '', { kind: 'status', status: 400 });
  [failing, cleared] = [bad.id, good.id];
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'production' });
  await sweptAtStart(program);
});

const act = (method: string, path: string, body: Readonly<Record<string, unknown>>) =>
  program.call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** Days go by, and the sweep at their end throws out what is too old. */
async function daysPass(days: number): Promise<void> {
  await served.world.timePasses(days * DAY_MS);
  await sweepByHand(program);
}

describe('on paper', () => {
  it.each(SCREENS)('every page has its address and its time, and nothing to press (%s, %s)', async (device, theme) => {
    const { id } = await sweepByHand(program);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await act('PUT', `/api/orphans/${failing}/hold`, { actor: 'Anna', reason: 'its disk is copied', until });
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    const pages = {
      now: '/',
      orphans: '/orphans?q=nightly',
      orphan: `/orphans/${failing}`,
      sweeps: '/sweeps',
      sweep: `/sweeps/${id}`,
      activity: '/activity',
      settings: '/settings',
    };
    for (const [name, address] of Object.entries(pages)) {
      await page.emulateMedia({ media: 'screen' });
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[data-fact="platform"]').waitFor({ state: 'attached' });
      await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0);
      expect(await page.locator('[data-print-head]').isVisible(), name).toBe(false);

      await page.emulateMedia({ media: 'print' });
      const head = await page.locator('[data-print-head]').innerText();
      expect(head, name).toMatch(/^Data from \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\n/);
      expect(head, name).toContain(`${served.origin}${address}`);
      expect(await page.getByText('production', { exact: true }).first().isVisible(), name).toBe(true);
      expect(await sticksOut(page), name).toEqual([]);
      expect(await wrongOnPaper(page), name).toEqual([]);
      await screenshot(opened, `print-${name}`, { fullPage: true });
    }
  });
});

describe('a link', () => {
  it('is copied from a sweep as from an orphan, and opens on the same', async () => {
    const { id } = await sweepByHand(program);
    const { page } = await openPage(served.origin);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    for (const address of [`/sweeps/${id}`, `/orphans/${failing}`]) {
      await page.goto(`${address}?after=&outcome=failed`);
      await page.getByRole('button', { name: 'Copy link' }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`${served.origin}${address}`);
    }
  });

  it('to a resolved orphan still says how it ended, and after 90 days that its attempts are gone', async () => {
    const opened = await openPage(served.origin);
    const { page } = opened;
    const gone = page.getByText('Older attempts are not kept any more');
    const open = async () => {
      await page.goto(`/orphans/${cleared}`);
      await page.getByRole('heading', { name: 'dev-7' }).waitFor();
      await page.getByText('Ended', { exact: true }).waitFor();
      await page.getByText('First seen').first().waitFor();
    };
    await daysPass(7);
    await open();
    await page.locator('section[aria-labelledby="timeline"]').getByText('Stopped').first().waitFor();
    expect(await gone.count()).toBe(0);

    await daysPass(84);
    const attempts = async () => (await program.call<{ items: Attempt[] }>(`/api/orphans/${cleared}/attempts`)).body;
    await until(async () => (await attempts()).items.length === 0, { what: 'its attempts to be thrown out' });
    await open();
    await gone.waitFor();
    await page.getByText('Attempts are kept for 90 days; older ones are gone.').waitFor();
    await screenshot(opened, 'orphan-not-kept', { fullPage: true });
    await expectReadable(opened);
  });

  it('to a sweep that was thinned says what is kept, and leads to the others', async () => {
    const { rows } = await served.world.home.query<{ id: string }>(
      `insert into sweeper.sweeps (tenant, trigger, requested_at, started_at, finished_at, result)
       select 'default', 'interval', at, at, at, 'nothing_to_do'
       from (select date_trunc('hour', now()) + make_interval(mins => n) as at from generate_series(1, 2) as n) as moments
       returning id`,
    );
    const [kept, thinned] = rows.map(({ id }) => id);
    await daysPass(4);
    await until(async () => (await program.call(`/api/sweeps/${thinned}`)).status === 404, {
      what: 'it to be thinned',
    });
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    await page.goto(`/sweeps/${kept}`);
    await page.getByText('Nothing to do').waitFor();
    recording.expectStatus(404);
    await page.goto(`/sweeps/${thinned}`);
    await page.getByText('There is no such sweep.').waitFor();
    await page.getByText('of those that found nothing, after 3 days one in 10 min').waitFor();
    await screenshot(opened, 'sweep-not-kept');
    await expectReadable(opened);
    await page.getByRole('link', { name: 'All sweeps' }).click();
    await page.getByText('Sweeps are kept for 90 days').waitFor();
  });

  it('to a workspace that nobody has seen does not say that it was forgotten: orphans are kept for good', async () => {
    await daysPass(400);
    const { page, recording } = await openPage(served.origin);
    await page.goto(`/orphans/${cleared}`);
    await page.getByRole('heading', { name: 'dev-7' }).waitFor();
    recording.expectStatus(404);
    await page.goto('/orphans/no-such-workspace');
    await page.getByText('Orphans are kept for good, those that were resolved long ago, too.').waitFor();
  });

  it('to what people did says where it ends', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await act('PUT', `/api/orphans/${failing}/hold`, { actor: 'Anna', reason: 'its disk is copied', until });
    const { page } = await openPage(served.origin);
    await page.goto('/activity');
    await page.getByText('What was done is kept for 90 days; what is older is gone.').waitFor();
  });
});
