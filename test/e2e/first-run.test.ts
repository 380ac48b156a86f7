import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../server/config.ts';
import { createRole, type TestRole } from '../support/database.ts';
import { until } from '../support/until.ts';
import { verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600' };
const NO_BACKEND = { CONTROL_PLANE_URL: '', CONTROL_PLANE_SHARED_SECRET: '', CONTROL_PLANE_ADMIN_TOKEN: '' };
const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
});

const sql = <Row extends Record<string, unknown>>(text: string) => served.world.platformDatabase.query<Row>(text);
const setUp = (page: Page) => page.locator('section[aria-labelledby="set-up"]');

/** A role that may log in to the platform's database, and as which the program asks it. */
async function roleWith(grant: string | null): Promise<{ role: TestRole; env: Record<string, string> }> {
  const role = await createRole();
  const { platformDatabase, tableName } = served.world;
  onTestFinished(() => role.drop(platformDatabase.url));
  if (grant !== null) await sql(`grant ${grant} on ${tableName} to ${role.name}`);
  return { role, env: { ...SELDOM, PLATFORM_DATABASE_URL: role.url(platformDatabase.url) } };
}

async function openNow(device: Device = 'desktop', theme: Theme = 'light') {
  const opened = await openPage(served.origin, { device, theme });
  await opened.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await opened.page.goto('/');
  return opened;
}

/** What a button of the card puts on the clipboard. */
async function copied(page: Page, button: string, nth = 0): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await setUp(page).getByRole('button', { name: button }).nth(nth).click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(clipboard).not.toBe('');
  return clipboard();
}

describe('a server with nothing set', () => {
  it.each(SCREENS)('names both things that are missing, with the lines to copy (%s, %s)', async (device, theme) => {
    await sql('alter table workspaces rename to rooms');
    await served.start({ ...SELDOM, ...NO_BACKEND });
    const opened = await openNow(device, theme);
    const { page } = opened;
    expect(await verdictOf(page, 'disabled')).toMatch(/no control plane is configured/);
    await setUp(page).getByText('Set up: 2 things are missing').waitFor();
    expect(await setUp(page).getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
      "1 · Name the platform's table",
      '2 · Say who stops instances',
    ]);
    // The verdict is about the control plane, so the card says what the platform answered.
    await setUp(page).getByText('has no table public.workspaces. Set PLATFORM_TABLE.').waitFor();
    await screenshot(opened, 'first-run-nothing-set', { fullPage: true });
    await expectReadable(opened);

    const settings = await copied(page, 'Copy the settings');
    const env = Object.fromEntries(settings.split('\n').map((line) => line.split('=', 2)));
    const config = parseConfig({ ...env, CONTROL_PLANE_URL: served.world.controlPlane.url }, () => '');
    expect(config).toMatchObject({ disabledReason: null, sweep: { dryRun: true } });

    await setUp(page).getByRole('link', { name: 'All settings' }).click();
    await page.waitForURL(`${served.origin}/settings`);
  });

  it('is told of the control plane alone where the platform is well, and of nothing once that is set', async () => {
    await served.start({ ...SELDOM, ...NO_BACKEND });
    const { page, recording } = await openNow();
    recording.expectAway();
    recording.expectStatus(503);
    await setUp(page).getByText('Say who stops instances').waitFor();
    expect(await setUp(page).getByRole('heading', { level: 3 }).count()).toBe(1);
    await served.kill();
    await served.start(SELDOM);
    await verdictOf(page, 'clear');
    expect(await setUp(page).count()).toBe(0);
  });
});

describe('what is copied works as it is', () => {
  it('a table that is named otherwise is found, and its name is taken', async () => {
    await served.world.leak('dev-7');
    await sql('create schema app; alter table workspaces set schema app; alter table app.workspaces rename to "Rooms"');
    await served.start(SELDOM);
    const opened = await openNow();
    const { page, recording } = opened;
    recording.expectAway();
    recording.expectStatus(503);
    expect(await verdictOf(page, 'platform_failing')).toMatch(/has no table public\.workspaces/);
    const { rows } = await sql<{ table_schema: string; table_name: string; columns: string }>(
      await copied(page, 'Copy the question'),
    );
    expect(rows).toEqual([
      { table_schema: 'app', table_name: 'Rooms', columns: expect.stringMatching(/id.*name.*status.*instance_id/) },
    ]);
    const [name, value = ''] = (await copied(page, 'Copy the setting')).split('=');
    await served.kill();
    await served.start({ ...SELDOM, [name ?? '']: value.replace('SCHEMA.TABLE', 'app.Rooms') });
    await verdictOf(page, 'clear');
    expect((await sql('select from app."Rooms" where instance_id is not null')).rowCount).toBe(0);
  });

  it.each(SCREENS)('the grants end the fault, without a restart (%s, %s)', async (device, theme) => {
    await served.world.leak('dev-7');
    const { env } = await roleWith(null);
    const program = await served.start(env);
    const opened = await openNow(device, theme);
    const { page } = opened;
    expect(await verdictOf(page, 'platform_failing')).toMatch(/may not read or clear public\.workspaces/);
    await setUp(page).getByText('Let the role read the table and clear ids').waitFor();
    await screenshot(opened, 'first-run-no-grant', { fullPage: true });
    await expectReadable(opened);
    const question = await copied(page, 'Copy the question');
    expect((await sql(question)).rows).toEqual([{ uses_schema: true, reads: false, clears: false }]);
    await sql(await copied(page, 'Copy the grants'));
    expect((await sql(question)).rows).toEqual([{ uses_schema: true, reads: true, clears: true }]);
    await verdictOf(page, 'waiting');
    expect(await setUp(page).count()).toBe(0);
    expect(await sweepByHand(program)).toMatchObject({ result: 'cleared', counts: { stopped: 1 } });
  });

  it('the grants end the fault of a role that could read, and not clear', async () => {
    await served.world.leak('dev-7');
    const { env } = await roleWith('select');
    const program = await served.start(env);
    await sweptAtStart(program);
    const { page } = await openNow();
    await verdictOf(page, 'platform_failing');
    await sql(await copied(page, 'Copy the grants'));
    expect(await sweepByHand(program)).toMatchObject({ result: 'cleared' });
    await verdictOf(page, 'clear');
  });

  it('a view gives columns their names, and ids are cleared through it', async () => {
    await served.world.leak('dev-7');
    await sql('alter table workspaces rename instance_id to machine');
    const { env } = await roleWith('select');
    await served.start(env);
    const { page, recording } = await openNow();
    recording.expectAway();
    recording.expectStatus(503);
    expect(await verdictOf(page, 'platform_failing')).toMatch(/lacks a column/);
    const { rows } = await sql<{ column_name: string }>(await copied(page, 'Copy the question'));
    expect(rows.map((row) => row.column_name)).toContain('machine');
    const view = await copied(page, 'Copy the view');
    const names = { ID: 'id', NAME: 'name', STATUS: 'status', INSTANCE: 'machine', UPDATED: 'updated_at' };
    await sql(Object.entries(names).reduce((text, [gap, name]) => text.replace(`${gap}_COLUMN`, name), view));
    const [name, value] = (await copied(page, 'Copy the setting')).split('=');
    await served.kill();
    await served.start({ ...env, [name ?? '']: value ?? '' });
    await verdictOf(page, 'clear');
    expect((await sql('select from workspaces where machine is not null')).rowCount).toBe(0);
  });

  it('a role that row security is set for is let see every row', async () => {
    await served.world.leak('dev-7');
    const { env } = await roleWith('select, update (instance_id, updated_at)');
    await sql('alter table workspaces enable row level security');
    await served.start(env);
    const { page } = await openNow();
    expect(await verdictOf(page, 'platform_failing')).toMatch(/Row security/);
    await sql(await copied(page, 'Copy the SQL'));
    await verdictOf(page, 'waiting');
  });

  it('a role that may only read is found out, and let write', async () => {
    await served.world.leak('dev-7');
    const { role, env } = await roleWith('select, update (instance_id, updated_at)');
    await sql(`alter role ${role.name} set default_transaction_read_only = on`);
    await sweptAtStart(await served.start(env));
    const { page, recording } = await openNow();
    recording.expectAway();
    recording.expectStatus(503);
    expect(await verdictOf(page, 'platform_failing')).toMatch(/read-only/);
    expect((await sql(await copied(page, 'Copy the question'))).rowCount).toBeGreaterThan(0);
    await sql(await copied(page, 'Copy the SQL'));
    await served.kill();
    await sweptAtStart(await served.start(env));
    await verdictOf(page, 'clear');
  });

  it("a status that does not know 'removed' is looked up", async () => {
    await sql(`alter type workspace_status rename value 'removed' to 'deleted'`);
    await served.start(SELDOM);
    const { page } = await openNow();
    expect(await verdictOf(page, 'platform_failing')).toMatch(/must have the value 'removed'/);
    const { rows } = await sql(await copied(page, 'Copy the question'));
    expect(rows).toEqual([{ type: 'workspace_status', its_values: expect.stringContaining('deleted') }]);
  });

  it('of a table that was emptied it is asked whether it has rows', async () => {
    await served.world.leakMany(2);
    served.world.controlPlane.failAll({ kind: 'status', status: 503, on: 'stop' });
    await sweptAtStart(await served.start(SELDOM));
    await sql('delete from workspaces');
    const { page } = await openNow();
    expect(await verdictOf(page, 'platform_failing')).toMatch(/holds no row at all/);
    expect((await sql(await copied(page, 'Copy the question'))).rows).toEqual([{ has_rows: false }]);
  });
});

describe('where nothing has ever leaked', () => {
  const nothingYet = (page: Page) => page.locator('section[aria-labelledby="nothing-yet"]');

  it.each(SCREENS)('it says what is watched, and how to see it work (%s, %s)', async (device, theme) => {
    await sweptAtStart(await served.start(SELDOM));
    const opened = await openNow(device, theme);
    const { page } = opened;
    await verdictOf(page, 'clear');
    await nothingYet(page).getByText('public.workspaces').waitFor();
    await nothingYet(page).getByText('npm run demo').waitFor();
    await screenshot(opened, 'first-run-nothing-yet', { fullPage: true });
    await expectReadable(opened);
  });

  it('says no such thing once something has, be it resolved by others and never tried', async () => {
    const { id } = await served.world.leak('dev-7');
    const program = await served.start({ ...SELDOM, SWEEP_DRY_RUN: 'true' });
    await sweptAtStart(program);
    await sql(`update workspaces set instance_id = null where id = '${id}'`);
    await until(async () => (await program.call<{ total: number }>('/api/orphans')).body.total === 0, {
      what: 'it to be resolved',
    });
    const { page } = await openNow();
    const asked = page.waitForResponse((response) => response.url().includes('state=resolved'));
    await page.reload();
    await asked;
    await page.getByText('There is none.').waitFor();
    expect(await nothingYet(page).count()).toBe(0);
  });
});
