import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { PRIMARY, verdictOf } from './support/console.ts';
import { dialogOn, doIt } from './support/dialog.ts';
import { type By, handOf } from './support/hand.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepsByHand, sweptAtStart } from './support/sweeps.ts';

const REPORT = 'section[aria-label="The sweep you asked for"]';
const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' });
  await sweptAtStart(program);
});

const stopped = (): (string | null)[] =>
  served.world.controlPlane.calls
    .filter(({ route }) => route === 'stop')
    .map(({ instanceId }) => instanceId)
    .sort();

describe('a dry run', () => {
  it.each(SCREENS)(
    'stops nothing, lists what would be stopped, and then does it to these and no others (%s, %s, by %s)',
    async (device, theme, by) => {
      const leaked = await served.world.leakMany(3);
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      const hand = handOf(page, by);
      await page.goto('/');
      await verdictOf(page, 'waiting');
      await hand.press(page.getByRole('button', { name: 'Dry run (3)' }));
      await expect.poll(() => page.locator(REPORT).innerText()).toContain('3 orphans would be stopped.');
      expect(await page.locator(PRIMARY).innerText(), 'that is another sweep').toBe('Sweep now (3)');
      await screenshot(opened, 'dry-run-now');
      await expectReadable(opened);
      await hand.press(page.getByRole('link', { name: 'See this sweep' }));
      const press = page.getByRole('button', { name: 'Sweep 3 now' });
      await press.waitFor();
      expect(stopped()).toEqual([]);
      await screenshot(opened, 'dry-run-offer', { fullPage: true });
      await expectReadable(opened);

      await served.world.leakMany(1);
      await hand.press(press);
      await expect.poll(() => page.locator(REPORT).innerText()).toContain('3 of 3 cleared.');
      expect(stopped()).toEqual(leaked.map((row) => row.instance_id).toSorted());
      const [last] = await sweepsByHand(program);
      expect(last).toMatchObject({ dryRun: false, workspaceIds: leaked.map(({ id }) => id).toSorted() });
    },
  );

  it('that is out of date does nothing, and says so', async () => {
    const leaked = await served.world.leakMany(3);
    const { page, recording } = await openPage(served.origin);
    await page.goto('/');
    await page.getByRole('button', { name: 'Dry run (3)' }).click();
    await page.getByRole('link', { name: 'See this sweep' }).click();
    const press = page.getByRole('button', { name: 'Sweep 3 now' });
    await press.waitFor();
    await served.world.platformDatabase.query('update workspaces set instance_id = null where id = $1', [
      leaked[0]?.id,
    ]);
    const open = async () => (await program.call<Status>('/api/status')).body.counts?.open;
    await until(async () => (await open()) === 2, { what: 'the server to see that one is gone' });
    recording.expectStatus(409);
    await press.click();
    await expect
      .poll(() => page.locator(REPORT).innerText())
      .toMatch(/^Not swept: 3 orphans were expected, but there are 2\./);
    expect(stopped()).toEqual([]);
  });

  it('that found more than a person has read asks first', async () => {
    await served.world.leakMany(26);
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    const { page } = opened;
    await page.goto('/');
    await page.getByRole('button', { name: 'Dry run (26)' }).click();
    await page.getByRole('link', { name: 'See this sweep' }).click();
    await page.getByRole('button', { name: 'Sweep 26 now…' }).click();
    await dialogOn(page).waitFor();
    expect(await dialogOn(page).innerText()).toMatch(
      /^Sweep 26 now in staging\n+26 orphans that the dry run would have/,
    );
    await screenshot(opened, 'dialog-after-dry-run');
    await expectReadable(opened);
    expect(stopped()).toEqual([]);
    await doIt(page, handOf(page, 'pointer'));
    await expect.poll(() => page.locator(REPORT).innerText()).toContain('26 of 26 cleared.');
  });
});
