import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Program } from '../support/process.ts';
import { PRIMARY, primaryOf, verdictOf } from './support/console.ts';
import { dialogOn, doIt, pressIn } from './support/dialog.ts';
import { type By, handOf } from './support/hand.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepsByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
const SETTINGS = { SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' };
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start(SETTINGS);
  await sweptAtStart(program);
  await served.world.leakMany(3);
});

const pauseNow = async () => (await program.call<Status>('/api/status')).body.pause;

const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

describe('pausing', () => {
  it.each(SCREENS)(
    'takes a reason and a time, asks for a name once, says so everywhere, and is taken back (%s, %s, by %s)',
    async (device, theme, by) => {
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      if (device === 'phone') await page.setViewportSize({ width: 360, height: 740 });
      const [hand, dialog, asked] = [handOf(page, by), dialogOn(page), countRequests(page)];
      await page.goto('/');
      await verdictOf(page, 'waiting');

      await hand.press(page.getByRole('button', { name: 'Pause sweeping…' }));
      await dialog.waitFor();
      expect(await dialog.innerText()).toMatch(/^Pause sweeping in staging\n+3 open orphans\. The oldest: /);
      await screenshot(opened, 'dialog-pause');
      await expectReadable(opened);
      await hand.press(pressIn(dialog));
      expect(await dialog.isVisible(), 'without a reason nothing is asked').toBe(true);
      await hand.type(dialog.getByLabel('Reason'), 'migration');
      await hand.choose(dialog.getByLabel('4 h'));
      await hand.type(dialog.getByLabel('Your name'), 'Anna');
      expect(asked.paths).not.toContain('PUT /api/pause');
      await doIt(page, hand);

      expect(await verdictOf(page, 'paused')).toMatch(
        /^Paused by Anna until (\d{4}-\d\d-\d\d )?\d\d:\d\dZ: migration$/,
      );
      const pause = await pauseNow();
      expect(pause).toMatchObject({ actor: 'Anna', reason: 'migration' });
      expect(Date.parse(pause?.until ?? '') - Date.parse(pause?.since ?? '')).toBeCloseTo(4 * 3_600_000, -4.5);

      await hand.press(page.getByRole('button', { name: 'Sweep now (3)…' }).and(page.locator(':visible')));
      await dialog.waitFor();
      expect(await dialog.innerText()).toMatch(
        /Paused by Anna \(unverified\) until .*: migration\. This one sweep runs/,
      );
      await screenshot(opened, 'dialog-sweep-while-paused');
      await expectReadable(opened);
      await hand.press(dialog.getByRole('button', { name: 'Not now' }));
      await dialog.waitFor({ state: 'detached' });
      expect(await sweepsByHand(program)).toEqual([]);

      await hand.press(page.locator(PRIMARY));
      await dialog.waitFor();
      expect(await dialog.innerText()).toContain('As Anna (unverified)');
      await screenshot(opened, 'dialog-resume');
      await expectReadable(opened);
      await doIt(page, hand);
      await verdictOf(page, 'waiting');
      expect(await pauseNow()).toBeNull();
    },
  );

  it('until a time of one’s own, in the zone in which times are shown; then longer, under another name', async () => {
    const { page } = await openPage(served.origin, { timeZone: 'Asia/Kolkata' });
    await page.addInitScript(() => localStorage.setItem('orphan-sweeper.display', '{"zone":"local"}'));
    await page.addInitScript(() => localStorage.setItem('orphan-sweeper.actor', 'Anna'));
    const dialog = dialogOn(page);
    await page.goto('/');
    await page.getByRole('button', { name: 'Pause sweeping…' }).click();
    await dialog.getByLabel('Reason').fill('migration');
    await dialog.getByLabel('A time…').check();
    const inThreeDays = new Date(Date.now() + 72 * 3_600_000).toISOString().slice(0, 10);
    await dialog.getByLabel('Time, in your own zone').fill(`${inThreeDays}T05:30`);
    await doIt(page, handOf(page, 'pointer'));
    await verdictOf(page, 'paused');
    expect((await pauseNow())?.until).toBe(`${inThreeDays}T00:00:00.000Z`);

    await page.getByRole('button', { name: 'Pause longer…' }).click();
    await dialog.getByLabel('Reason').fill('it takes longer');
    await dialog.getByLabel('Tomorrow 09:00').check();
    await dialog.getByRole('button', { name: 'Change your name' }).click();
    await dialog.getByLabel('Your name').fill('Ben');
    await doIt(page, handOf(page, 'pointer'));
    await expect.poll(() => verdictOf(page, 'paused')).toMatch(/^Paused by Ben .*: it takes longer$/);
    expect(await page.evaluate(() => localStorage.getItem('orphan-sweeper.actor'))).toBe('Ben');
  });

  it('not answered, it says so where it was asked, and nothing typed is lost', async () => {
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    // While it is started anew it cannot read its database yet.
    recording.expectStatus(503);
    recording.expectAway();
    const dialog = dialogOn(page);
    await page.goto('/');
    await page.getByRole('button', { name: 'Pause sweeping…' }).click();
    await dialog.getByLabel('Reason').fill('migration');
    await dialog.getByLabel('Your name').fill('Anna');
    await served.kill();
    // What lies behind a dialog has no headings for anybody; only its attribute can be read.
    await expect.poll(() => page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('not_answering');
    await pressIn(dialog).click();
    expect(await dialog.getByRole('alert').innerText()).toMatch(
      /^Not known whether it was done\. The server did not answer/,
    );
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('migration');
    await screenshot(opened, 'dialog-not-answered');
    await expectReadable(opened);

    program = await served.start(SETTINGS);
    await doIt(page, handOf(page, 'pointer'));
    await verdictOf(page, 'paused');
    expect(await pauseNow()).toMatchObject({ actor: 'Anna', reason: 'migration' });
  });

  it('asked for while the server is away: the page says that nothing opens, and goes on', async () => {
    const { page, recording } = await openPage(served.origin);
    recording.expectAway();
    await page.goto('/');
    await verdictOf(page, 'waiting');
    const pause = page.getByRole('button', { name: 'Pause sweeping…' });
    await pause.waitFor();
    await page.context().setOffline(true);
    await pause.click();
    await expect.poll(() => page.locator('p[role="alert"]').innerText()).toMatch(/^The dialog could not be loaded/);
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await dialogOn(page).waitFor();
    await expect.poll(() => page.locator('p[role="alert"]').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(async () => (await primaryOf(page))?.words).toBe('Sweep now (3)');
  });
});
