import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { listedOn, PRIMARY, primaryOf, verdictOf } from './support/console.ts';
import { holdStops } from './support/held-stops.ts';
import { holdAnswers } from './support/hold.ts';
import { type Device, type OpenPage, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { countRequests } from './support/requests.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepsByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  // What leaks later is swept by hand or not at all; a Stop may take as long as the test wants.
  program = await served.start({
    SWEEP_INTERVAL_SECONDS: '3600',
    STOP_TIMEOUT_SECONDS: '100',
    SWEEP_DEADLINE_SECONDS: '200',
    ENVIRONMENT_NAME: 'staging',
  });
  await sweptAtStart(program);
});

const REPORT = 'section[aria-label="The sweep you asked for"]';
/** As many as a person is trusted to have read without a dialog, and one more. */
const FEW = 25;
const MANY = FEW + 1;

async function leak(count: number): Promise<string[]> {
  return (await served.world.leakMany(count)).map(({ instance_id: instanceId }) => instanceId ?? '');
}

/** The server looks at most every 2 s. */
async function seen(count: number): Promise<void> {
  const open = async () => (await program.call<Status>('/api/status')).body.counts?.open;
  await until(async () => (await open()) === count, { what: `the server to see ${count}` });
}

async function openNow(count: number, device?: Device, theme?: Theme): Promise<OpenPage> {
  const opened = await openPage(served.origin, {
    ...(device === undefined ? {} : { device }),
    ...(theme === undefined ? {} : { theme }),
  });
  await opened.page.goto('/');
  await verdictOf(opened.page, 'waiting');
  await expectPrimary(opened.page, `Sweep now (${count})`);
  return opened;
}

async function expectPrimary(page: Page, words: string): Promise<void> {
  await expect.poll(async () => (await primaryOf(page))?.words).toBe(words);
}

async function expectListed(page: Page, count: number): Promise<void> {
  await expect.poll(() => listedOn(page)).toBe(count);
}

const stopped = (): (string | null)[] =>
  served.world.controlPlane.calls
    .filter(({ route }) => route === 'stop')
    .map(({ instanceId }) => instanceId)
    .sort();

/** As quick as no hand is. */
async function pressQuickly(page: Page, times: number): Promise<void> {
  await page.locator(PRIMARY).evaluate((button, count) => {
    for (let press = 0; press < count; press += 1) if (button instanceof HTMLElement) button.click();
  }, times);
}

const byAnswer = (one: string, other: string): number => answerIn(one) - answerIn(other);
const answerIn = (text: string): number => Number(/answered (\d+)/.exec(text)?.[1]);

describe('Sweep now', () => {
  const screens: [Device, Theme][] = [
    ['desktop', 'light'],
    ['phone', 'dark'],
  ];
  it.each(screens)(
    'says how many, how far it is, and what became of each; a row leaves when the server says so (%s, %s)',
    async (device, theme) => {
      const instances = await leak(9);
      const [malformed = '', unlucky = ''] = instances.slice(7);
      served.world.controlPlane.fail(malformed, { kind: 'status', status: 400 });
      served.world.controlPlane.fail(unlucky, { kind: 'status', status: 503, times: 2 });
      const stops = holdStops(served.world, instances);
      const opened = await openNow(9, device, theme);
      const { page } = opened;
      const report = page.locator(REPORT);

      await page.locator(PRIMARY).click();
      for (let answered = 0; answered < 3; answered += 1) {
        await until(() => stops.waiting() > 0, { what: 'the next Stop' });
        stops.answer(1);
      }
      await expectPrimary(page, '3 of 9');
      expect(await report.innerText()).toContain('3 of 9 so far');
      expect(await report.getByRole('progressbar').getAttribute('value')).toBe('3');
      await expectListed(page, 6);
      await screenshot(opened, 'sweep-now-progress');

      const letGo = await holdAnswers(page, '**/api/orphans?*');
      stops.answerAll();
      await expect.poll(() => report.innerText()).toContain('7 of 9 cleared.');
      expect(await report.innerText()).toMatch(/^Partial\n.*\nStopped 7\nFailed 2$/s);
      await expectPrimary(page, 'Sweep now (2)');
      expect(await listedOn(page)).toBe(6);
      await letGo();
      await expectListed(page, 2);
      expect(stopped()).toEqual(instances.toSorted());
      await screenshot(opened, 'sweep-now-result');
      await expectReadable(opened);

      await report.getByRole('link', { name: 'See this sweep' }).click();
      const ends = page.getByRole('listitem').filter({ hasText: 'Instance' });
      await expect.poll(() => ends.filter({ hasText: 'Stopped' }).count()).toBe(7);
      expect((await ends.filter({ hasText: 'Failed' }).allInnerTexts()).toSorted(byAnswer)).toEqual([
        expect.stringContaining('answered 400'),
        expect.stringContaining('answered 503'),
      ]);
    },
  );

  it('pressed again sweeps what is left, until only what cannot heal is', async () => {
    const [malformed = '', unlucky = ''] = await leak(3);
    served.world.controlPlane.fail(malformed, { kind: 'status', status: 400 });
    served.world.controlPlane.fail(unlucky, { kind: 'status', status: 503, times: 2 });
    const { page } = await openNow(3);
    for (const left of [2, 2, 1]) {
      await page.locator(PRIMARY).click();
      await expect.poll(() => page.locator(REPORT).innerText()).toMatch(/cleared\./);
      await expectListed(page, left);
      await expectPrimary(page, `Sweep now (${left})`);
      await page.getByRole('button', { name: 'Put this report away' }).click();
      expect(await page.locator(REPORT).count()).toBe(0);
    }
  });

  it('pressed ten times quickly in each of two browsers sweeps once, and says who joined', async () => {
    const instances = await leak(9);
    const stops = holdStops(served.world, instances);
    const [first, second] = [await openNow(9), await openNow(9, 'phone', 'dark')];

    await pressQuickly(first.page, 10);
    await until(() => stops.waiting() > 0, { what: 'the first Stop' });
    await pressQuickly(second.page, 10);
    await expect.poll(() => second.page.locator(REPORT).innerText()).toContain('you joined it');
    stops.answerAll();
    for (const { page } of [first, second]) {
      await expect.poll(() => page.locator(REPORT).innerText()).toContain('9 of 9 cleared.');
      await verdictOf(page, 'clear');
    }
    expect(await first.page.locator(REPORT).innerText(), 'who began it has joined nobody').not.toContain('joined');
    expect(await sweepsByHand(program)).toHaveLength(1);
    expect(stopped()).toEqual(instances.toSorted());
  });
});

describe('Sweep now with more orphans than a person has read', () => {
  it('asks first, with the place, the number and the oldest; "Not now" does nothing', async () => {
    const instances = await leak(MANY);
    const opened = await openNow(MANY);
    const { page } = opened;
    const dialog = page.getByRole('alertdialog');
    const asked = countRequests(page);

    await page.locator(PRIMARY).click();
    await dialog.waitFor();
    const words = await dialog.innerText();
    expect(words).toContain(`Sweep now (${MANY}) in staging`);
    expect(words).toMatch(new RegExp(`${MANY} open orphans\\. The oldest: (23 h|1 d)`));
    await expectReadable(opened);
    await screenshot(opened, 'sweep-now-dialog');
    await dialog.getByRole('button', { name: 'Not now' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => asked.paths).toContain('GET /api/status');
    expect(asked.paths).not.toContain('POST /api/sweeps');
    expect(await sweepsByHand(program)).toEqual([]);

    await page.locator(PRIMARY).click();
    await dialog.getByRole('button', { name: `Sweep now (${MANY})` }).click();
    await expect.poll(() => page.locator(REPORT).innerText()).toContain(`${MANY} of ${MANY} cleared.`);
    await verdictOf(page, 'clear');
    expect(stopped()).toEqual(instances.toSorted());
  });

  it('does not ask where there are fewer', async () => {
    await leak(FEW);
    const { page } = await openNow(FEW);
    await page.locator(PRIMARY).click();
    await expect.poll(() => page.locator(REPORT).innerText()).toContain(`${FEW} of ${FEW} cleared.`);
  });

  it('fits a phone, with what to press under the thumb', async () => {
    await leak(MANY);
    const opened = await openNow(MANY, 'phone', 'dark');
    await opened.page.locator(PRIMARY).click();
    const press = opened.page.getByRole('alertdialog').getByRole('button', { name: `Sweep now (${MANY})` });
    await press.waitFor();
    const box = await press.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(780);
    await expectReadable(opened);
    await screenshot(opened, 'sweep-now-dialog');
  });

  it('does nothing, and says so, when there are others by then than was read', async () => {
    await leak(MANY);
    // The page looks once, and not again while it is being read.
    await seen(MANY);
    const { page, recording } = await openPage(served.origin);
    await page.addInitScript(() => {
      localStorage.setItem('orphan-sweeper.display', JSON.stringify({ refreshMs: 30_000 }));
    });
    await page.goto('/');
    await expectPrimary(page, `Sweep now (${MANY})`);
    await page.locator(PRIMARY).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.waitFor();
    await leak(1);
    await seen(MANY + 1);
    recording.expectStatus(409);
    await dialog.getByRole('button', { name: `Sweep now (${MANY})` }).click();
    await expect
      .poll(() => dialog.getByRole('alert').innerText())
      .toBe(`Not done. ${MANY} orphans were expected, but there are ${MANY + 1}.`);
    expect(await sweepsByHand(program)).toEqual([]);
    expect(stopped()).toEqual([]);
  });
});
