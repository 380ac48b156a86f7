import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Sweep } from '../../server/api/sweeps.ts';
import { latchBrake } from '../support/acting.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { PRIMARY, verdictOf } from './support/console.ts';
import { dialogOn, doIt, pressIn } from './support/dialog.ts';
import { handOf } from './support/hand.ts';
import { holdStops } from './support/held-stops.ts';
import { type Device, type OpenPage, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { BEHIND_PROXY, calledBy, signIn } from './support/signed-in.ts';
import { sweptAtStart } from './support/sweeps.ts';

const VIEWER = 'You may look (viewer): this needs the role operator.';
const OPERATOR = 'You may look, sweep, hold and pause (operator): this needs the role admin.';

let served: ServedWorld;
let asOperator: Program;
let workspaceId: string;
let otherId: string;
beforeEach(async () => {
  served = await createServedWorld();
  workspaceId = (await served.world.leak('dev-7')).id;
  otherId = (await served.world.leak('dev-8')).id;
  served.world.controlPlane.failAll({ kind: 'status', status: 500, on: 'stop' });
  const program = await served.start({ ...BEHIND_PROXY, SWEEP_INTERVAL_SECONDS: '3600', SWEEP_LIMIT: '1' });
  asOperator = calledBy(program, 'ben@example.com', 'operator');
  await sweptAtStart(asOperator);
});

async function openedBy(who: 'viewer' | 'operator' | 'admin', path: string, device: Device = 'desktop', theme?: Theme) {
  const opened = await openPage(served.origin, { device, theme: theme ?? 'light' });
  await signIn(opened.page, 'anna@example.com', who);
  await opened.page.goto(path);
  return opened;
}

/** What is seen, and may not be pressed. */
const notYours = (page: Page) => page.locator('[data-not-yours]:visible');
const reasonsOn = (page: Page) => page.locator('[data-why-not]:visible').allInnerTexts();

/** Each is disabled, says why, and does nothing however it is pressed. */
async function expectNotYours({ page }: OpenPage, names: readonly RegExp[], why = VIEWER): Promise<void> {
  await expect.poll(async () => (await notYours(page).allInnerTexts()).length).toBe(names.length);
  const changes: string[] = [];
  page.on('request', (request) => void (request.method() === 'GET' || changes.push(request.url())));
  for (const [index, name] of names.entries()) {
    const button = notYours(page).nth(index);
    expect(await button.innerText()).toMatch(name);
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await button.getAttribute('title')).toBe(why);
    await button.click({ force: true });
    await button.press('Enter');
  }
  expect(await dialogOn(page).count()).toBe(0);
  expect(changes).toEqual([]);
  expect(new Set(await reasonsOn(page))).toEqual(new Set([why]));
}

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

describe('a viewer', () => {
  it.each(SCREENS)('sees what could be done, and why it is not theirs (%s, %s)', async (device, theme) => {
    const opened = await openedBy('viewer', '/', device, theme);
    const { page } = opened;
    await verdictOf(page, 'retrying');
    await expect.poll(() => page.locator(PRIMARY).innerText()).toBe('Sweep now (1 of 2)');
    await expectNotYours(opened, [
      /^Pause sweeping…$/,
      /^Sweep all 2…$/,
      /^Dry run \(1 of 2\)$/,
      /^Sweep now \(1 of 2\)$/,
    ]);
    expect(await reasonsOn(page)).toHaveLength(1);
    await screenshot(opened, 'viewer-now');
    await expectReadable(opened);

    await page.goto(`/orphans/${workspaceId}`);
    await expectNotYours(opened, [/^Try this one now$/, /^Hold…$/]);
    await screenshot(opened, 'viewer-orphan');
    await expectReadable(opened);

    await page.goto('/orphans');
    await page.getByRole('checkbox', { name: 'dev-7' }).check();
    await expectNotYours(opened, [/^Hold 1…$/, /^Sweep 1 now$/]);
    await screenshot(opened, 'viewer-selection');
    await expectReadable(opened);
  });

  it('cannot pause by key, and the keys say why', async () => {
    const { page } = await openedBy('viewer', '/');
    await verdictOf(page, 'retrying');
    await page.keyboard.press('p');
    // What comes after it comes to its dialog, and no other was open.
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await dialogOn(page).count()).toBe(0);
    expect(await page.getByRole('dialog', { name: 'Keys' }).innerText()).toContain(VIEWER);
  });

  it('cannot resume, end a hold, or acknowledge', async () => {
    const term = { reason: 'migration', until: new Date(Date.now() + 3_600_000).toISOString() };
    await change('PUT', `/api/orphans/${workspaceId}/hold`, term);
    await change('PUT', '/api/pause', term);
    // Stopped while it was restored: only a person can judge that.
    await served.world.home.query(
      `update sweeper.orphans set last_outcome = 'stopped_live', stuck_at = now() where workspace_id = $1`,
      [otherId],
    );
    await served.world.platform.restore(otherId);
    const opened = await openedBy('viewer', '/');
    const { page } = opened;
    expect(await verdictOf(page, 'paused')).toMatch(/^Paused by ben@example\.com until .*: migration$/);
    await expectNotYours(opened, [/^Pause longer…$/, /^Resume$/]);
    await page.goto(`/orphans/${workspaceId}`);
    await expectNotYours(opened, [/^End hold$/, /^Hold longer…$/]);
    await page.goto(`/orphans/${otherId}`);
    await expectNotYours(opened, [/^Acknowledge…$/, /^Hold…$/]);
  });

  it('cannot cancel a sweep, nor do what a dry run has shown', async () => {
    const dry = await change('POST', '/api/sweeps', { dryRun: true });
    await until(async () => (await asOperator.call<Sweep>(`/api/sweeps/${dry.id}`)).body.finishedAt, {
      what: 'the dry run to end',
    });
    const opened = await openedBy('viewer', `/sweeps/${dry.id}`);
    await expectNotYours(opened, [/^Sweep 1 now$/, /^Dry run again$/]);

    served.world.controlPlane.heal();
    const { rows } = await served.world.platformDatabase.query<{ instance_id: string }>(
      'select instance_id from workspaces',
    );
    const stops = holdStops(
      served.world,
      rows.map(({ instance_id: instanceId }) => instanceId),
    );
    const sweep = await change('POST', '/api/sweeps', {});
    await until(() => stops.waiting() > 0, { what: 'the Stop' });
    await opened.page.goto(`/sweeps/${sweep.id}`);
    await expectNotYours(opened, [/^Cancel this sweep…$/]);
    await screenshot(opened, 'viewer-sweep');
  });
});

describe('an operator', () => {
  it('acts under the name that was proved, is asked for none, and stands in the activity by it', async () => {
    const opened = await openedBy('operator', `/orphans/${workspaceId}`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Hold…' }).click();
    const dialog = dialogOn(page);
    await dialog.getByText('As anna@example.com').waitFor();
    expect(await dialog.innerText()).not.toContain('unverified');
    expect(await dialog.getByRole('textbox').count()).toBe(1);
    expect(await dialog.getByRole('button', { name: 'Change your name' }).count()).toBe(0);
    await screenshot(opened, 'operator-hold');
    await expectReadable(opened);
    await dialog.getByLabel('Reason').fill('its disk is copied');
    const [sent] = await Promise.all([
      page.waitForRequest((request) => request.method() === 'PUT'),
      doIt(page, handOf(page, 'pointer')),
    ]);
    expect(Object.keys(sent.postDataJSON())).toEqual(['reason', 'until']);
    await expect.poll(() => page.locator('main').innerText()).toMatch(/By anna@example\.com, /);
    await page.goto('/activity');
    await expect
      .poll(() => page.locator('main [data-line]').first().innerText())
      .toMatch(/anna@example\.com\s+Held\s+dev-7\s+its disk is copied/);
    expect(await page.locator('main').innerText()).not.toContain('unverified');
  });

  it('cannot release the brake, and reads that it takes an admin, who can', async () => {
    await latchBrake(served.world);
    const opened = await openedBy('operator', '/');
    await verdictOf(opened.page, 'brake');
    await expectNotYours(opened, [/^Review and release…$/], OPERATOR);
    await screenshot(opened, 'operator-brake');
    await expectReadable(opened);

    const { page } = await openedBy('admin', '/');
    await verdictOf(page, 'brake');
    await page.getByRole('button', { name: 'Review and release…' }).click();
    await dialogOn(page).getByText('As anna@example.com').waitFor();
    expect(await notYours(page).count()).toBe(0);
  });

  it('whose role was taken away meanwhile is refused by the server, in its own words', async () => {
    const { page, recording } = await openedBy('operator', `/orphans/${workspaceId}`);
    await page.getByRole('button', { name: 'Hold…' }).click();
    await dialogOn(page).getByLabel('Reason').fill('its disk is copied');
    recording.expectStatus(403);
    await signIn(page, 'anna@example.com', 'viewer');
    await pressIn(dialogOn(page)).click();
    await expect
      .poll(() => dialogOn(page).getByRole('alert').innerText())
      .toMatch(/^Not done\. This needs the role operator; anna@example\.com may act as viewer\./);
  });
});

describe('the Display menu', () => {
  it.each(SCREENS)(
    'says who is signed in, and lets nobody call themselves otherwise (%s, %s)',
    async (device, theme) => {
      const opened = await openedBy('operator', '/', device, theme);
      const { page } = opened;
      await verdictOf(page, 'retrying');
      await page.getByRole('button', { name: 'Display' }).click();
      await page.getByText('Signed in as anna@example.com (operator)').waitFor();
      expect(await page.getByRole('menuitem', { name: /Your name/ }).count()).toBe(0);
      // The proxy signs people out.
      expect(await page.getByRole('menuitem', { name: 'Sign out' }).count()).toBe(0);
      await screenshot(opened, 'operator-display');
      await expectReadable(opened);
    },
  );
});

async function change(method: string, path: string, body: Readonly<Record<string, unknown>>) {
  const answer = await asOperator.call<{ readonly id: string }>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
  return answer.body;
}
