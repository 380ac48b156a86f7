import { beforeEach, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { PRIMARY, primaryOf, verdictOf } from './support/console.ts';
import { dialogOn, doIt } from './support/dialog.ts';
import { type By, handOf } from './support/hand.ts';
import { holdStops } from './support/held-stops.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepsByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start({
    SWEEP_INTERVAL_SECONDS: '3600',
    SWEEP_LIMIT: '4',
    SWEEP_CONCURRENCY: '2',
    STOP_TIMEOUT_SECONDS: '100',
    SWEEP_DEADLINE_SECONDS: '200',
    ENVIRONMENT_NAME: 'staging',
  });
  await sweptAtStart(program);
});

const REPORT = 'section[aria-label="The sweep you asked for"]';
const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

it.each(SCREENS)(
  'sweeping all goes on until none is left, with its progress; and is cancelled, with what was done kept (%s, %s, by %s)',
  async (device, theme, by) => {
    const instances = (await served.world.leakMany(10)).map(({ instance_id: instanceId }) => instanceId ?? '');
    const stops = holdStops(served.world, instances);
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    if (device === 'phone') await page.setViewportSize({ width: 360, height: 740 });
    const [hand, dialog, report] = [handOf(page, by), dialogOn(page), page.locator(REPORT)];
    await page.goto('/');
    await verdictOf(page, 'waiting');
    await expect.poll(async () => (await primaryOf(page))?.words).toBe('Sweep now (4 of 10)');

    await hand.press(page.getByRole('button', { name: 'Sweep all 10…' }));
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(/^Sweep all 10 in staging\n+10 open orphans\. The oldest: /);
    await screenshot(opened, 'dialog-drain');
    await expectReadable(opened);
    await hand.type(dialog.getByLabel('Reason'), 'after the outage');
    await hand.type(dialog.getByLabel('Your name'), 'Anna');
    await doIt(page, hand);

    for (let answered = 0; answered < 5; answered += 1) {
      await until(() => stops.waiting() > 0, { what: 'the next Stop' });
      stops.answer(1);
    }
    await expect.poll(() => report.innerText()).toContain('5 of 10 so far');
    await expect.poll(() => page.locator(PRIMARY).innerText()).toBe('5 of 10');
    await screenshot(opened, 'drain-progress');
    await expectReadable(opened);

    const [running] = await sweepsByHand(program);
    const own = await openPage(served.origin, { device, theme });
    await own.page.goto(`/sweeps/${running?.id}`);
    await expect.poll(() => own.page.getByRole('region', { name: 'Facts' }).innerText()).toMatch(/Running\s*· 5 of 10/);
    expect(await own.page.getByRole('progressbar', { name: '5 of 10 orphans attempted' }).count()).toBe(1);
    await screenshot(own, 'sweep-progress');
    await expectReadable(own);
    await own.close();

    await hand.press(report.getByRole('button', { name: 'Cancel this sweep…' }));
    await dialog.waitFor();
    await expect.poll(() => dialog.innerText()).toMatch(/^Cancel this sweep in staging\n+5 of 10 have been tried\./);
    expect(await dialog.innerText()).toContain('As Anna (unverified)');
    await screenshot(opened, 'dialog-cancel');
    await expectReadable(opened);
    await doIt(page, hand);
    await expect.poll(() => report.innerText()).toMatch(/Being cancelled…|Cancelled by Anna/);
    stops.answerAll();
    await expect.poll(() => report.innerText()).toMatch(/^Cancelled\n/);
    expect(await report.innerText()).toContain('Cancelled by Anna (unverified).');
    const [sweep] = await sweepsByHand(program);
    expect(sweep).toMatchObject({ drain: true, requestedBy: 'Anna', reason: 'after the outage', result: 'cancelled' });
    expect(sweep?.counts['stopped']).toBeLessThan(10);

    await hand.press(report.getByRole('link', { name: 'See this sweep' }));
    const facts = page.getByRole('region', { name: 'Facts' });
    await expect.poll(() => facts.innerText()).toMatch(/By hand, to sweep all/);
    expect(await facts.innerText()).toMatch(/Cancelled by\n+Anna \(unverified\), /);
    expect(await facts.innerText()).toMatch(/Reason\n+after the outage/);
    await screenshot(opened, 'sweep-cancelled', { fullPage: true });
    await expectReadable(opened);
  },
);

it('sweeping all comes to its end by itself, past the limit of one sweep', async () => {
  const instances = await served.world.leakMany(10);
  const { page } = await openPage(served.origin);
  await page.addInitScript(() => localStorage.setItem('orphan-sweeper.actor', 'Anna'));
  await page.goto('/');
  await page.getByRole('button', { name: 'Sweep all 10…' }).click();
  await dialogOn(page).getByLabel('Reason').fill('after the outage');
  await doIt(page, handOf(page, 'pointer'));
  await expect.poll(() => page.locator(REPORT).innerText()).toContain(`${instances.length} of 10 cleared.`);
  await verdictOf(page, 'clear');
});
