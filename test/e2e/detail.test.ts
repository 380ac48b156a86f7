import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { dialogOn, doIt } from './support/dialog.ts';
import { type By, handOf } from './support/hand.ts';
import { holdStops } from './support/held-stops.ts';
import { holdAnswers } from './support/hold.ts';
import { type Device, openPage, type PageOptions, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweepsByHand, sweptAtStart } from './support/sweeps.ts';

const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' };
const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

let served: ServedWorld;
let program: Program;
let row: WorkspaceRow;
let instanceId: string;

/** The sweep at the start finds nothing to stop: the workspace leaks after it. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  program = await served.start({ ...SELDOM, ...env });
  await sweptAtStart(program);
  row = await served.world.leak('dev-7');
  instanceId = row.instance_id ?? '';
  await until(async () => (await program.call(`/api/orphans/${row.id}`)).status === 200, {
    what: 'the orphan to be seen',
  });
}

beforeEach(async () => {
  served = await createServedWorld();
  served.world.controlPlane.setStatusRoute(true);
});

async function openDetail(options: PageOptions = {}) {
  const opened = await openPage(served.origin, options);
  await opened.page.goto(`/orphans/${row.id}`);
  const { page } = opened;
  const region = (name: string) => page.getByRole('region', { name, exact: true });
  return { opened, page, region, head: region(`Instance ${instanceId}`) };
}

const timelineOf = (page: Page) => page.getByRole('region', { name: 'Timeline' }).getByRole('listitem');
const pageOf = async () => (await program.call<{ items: Orphan[] }>(`/api/orphans/${row.id}`)).body.items;

/** Sweeps only this workspace, as Anna has asked for. */
async function sweepFor(actor: string | null, reason?: string): Promise<void> {
  const { body } = await program.call<{ id: string }>('/api/sweeps', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      workspaceIds: [row.id],
      ...(actor === null ? {} : { actor }),
      ...(reason === undefined ? {} : { reason }),
    }),
  });
  await until(
    async () => (await program.call<{ finishedAt: string | null }>(`/api/sweeps/${body.id}`)).body.finishedAt,
    { timeoutMs: 30_000, what: 'the sweep to end' },
  );
}

describe('database beside reality', () => {
  it.each(SCREENS)(
    'is asked when somebody presses, and stays as it was said (%s, %s, by %s)',
    async (device, theme, by) => {
      await start();
      const { opened, page, region } = await openDetail({ device, theme });
      const reality = region('Database and reality');
      await expect.poll(() => reality.innerText()).toContain('Not asked yet');
      const letGo = await holdAnswers(page, '**/instance');
      await handOf(page, by).press(reality.getByRole('button', { name: 'Check instance now' }));
      const asking = reality.getByRole('button', { name: 'Asking…' });
      await asking.waitFor();
      expect(await asking.getAttribute('aria-busy')).toBe('true');
      await letGo();
      await expect
        .poll(() => reality.getByRole('status').innerText())
        .toBe('The database says removed and the control plane says running: it is leaking.');
      expect(await region('Platform database').innerText()).toMatch(/Removed\s+Names\s+i-/);
      expect(await region('Control plane').innerText()).toMatch(/running\s+i-/);
      expect(await reality.innerText()).toMatch(/Asked .*ago · \d\d:\d\d:\d\dZ/);
      await screenshot(opened, 'reality', { fullPage: true });
      await expectReadable(opened);

      served.world.controlPlane.setState(instanceId, 'terminated');
      expect(await reality.getByRole('status').innerText(), 'it is not polled').toContain('says running');
      await handOf(page, by).press(reality.getByRole('button', { name: 'Check instance now' }));
      await expect
        .poll(() => reality.getByRole('status').innerText())
        .toBe(
          'The database says removed and the control plane says terminated: only its id has to be cleared, which a sweep does.',
        );
    },
  );

  it('says what is not known, and why: never that it is gone', async () => {
    await start();
    served.world.controlPlane.setStatusRoute(false);
    const { opened, region } = await openDetail();
    const reality = region('Database and reality');
    await reality.getByRole('button', { name: 'Check instance now' }).click();
    await expect
      .poll(() => reality.getByRole('status').innerText())
      .toBe('The database says removed. Whether it runs is not known: the control plane did not say.');
    expect(await region('Control plane').innerText()).toMatch(/Not known\. The control plane cannot be asked/);
    await served.platformDatabase.cut();
    await reality.getByRole('button', { name: 'Check instance now' }).click();
    await expect.poll(() => region('Platform database').innerText()).toMatch(/Not known\. ./);
    expect(await reality.getByRole('status').innerText()).toMatch(/^Not known/);
    await screenshot(opened, 'reality-not-known');
    await expectReadable(opened);
  });

  it('warns where a live workspace names the same instance, and keeps the answer when the next one does not come', async () => {
    await start();
    const live = await served.world.platform.create('neighbour');
    await served.world.platformDatabase.query('update workspaces set instance_id = $1 where id = $2', [
      instanceId,
      live.id,
    ]);
    const { opened, page, region } = await openDetail();
    const reality = region('Database and reality');
    const check = reality.getByRole('button', { name: 'Check instance now' });
    await check.click();
    await expect
      .poll(() => reality.getByRole('status').innerText())
      .toBe(
        'A live workspace names the same instance, and the control plane says running: it is in use, and must not be stopped.',
      );
    expect(await region('Platform database').innerText()).toContain(`Live and names ${instanceId}: neighbour`);
    await screenshot(opened, 'reality-shared');
    await expectReadable(opened);
    opened.recording.expectStatus(503);
    await page.route('**/instance', (route) => route.fulfill({ status: 503, contentType: 'text/plain', body: 'away' }));
    await check.click();
    await expect.poll(() => reality.getByRole('alert').innerText()).toMatch(/^Not known\. .*said before\.$/);
    expect(await reality.getByRole('status').innerText()).toContain('it is in use');
  });
});

describe('the timeline', () => {
  it.each(SCREENS)('goes from the removal to the end, with who asked (%s, %s, by %s)', async (device, theme, by) => {
    await start();
    served.world.controlPlane.fail(instanceId, { kind: 'status', status: 400, times: 1 });
    await sweepFor('Anna', 'its owner asks');
    served.world.controlPlane.fail(instanceId, { kind: 'status', status: 503, times: 1 });
    await sweepFor(null);
    const { opened, page, head } = await openDetail({ device, theme });
    await expect.poll(() => timelineOf(page).count()).toBe(4);
    const [second, first, seen, removed] = await timelineOf(page).allInnerTexts();
    expect(second).toMatch(/^Failed\n.*503 Server error: .*By hand, no name given · Its sweep\n+Request /s);
    expect(first).toMatch(
      /^Failed\n.*took \d+ .*400 Rejected: .*By hand, Anna \(unverified\): its owner asks · Its sweep/s,
    );
    expect(seen).toMatch(/^First seen\n.*A look found it: Workspace removed, instance still recorded\./s);
    expect(removed).toMatch(/^Removed at or before\n/);
    await screenshot(opened, 'timeline', { fullPage: true });
    await expectReadable(opened);

    await handOf(page, by).press(timelineOf(page).nth(1).getByRole('link', { name: 'Its sweep' }));
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('Sweep');
    await page.goBack();
    await head.waitFor();

    // Cleared while one looks.
    await sweepFor('Anna');
    await expect.poll(() => head.innerText()).toMatch(/^Cleared\n/);
    await expect
      .poll(async () => (await timelineOf(page).allInnerTexts()).map((text) => text.split('\n')[0]))
      .toEqual(['Second look', 'Cleared', 'Stopped', 'Failed', 'Failed', 'First seen', 'Removed at or before']);
    expect(await page.getByRole('button', { name: 'Try this one now' }).count()).toBe(0);
    await screenshot(opened, 'timeline-cleared', { fullPage: true });
    await expectReadable(opened);
  });

  it('shows an attempt that is under way, and a timeout after it', async () => {
    await start({ STOP_TIMEOUT_SECONDS: '1' });
    const stops = holdStops(served.world, [instanceId]);
    const { page } = await openDetail();
    const swept = sweepFor('Anna');
    await expect
      .poll(async () => (await timelineOf(page).allInnerTexts())[0])
      .toMatch(/^Under way\n|^Failed\n.*Timeout/s);
    await swept;
    await expect.poll(async () => (await timelineOf(page).allInnerTexts())[0]).toMatch(/^Failed\n.*Timeout: /s);
    stops.answerAll();
  });

  it('names holds and acknowledgements by whom, and a workspace that was restored meanwhile', async () => {
    await start();
    const change = (method: string, path: string, body: object) =>
      program.call(`/api/orphans/${row.id}/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const untilTime = new Date(Date.now() + 3_600_000).toISOString();
    expect((await change('PUT', 'hold', { actor: 'Anna', reason: 'its disk', until: untilTime })).status).toBe(200);
    expect((await change('DELETE', 'hold', { actor: 'Ben' })).status).toBeLessThan(300);
    served.world.controlPlane.onStop(instanceId, () => CHANGES.restored(served.world, row.id));
    await sweepByHand(program);
    expect((await change('POST', 'acknowledge', { actor: 'Cleo', reason: 'told' })).status).toBeLessThan(300);
    const { opened, page, region } = await openDetail();
    await expect.poll(async () => (await timelineOf(page).allInnerTexts()).length).toBe(7);
    const told = await timelineOf(page).allInnerTexts();
    expect(told.map((text) => text.split('\n')[0])).toEqual(
      [
        'Resolved elsewhere',
        'Stopped while restored',
        'Hold ended',
        'Held',
        'First seen',
        'Removed at or before',
      ].toSpliced(1, 0, 'Acknowledged'),
    );
    expect(told.join('\n')).toMatch(
      /By Cleo \(unverified\): told.*By Ben \(unverified\).*By Anna \(unverified\): its disk/s,
    );
    await region('Database and reality').getByRole('button', { name: 'Check instance now' }).click();
    await expect
      .poll(() => region('Database and reality').getByRole('status').innerText())
      .toContain('the control plane was not asked');
    await expectReadable(opened);
  });

  it('reads older attempts when they are asked for, and says where some are missing', async () => {
    await start();
    await sweepFor(null);
    await served.world.home.query(
      `insert into sweeper.attempts (tenant, sweep_id, orphan_id, workspace_id, instance_id, started_at, finished_at, outcome, request_id, replica)
       select tenant, sweep_id, orphan_id, workspace_id, instance_id, started_at - make_interval(secs => n), started_at, 'interrupted', 'r-' || n, 'past'
       from sweeper.attempts, generate_series(1, 250) as n`,
    );
    await served.world.home.query(
      `update sweeper.orphans set orphaned_at = orphaned_at - interval '1 h', first_seen_at = first_seen_at - interval '1 h'`,
    );
    const { opened, page } = await openDetail({ device: 'phone', theme: 'dark' });
    const attempts = timelineOf(page).filter({ hasText: 'Request' });
    await expect.poll(() => attempts.count()).toBe(200);
    const gap = timelineOf(page).filter({ hasText: 'Older attempts are not shown here' });
    expect(
      await timelineOf(page)
        .nth((await timelineOf(page).count()) - 3)
        .innerText(),
    ).toBe(await gap.innerText());
    opened.recording.expectStatus(503);
    await page.route('**/attempts?*cursor=*', (route) => route.fulfill({ status: 503, body: 'away' }));
    await gap.getByRole('button', { name: 'Show older' }).click();
    await expect.poll(() => gap.getByRole('alert').innerText()).toMatch(/could not be read/);
    await page.unrouteAll();
    await gap.getByRole('button', { name: 'Show older' }).click();
    await expect.poll(() => attempts.count()).toBe(251);
    expect(await gap.count()).toBe(0);
    expect(new Set(await attempts.locator('code[title^="r-"]').allInnerTexts()).size).toBe(250);
  });
});

describe('what one can do', () => {
  it.each(SCREENS)('tries this one at once, and no other (%s, %s, by %s)', async (device, theme, by) => {
    // Held for as long as it is looked at.
    await start({ STOP_TIMEOUT_SECONDS: '100', SWEEP_DEADLINE_SECONDS: '300' });
    const other = await served.world.leak('dev-8');
    const stops = holdStops(served.world, [instanceId]);
    const { opened, page, head, region } = await openDetail({ device, theme });
    await handOf(page, by).press(page.getByRole('button', { name: 'Try this one now' }));
    await expect.poll(() => stops.waiting()).toBe(1);
    const busy = page.getByRole('button', { name: 'Under way…' });
    await busy.waitFor();
    expect(await busy.getAttribute('aria-busy')).toBe('true');
    await screenshot(opened, 'try-now');
    await expectReadable(opened);
    stops.answerAll();
    await expect.poll(() => region('The sweep you asked for').innerText()).toContain('1 of 1 cleared.');
    await expect.poll(() => head.innerText()).toMatch(/^Cleared\n/);
    expect(await sweepsByHand(program)).toMatchObject([{ workspaceIds: [row.id], claimed: 1 }]);
    expect(
      await served.world.platformDatabase.query('select instance_id from workspaces where id = $1', [other.id]),
    ).toMatchObject({ rows: [{ instance_id: other.instance_id }] });
  });

  it('asks first while sweeping is paused', async () => {
    await start();
    await program.call('/api/pause', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        actor: 'Anna',
        reason: 'migration',
        until: new Date(Date.now() + 3_600_000).toISOString(),
      }),
    });
    const { opened, page, head } = await openDetail({ device: 'phone', theme: 'dark' });
    const hand = handOf(page, 'pointer');
    await hand.press(page.getByRole('button', { name: 'Try this one now…' }));
    await dialogOn(page).waitFor();
    expect(await dialogOn(page).innerText()).toMatch(/^Try dev-7 now in staging\n+1 open orphan\..*the pause stays/s);
    await screenshot(opened, 'dialog-try-now');
    await expectReadable(opened);
    await doIt(page, hand);
    await expect.poll(() => head.innerText()).toMatch(/^Cleared\n/);
  });

  it('is a dry run where nothing may be stopped', async () => {
    await start({ SWEEP_DRY_RUN: 'true' });
    const { page, region } = await openDetail();
    await page.getByRole('button', { name: 'Dry run (1)' }).click();
    await expect.poll(() => region('The sweep you asked for').innerText()).toContain('1 orphan would be stopped.');
    expect((await pageOf())[0]?.resolvedAt).toBeNull();
  });

  it('copies the link, and each action as a shell would call it', async () => {
    await start();
    const { opened, page } = await openDetail();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const hand = handOf(page, 'keyboard');
    await hand.press(page.getByRole('button', { name: 'Copy link' }));
    await expect.poll(clipboard).toBe(`${served.origin}/orphans/${row.id}`);
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await hand.press(page.getByText('Copy as curl', { exact: true }));
    await screenshot(opened, 'copy-as-curl');
    await expectReadable(opened);
    await hand.press(page.getByRole('button', { name: 'Try now as curl' }));
    await expect
      .poll(clipboard)
      .toBe(
        `curl -sS -X POST '${served.origin}/api/sweeps' -H 'content-type: application/json' --data-raw '{"workspaceIds":["${row.id}"]}'`,
      );
    await hand.press(page.getByRole('button', { name: 'Hold for an hour as curl' }));
    await expect
      .poll(clipboard)
      .toMatch(/-X PUT '.*\/hold' .*"reason":"REASON","until":"\d{4}-.*Z","actor":"YOUR NAME"/);
    await hand.press(page.getByRole('button', { name: 'Check instance as curl' }));
    await expect.poll(clipboard).toBe(`curl -sS '${served.origin}/api/orphans/${row.id}/instance'`);
    expect(await page.getByRole('button', { name: 'End hold as curl' }).count()).toBe(0);
  });

  it('shows the text where there is no clipboard', async () => {
    await start();
    const { opened, page } = await openDetail({ device: 'phone', theme: 'dark' });
    await page.evaluate(() => Reflect.deleteProperty(Navigator.prototype, 'clipboard'));
    await page.getByRole('button', { name: 'Copy link' }).click();
    const text = page.getByRole('textbox', { name: 'Copy link' });
    expect(await text.inputValue()).toBe(`${served.origin}/orphans/${row.id}`);
    await screenshot(opened, 'copy-refused');
    await expectReadable(opened);
  });

  it('leads to the runbook of what failed', async () => {
    await start({ RUNBOOK_URL: 'https://runbook.example/{class}' });
    served.world.controlPlane.fail(instanceId, { kind: 'status', status: 400, times: 1 });
    await sweepFor(null);
    const { head } = await openDetail();
    await expect
      .poll(() => head.getByRole('link', { name: 'Runbook' }).getAttribute('href'))
      .toBe('https://runbook.example/rejected');
  });
});

describe('what cannot be shown', () => {
  it.each<[Device, Theme]>([
    ['desktop', 'light'],
    ['phone', 'dark'],
  ])('a workspace that was never seen has its own words (%s, %s)', async (device, theme) => {
    await start();
    const opened = await openPage(served.origin, { device, theme });
    opened.recording.expectStatus(404);
    await opened.page.goto('/orphans/nobody-has-seen-me');
    await expect
      .poll(() => opened.page.getByRole('region', { name: 'Never seen' }).innerText())
      .toMatch(/^No orphan of this workspace was ever seen\..*nobody-has-seen-me leak, it appears here/s);
    expect(await opened.page.getByRole('alert').count()).toBe(0);
    await expectReadable(opened);
    await screenshot(opened, 'never-seen');
  });

  it('an error without data says so, and the data comes when it can; after an error the last data stays', async () => {
    await start();
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    recording.expectStatus(503);
    const fail = () => page.route('**/api/orphans/**', (route) => route.fulfill({ status: 503, body: 'away' }));
    await fail();
    await page.goto(`/orphans/${row.id}`);
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/^This workspace could not be read\./);
    await page.unrouteAll();
    const head = page.getByRole('region', { name: `Instance ${instanceId}` });
    await expect.poll(() => head.innerText()).toMatch(/^Waiting\n/);
    await fail();
    await expect.poll(() => page.locator('.outdated').filter({ hasText: 'Waiting' }).count()).toBe(1);
    expect(await page.getByText(/^as of /i).count()).toBe(1);
    expect(await timelineOf(page).count()).toBe(2);
    await screenshot(opened, 'detail-outdated');
    await expectReadable(opened);
  });
});
