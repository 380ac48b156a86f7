import { beforeEach, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Program } from '../support/process.ts';
import { PRIMARY, verdictOf } from './support/console.ts';
import { dialogOn, doIt, pressIn } from './support/dialog.ts';
import { type By, handOf } from './support/hand.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start({
    SWEEP_INTERVAL_SECONDS: '3600',
    SWEEP_SURGE_LIMIT: '10',
    ENVIRONMENT_NAME: 'production',
  });
  await sweptAtStart(program);
  await served.world.leakMany(12);
});

const brakeNow = async () => (await program.call<Status>('/api/status')).body.brake;

const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

it.each(SCREENS)(
  'the brake is released by whoever has looked: with a reason, and the number typed as it is by then (%s, %s, by %s)',
  async (device, theme, by) => {
    const opened = await openPage(served.origin, { device, theme });
    const { page, recording } = opened;
    if (device === 'phone') await page.setViewportSize({ width: 360, height: 740 });
    const [hand, dialog, asked] = [handOf(page, by), dialogOn(page), countRequests(page)];
    await page.goto('/');
    expect(await verdictOf(page, 'brake')).toBe('Stopped by the safety brake: 12 new orphans in 10 min');
    expect(await page.getByText(/· next in/).count(), 'a next sweep that stops nothing').toBe(0);

    await hand.press(page.locator(PRIMARY));
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(/^Release the safety brake for 12 orphans in production\n/);
    expect(await dialog.innerText()).toMatch(
      /12 came within 10 min, over the limit of 10, .* 12 wait now, the oldest for /,
    );
    expect(await dialog.getByRole('list', { name: 'Some of them' }).getByRole('listitem').count()).toBe(5);
    await screenshot(opened, 'dialog-release');
    await expectReadable(opened);

    await hand.type(dialog.getByLabel('Reason'), 'we removed them');
    const number = dialog.getByLabel(/^Type the number of orphans/);
    await hand.type(number, '21');
    await hand.type(dialog.getByLabel('Your name'), 'Anna');
    await hand.press(pressIn(dialog));
    expect(await number.evaluate((input) => input instanceof HTMLInputElement && input.validationMessage)).toContain(
      'Type 12',
    );
    expect(asked.paths).not.toContain('POST /api/brake/release');

    await served.world.leakMany(3);
    recording.expectStatus(409);
    await hand.type(number, '12');
    await hand.press(pressIn(dialog));
    await expect
      .poll(() => dialog.getByRole('alert').innerText())
      .toBe('Not done. 12 were on the screen, but 15 wait by now.');
    expect(await dialog.innerText()).toMatch(/^Release the safety brake for 15 orphans in production\n/);
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('we removed them');
    expect(await brakeNow()).not.toBeNull();
    await screenshot(opened, 'dialog-release-moved');
    await expectReadable(opened);

    await hand.type(number, '15');
    await doIt(page, hand);
    expect(await verdictOf(page, 'waiting')).toMatch(/^15 orphans found/);
    expect(await brakeNow()).toBeNull();
  },
);
