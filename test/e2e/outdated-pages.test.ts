import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
import { verdictOf } from './support/console.ts';
import { holdAnswers } from './support/hold.ts';
import { openPage } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
let addresses: Readonly<Record<'orphans' | 'orphan' | 'sweeps' | 'sweep', string>>;
beforeEach(async () => {
  served = await createServedWorld();
  const leaked = await served.world.leak('dev-7');
  served.world.controlPlane.fail(leaked.instance_id ?? '', { kind: 'status', status: 400 });
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', RUNBOOK_URL: 'https://runbook.example/{class}' });
  await sweptAtStart(program);
  const { id } = await sweepByHand(program);
  addresses = { orphans: '/orphans', orphan: `/orphans/${leaked.id}`, sweeps: '/sweeps', sweep: `/sweeps/${id}` };
});

const AS_OF = /as of (?:[\d-]+ )?(\d\d:\d\d:\d\d)Z/;
const asOf = async (page: Page) => AS_OF.exec(await page.locator('main').innerText())?.[1];
/** What the page shows of its own, greyed. */
const greyed = (page: Page) => page.locator('.outdated').filter({ hasText: /dev-7|By hand|Stopped|Failed/ });

describe('a page that wakes', () => {
  it.each(['orphans', 'orphan', 'sweeps', 'sweep'] as const)(
    'is greyed with its time until it has an answer (%s)',
    async (name) => {
      const opened = await openPage(served.origin);
      const { page } = opened;
      await page.clock.install();
      await page.goto(addresses[name]);
      await expect.poll(() => page.locator('main').innerText()).toMatch(/dev-7|By hand/);
      await page.waitForLoadState('networkidle');
      expect(await page.locator('.outdated').count()).toBe(0);
      const letGo = await holdAnswers(page, '**/api/**');
      await page.clock.fastForward('01:00:00');
      await expect.poll(() => greyed(page).count()).toBeGreaterThan(0);
      const [at = ''] = [await asOf(page)];
      expect(at).not.toBe('');
      expect(await page.locator('[data-fact="connection"]').innerText()).toMatch(/^Checking… · /);
      await screenshot(opened, `woken-${name}`);
      await letGo();
      await expect.poll(() => page.locator('.outdated').count()).toBe(0);
      expect(await asOf(page)).toBeUndefined();
    },
  );
});

it('a list that is greyed can still be read, chosen rows too', async () => {
  const opened = await openPage(served.origin);
  const { page, recording } = opened;
  await page.goto(addresses.orphans);
  await page.locator('tbody').getByRole('checkbox').first().check();
  recording.expectAway();
  await page.context().setOffline(true);
  await expect.poll(() => greyed(page).count()).toBeGreaterThan(0);
  await expectReadable(opened);
});

describe('a page whose own call fails while the server answers others', () => {
  it.each([
    ['sweep', '**/api/sweeps/*'],
    ['sweeps', '**/api/sweeps?*'],
    ['orphan', '**/api/orphans/*'],
  ] as const)('is greyed, with the time of its own last answer (%s)', async (name, call) => {
    const { page, recording } = await openPage(served.origin);
    await page.goto(addresses[name]);
    await expect.poll(() => page.locator('main').innerText()).toMatch(/dev-7|By hand/);
    recording.expectAway();
    await page.route(call, (route) => route.abort('connectionreset'));
    await expect.poll(() => greyed(page).count()).toBeGreaterThan(0);
    const at = await asOf(page);
    expect(at).toMatch(/^\d\d:/);
    await page.waitForTimeout(6_500);
    const seconds = (clock: string | undefined) => Date.parse(`2026-01-01T${clock}Z`) / 1000;
    // Not to the second: when it came is counted back from a clock that a slow answer may set.
    expect(Math.abs(seconds(await asOf(page)) - seconds(at))).toBeLessThanOrEqual(1);
    await page.unrouteAll();
    await expect.poll(() => page.locator('.outdated').count()).toBe(0);
  });
});

describe('the settings', () => {
  it('that were not answered once come by themselves, and with them the runbook', async () => {
    const { page, recording } = await openPage(served.origin);
    recording.expectAway();
    await page.route('**/api/config', (route) => route.abort('connectionreset'), { times: 1 });
    await page.goto('/');
    await verdictOf(page, 'retrying');
    await page.locator('section[aria-labelledby="why"]').getByRole('link', { name: 'Runbook' }).waitFor();
  });

  it('that cannot be read are said not to be, and come when they can', async () => {
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    const { page, recording } = opened;
    recording.expectAway();
    await page.route('**/api/config', (route) => route.abort('connectionreset'));
    await page.goto('/settings');
    await expect
      .poll(() => page.getByRole('alert').innerText())
      .toBe('The settings could not be read. The server did not answer.');
    await screenshot(opened, 'settings-not-read');
    await page.unrouteAll();
    await page.getByText('SWEEP_INTERVAL_SECONDS', { exact: true }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

it.each(['orphan', 'sweep'] as const)('attempts that cannot be read are not left out (%s)', async (name) => {
  const opened = await openPage(served.origin, { device: 'phone' });
  const { page, recording } = opened;
  recording.expectStatus(502);
  await page.route('**/attempts?*', (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<p>Bad' }),
  );
  await page.goto(addresses[name]);
  await expect
    .poll(() => page.getByRole('alert').innerText())
    .toBe('The attempts could not be read. Something that is not Orphan Sweeper answered 502.');
  await expectReadable(opened);
  await page.unrouteAll();
  await page.locator('ol li', { hasText: 'Instance' }).first().waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

describe('an address with more than the console knows', () => {
  it.each(['?utm_source=chat', '?state=nope', '?class=nope&state=&limit=3&state=stuck%20'])(
    '/orphans%s is the list without it',
    async (search) => {
      const { page } = await openPage(served.origin);
      await page.goto(`/orphans${search}`);
      await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('1 orphan');
      expect(await page.locator('main').innerText()).not.toContain('Only');
    },
  );

  it('keeps what it does know', async () => {
    const { page } = await openPage(served.origin);
    await page.goto('/orphans?utm_source=chat&state=retrying&class=rejected');
    await page.getByText('Only Retrying, Rejected ·').waitFor();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('1 orphan');
  });
});

describe('what is not the server', () => {
  it.each([
    ['a page of somebody else', 200, 'text/html', '<h1>Sign in to the network</h1>'],
    ['an error page', 502, 'text/html', '<h1>Bad gateway</h1>'],
    ['text that passes for JSON', 200, 'text/plain', '{"counts":{"open":0}}'],
    ['JSON that breaks off', 200, 'application/json', '{"now":"2026'],
  ])('%s never passes for an answer', async (_what, status, contentType, body) => {
    const { page, recording } = await openPage(served.origin);
    recording.expectStatus(502);
    await page.route('**/api/**', (route) => route.fulfill({ status, contentType, body }));
    await page.goto('/');
    expect(await verdictOf(page, 'not_answering')).toBe('Server not answering. Nothing is known yet');
    expect(await page.locator('main').innerText()).not.toMatch(/All clear|0 orphans|There is none/);
    await page.unrouteAll();
    await verdictOf(page, 'retrying');
  });

  it('"All clear" does not outlive the server: neither 0 nor green', async () => {
    await served.world.platformDatabase.query('update public.workspaces set instance_id = null');
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    const { page, recording } = opened;
    await page.goto('/');
    await verdictOf(page, 'clear');
    await page.getByText('There is none.').waitFor();
    recording.expectAway();
    await served.kill();
    await verdictOf(page, 'not_answering');
    await expect.poll(() => page.locator('main').innerText()).not.toMatch(/All clear|\b0 orphans|There is none\./);
    expect(await page.title()).not.toMatch(/clear|0 orphans/i);
    expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon-bad.svg');
    expect(await page.locator('main .text-ok, main .bg-ok-wash, header .text-ok').count()).toBe(0);
    await screenshot(opened, 'clear-then-away');
  });
});
