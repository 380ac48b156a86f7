import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { CHANGES } from '../support/workspace-changes.ts';
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
});

const ROW = '[data-line]';
const REPORT = 'section[aria-label="The sweep you asked for"]';
const barOn = (page: Page) => page.getByRole('region', { name: 'Selected orphans' });
const boxOf = (page: Page, name: string) => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });
const rowsOn = (page: Page) => page.locator(ROW).count();

async function leakNamed(...names: readonly string[]) {
  const rows = [];
  for (const name of names) rows.push(await served.world.leak(name));
  return rows.map(({ id, instance_id: instanceId }) => ({ id, instanceId: instanceId ?? '' }));
}

async function seen(count: number): Promise<void> {
  const open = async () => (await program.call<Status>('/api/status')).body.counts?.open;
  await until(async () => (await open()) === count, { what: `the server to see ${count}` });
}

const stopped = (): (string | null)[] =>
  served.world.controlPlane.calls
    .filter(({ route }) => route === 'stop')
    .map(({ instanceId }) => instanceId)
    .sort();

async function openList(rows: number, device: Device = 'desktop', theme: Theme = 'light') {
  const opened = await openPage(served.origin, { device, theme });
  await opened.page.goto('/orphans');
  await expect.poll(() => rowsOn(opened.page)).toBe(rows);
  return opened;
}

/** Two polls of the list have come and gone since. */
async function pollsPass(page: Page): Promise<void> {
  for (let poll = 0; poll < 2; poll += 1) await page.waitForResponse(/\/api\/orphans\?/);
}

const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

describe('what is selected', () => {
  it.each(SCREENS)('is swept, and nothing else is (%s, %s, by %s)', async (device, theme, by) => {
    const names = ['dev-1', 'dev-2', 'dev-3', 'dev-4', 'dev-5'];
    const leaked = await leakNamed(...names);
    const opened = await openList(5, device, theme);
    const { page } = opened;
    const hand = handOf(page, by);
    for (const name of ['dev-1', 'dev-3', 'dev-5']) {
      const box = boxOf(page, name);
      if (by === 'pointer') await box.check();
      else {
        await box.focus();
        await page.keyboard.press('Space');
      }
      expect(await box.isChecked()).toBe(true);
    }
    const bar = barOn(page);
    expect(await bar.innerText()).toMatch(/^3 selected/);
    await screenshot(opened, 'selection-bar');
    await expectReadable(opened);
    if (device === 'phone') {
      const box = await boxOf(page, 'dev-2').locator('..').boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }

    await hand.press(bar.getByRole('button', { name: 'Sweep 3 now' }));
    await expect.poll(() => page.locator(REPORT).innerText()).toContain('3 of 3 cleared.');
    expect(await bar.count()).toBe(0);
    expect(await page.locator('[data-report]').evaluate((one) => one === document.activeElement)).toBe(true);
    await expect.poll(() => rowsOn(page)).toBe(2);
    expect(stopped()).toEqual([leaked[0], leaked[2], leaked[4]].map((one) => one?.instanceId).sort());
    await screenshot(opened, 'selection-swept');
    await expectReadable(opened);
  });

  it.each(SCREENS)(
    'is held by one dialog, which does the rest where some fail (%s, %s, by %s)',
    async (device, theme, by) => {
      const [first, second] = await leakNamed('dev-1', 'dev-2', 'dev-3');
      const opened = await openList(3, device, theme);
      const { page, recording } = opened;
      const [hand, dialog] = [handOf(page, by), dialogOn(page)];
      await boxOf(page, 'dev-1').check();
      await boxOf(page, 'dev-2').check();
      await hand.press(barOn(page).getByRole('button', { name: 'Hold 2…' }));
      await dialog.waitFor();
      expect(await dialog.innerText()).toMatch(/^Hold 2 in staging\n+2 open orphans\. The oldest: /);
      await hand.type(dialog.getByLabel('Reason'), 'being copied');
      await hand.choose(dialog.getByLabel('Tomorrow 09:00'));
      await hand.type(dialog.getByLabel('Your name'), 'Anna');
      await screenshot(opened, 'dialog-hold-chosen');
      await expectReadable(opened);

      recording.expectStatus(404);
      await page.route(`**/api/orphans/${second?.id}/hold`, (route) =>
        route.fulfill({
          status: 404,
          contentType: 'application/problem+json',
          json: { code: 'not_found', detail: 'Gone.' },
        }),
      );
      const asked = countRequests(page);
      await hand.press(pressIn(dialog));
      await expect.poll(() => dialog.getByRole('alert').innerText()).toContain('1 of 2 workspaces held.');
      expect(await dialog.innerText()).toContain('Held: dev-1.');
      expect(await dialog.getByRole('list', { name: 'Not held' }).innerText()).toBe('dev-2 is not held: Gone.');
      expect(await dialog.getByLabel('Reason').inputValue()).toBe('being copied');
      await screenshot(opened, 'dialog-hold-chosen-partly');
      await expectReadable(opened);

      await page.unrouteAll({ behavior: 'wait' });
      asked.beginAnew();
      expect(await pressIn(dialog).innerText()).toBe('Hold the other 1');
      await doIt(page, hand);
      expect(asked.paths.filter((path) => path.startsWith('PUT'))).toEqual([`PUT /api/orphans/${second?.id}/hold`]);
      await expect.poll(() => page.locator(ROW).filter({ hasText: 'Held' }).count()).toBe(2);
      expect(await barOn(page).count()).toBe(0);
      const held = async (id: string) =>
        (await program.call<{ items: Orphan[] }>(`/api/orphans/${id}`)).body.items.map(({ hold }) => hold?.reason);
      expect([await held(first?.id ?? ''), await held(second?.id ?? '')]).toEqual([['being copied'], ['being copied']]);
    },
  );

  it('keeps the list as it is; what is new, and what is resolved meanwhile, is told', async () => {
    const leaked = await leakNamed('dev-1', 'dev-2', 'dev-3');
    const opened = await openList(3);
    const { page } = opened;
    await boxOf(page, 'dev-1').check();
    await boxOf(page, 'dev-2').check();
    const rows = await page.locator(ROW).allInnerTexts();
    await leakNamed('dev-4', 'dev-5');
    await expect.poll(() => barOn(page).innerText()).toContain('2 selected · 2 new not shown');
    expect((await page.locator(ROW).allInnerTexts()).length).toBe(rows.length);
    await CHANGES.restored(served.world, leaked[1]?.id ?? '');
    await expect.poll(() => barOn(page).innerText()).toContain('1 is resolved meanwhile');
    expect(await rowsOn(page)).toBe(3);
    expect(await barOn(page).getByRole('button', { name: 'Sweep 1 now' }).count()).toBe(1);
    await screenshot(opened, 'selection-frozen');
    await expectReadable(opened);

    await barOn(page).getByRole('button', { name: 'Sweep 1 now' }).click();
    await expect.poll(() => page.locator(REPORT).innerText()).toContain('2 new orphans not included.');
    await expect.poll(() => page.locator(REPORT).innerText()).toContain('1 of 1 cleared.');
    expect(stopped()).toEqual([leaked[0]?.instanceId]);
    await expect.poll(() => rowsOn(page)).toBe(3);
  });

  it('survives polls: with the focus, the scroll, an open dialog and what was typed into it', async () => {
    await served.world.leakMany(30);
    const { page } = await openList(30);
    const box = page.locator(ROW).nth(20).getByRole('checkbox');
    await box.check();
    await box.focus();
    const scrolled = await page.evaluate(() => window.scrollY);
    expect(scrolled).toBeGreaterThan(0);
    await pollsPass(page);
    expect(await box.isChecked()).toBe(true);
    expect(await box.evaluate((one) => one === document.activeElement)).toBe(true);
    expect(await page.evaluate(() => window.scrollY)).toBe(scrolled);

    await barOn(page).getByRole('button', { name: 'Hold 1…' }).click();
    const reason = dialogOn(page).getByLabel('Reason');
    await reason.fill('half a rea');
    await pollsPass(page);
    expect(await reason.inputValue()).toBe('half a rea');
    expect(await reason.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.keyboard.press('Escape');
    await dialogOn(page).waitFor({ state: 'detached' });
    expect(await box.isChecked()).toBe(true);
    await barOn(page).getByRole('button', { name: 'Clear selection' }).click();
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);
  });
});

describe('more than can be read one by one', () => {
  it('on one page: a dialog with the place, the number and the oldest', async () => {
    const leaked = await served.world.leakMany(26);
    const opened = await openList(26);
    const { page } = opened;
    await page.getByRole('checkbox', { name: 'Select all 26 on this page' }).check();
    await barOn(page).getByRole('button', { name: 'Sweep 26 now…' }).click();
    const dialog = dialogOn(page);
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(
      /^Sweep 26 now in staging\n+26 open orphans of 26 workspaces\. The oldest/,
    );
    await screenshot(opened, 'dialog-sweep-chosen');
    await expectReadable(opened);
    await doIt(page, handOf(page, 'pointer'));
    await expect.poll(() => page.locator(REPORT).innerText()).toContain('26 of 26 cleared.');
    expect(stopped()).toHaveLength(leaked.length);
  });

  it.each(SCREENS)(
    'all that match, across pages, in one sweep; another number is refused (%s, %s)',
    async (device, theme) => {
      await served.world.leakMany(120);
      const opened = await openList(50, device, theme);
      const { page, recording } = opened;
      const dialog = dialogOn(page);
      for (const box of device === 'phone' ? await page.locator(ROW).getByRole('checkbox').all() : [])
        await box.check();
      if (device === 'desktop') {
        await page.locator(ROW).nth(3).getByRole('checkbox').check();
        const head = page.getByRole('checkbox', { name: 'Select all 50 on this page' });
        expect(await head.evaluate((one) => one instanceof HTMLInputElement && one.indeterminate)).toBe(true);
        await head.check();
      }
      await barOn(page).getByRole('button', { name: 'Select all 120 that match' }).click();
      await expect.poll(() => barOn(page).innerText()).toContain('120 selected · 70 not on this page');
      await screenshot(opened, 'selection-across-pages');
      await expectReadable(opened);
      await barOn(page).getByRole('button', { name: 'Sweep 120 now…' }).click();
      await dialog.getByLabel('Your name').fill('Anna');
      await screenshot(opened, 'dialog-sweep-across-pages');

      const [one] = (await program.call<{ items: Orphan[] }>('/api/orphans?limit=1')).body.items;
      await CHANGES.restored(served.world, one?.workspaceId ?? '');
      await seen(119);
      recording.expectStatus(409);
      await pressIn(dialog).click();
      await expect
        .poll(() => dialog.getByRole('alert').innerText())
        .toBe('Not done. 120 orphans were expected, but there are 119.');
      expect(await dialog.innerText()).toContain('You chose 120; 119 of them are still open.');
      expect(await sweepsByHand(program)).toEqual([]);
      await screenshot(opened, 'dialog-sweep-mismatch');
      await expectReadable(opened);

      expect(await pressIn(dialog).innerText()).toBe('Sweep 119 now');
      await doIt(page, handOf(page, 'pointer'));
      await expect.poll(() => page.locator(REPORT).innerText()).toContain('119 of 119 cleared.');
      expect(await sweepsByHand(program)).toHaveLength(1);
    },
  );
});

describe('while sweeping is not as usual', () => {
  it('paused: it asks first, and says so', async () => {
    await leakNamed('dev-1');
    await program.call('/api/pause', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        reason: 'migration',
        until: new Date(Date.now() + 3_600_000).toISOString(),
        actor: 'Ben',
      }),
    });
    const { page } = await openList(1);
    await boxOf(page, 'dev-1').check();
    await barOn(page).getByRole('button', { name: 'Sweep 1 now…' }).click();
    await dialogOn(page).waitFor();
    expect(await dialogOn(page).innerText()).toContain('Paused by Ben');
  });

  it.each([
    ['dry run', { SWEEP_DRY_RUN: 'true' }, 'Dry run 1', null],
    ['the brake', { SWEEP_SURGE_LIMIT: '1' }, null, 'Stopped by the safety brake'],
    ['disabled', { CONTROL_PLANE_URL: '' }, null, 'Nothing is being stopped'],
  ] as const)(
    '%s: only what the server would do is offered, or it is said why nothing is',
    async (_what, env, label, why) => {
      await served.kill();
      program = await served.start({ ...SETTINGS, ...env });
      await leakNamed('dev-1', 'dev-2');
      const opened = await openList(2);
      const { page } = opened;
      await boxOf(page, 'dev-1').check();
      const bar = barOn(page);
      if (why !== null) await expect.poll(() => bar.innerText()).toContain(`No sweep now. ${why}`);
      expect(await bar.getByRole('button', { name: /^(Sweep|Dry run)/ }).allInnerTexts()).toEqual(
        label === null ? [] : [label],
      );
      await screenshot(opened, `selection-${_what.replace(' ', '-')}`);
      await expectReadable(opened);
      if (label === null) return;
      await bar.getByRole('button', { name: label }).click();
      await expect.poll(() => page.locator(REPORT).innerText()).toContain('1 orphan would be stopped.');
      expect(stopped()).toEqual([]);
    },
  );
});
