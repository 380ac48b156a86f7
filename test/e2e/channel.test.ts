import { expect, it } from 'vitest';
import { verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

it.each(SCREENS)('the channel is told by what one button puts on the clipboard (%s, %s)', async (device, theme) => {
  const served = await createServedWorld();
  const { id, instance_id: instanceId } = await served.world.leak('dev-7');
  served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 400 });
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' }));
  const opened = await openPage(served.origin, { device, theme });
  const { page } = opened;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/');
  await verdictOf(page, 'retrying');
  await page.getByRole('button', { name: 'Copy for the channel' }).click();
  await page.getByText('Copied: Copy for the channel').waitFor({ state: 'attached' });
  await screenshot(opened, 'copied-for-the-channel');
  await expectReadable(opened);
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  expect(lines[0]).toBe('**Orphan Sweeper (staging): 1 orphan is retrying by itself**');
  expect(lines.find((line) => line.startsWith('Oldest'))).toContain(`\`dev-7\``);
  expect(lines.find((line) => line.startsWith('Oldest'))).toContain(`${served.origin}/orphans/${id}`);
  expect(lines.at(-1)).toMatch(/^As of \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ · http:\/\/127\.0\.0\.1:\d+\/$/);

  // Every line leads to what it says.
  for (const line of lines) {
    const address = /http\S+$/.exec(line)?.[0];
    if (address === undefined) continue;
    await page.goto(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.getByText('could not be read').count(), address).toBe(0);
  }
});
