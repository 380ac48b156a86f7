import { beforeEach, describe, expect, it } from 'vitest';
import type { Sweep } from '../../server/api/sweeps.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' });
  await sweptAtStart(program);
});

const change = (method: string, path: string, body: Readonly<Record<string, unknown>>) =>
  program.call<{ id?: string }>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

describe('the activity', () => {
  it('says that nobody has done anything yet', async () => {
    const { page } = await openPage(served.origin);
    await page.goto('/activity');
    await page.getByText('Nobody has done anything yet.').waitFor();
  });

  it.each(SCREENS)('says who did what and who was refused, and leads there (%s, %s)', async (device, theme) => {
    const { id } = await served.world.leak('dev-7');
    await until(async () => (await program.call(`/api/orphans/${id}`)).status === 200, { what: 'it to be seen' });
    const sweep = await change('POST', '/api/sweeps', { actor: 'Anna', reason: 'they cost us' });
    await until(async () => (await program.call<Sweep>(`/api/sweeps/${sweep.body.id}`)).body.result === 'cleared', {
      what: 'the end of the sweep',
    });
    await change('PUT', `/api/orphans/${id}/hold`, { actor: 'Ben', reason: 'its disk is copied', until: inAnHour() });
    expect((await change('DELETE', `/api/orphans/${id}/hold`, {})).status).toBe(400);

    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    await page.goto('/activity');
    const lines = page.locator('main [data-line]');
    await expect.poll(() => lines.count()).toBe(3);
    const [refused = '', held = '', swept = ''] = await lines.allInnerTexts();
    expect(refused).toMatch(/Somebody at 127\.0\.0\.1[\s\S]*Refused: ended the hold[\s\S]*Not done: actor_required/);
    expect(held).toMatch(/Ben \(unverified\)[\s\S]*Held\s+dev-7[\s\S]*its disk is copied/);
    expect(swept).toMatch(/Anna \(unverified\)[\s\S]*Swept\s+Cleared\s+Stopped 1\s+The sweep[\s\S]*they cost us/);
    await screenshot(opened, 'activity');
    await expectReadable(opened);

    await lines.nth(2).getByRole('link').click();
    await page.waitForURL(`${served.origin}/sweeps/${sweep.body.id}`);
    await page.goBack();
    await lines.nth(1).getByRole('link').click();
    await page.waitForURL(`${served.origin}/orphans/${id}`);
  });

  it('goes page by page, and an address that names none leads back', async () => {
    const { id } = await served.world.leak('dev-7');
    await until(async () => (await program.call(`/api/orphans/${id}`)).status === 200, { what: 'it to be seen' });
    const acts = 51;
    // By refusals: of changes there may not be so many in a minute.
    for (let act = 0; act < acts; act += 1) {
      expect((await change('DELETE', `/api/orphans/${id}/hold`, {})).status).toBe(400);
    }
    const { page, recording } = await openPage(served.origin);
    await page.goto('/activity');
    const lines = page.locator('main [data-line]');
    await expect.poll(() => lines.count()).toBe(50);
    await page.getByRole('link', { name: 'Next page' }).click();
    await expect.poll(() => lines.count()).toBe(acts - 50);
    expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0);
    await page.getByRole('link', { name: 'First page' }).click();
    await expect.poll(() => lines.count()).toBe(50);

    recording.expectStatus(400);
    await page.goto('/activity?after=elsewhere');
    await page.getByText('There is no such page of this list.').waitFor();
    await page.getByRole('link', { name: 'First page' }).click();
    await expect.poll(() => lines.count()).toBe(50);
  });

  it('keeps what it knows when the server is away, and says as of when', async () => {
    await change('POST', '/api/sweeps', { actor: 'Anna' });
    const { page, recording } = await openPage(served.origin);
    recording.expectAway();
    await page.goto('/activity');
    await expect.poll(() => page.locator('main [data-line]').count()).toBe(1);
    await served.kill();
    await page.getByText(/as of/).waitFor();
    expect(await page.locator('main [data-line]').count()).toBe(1);
  });
});
