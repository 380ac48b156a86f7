import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
import { verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
/** More than the page shows, and one of them stuck: so that every link is there. */
beforeEach(async () => {
  served = await createServedWorld();
  const leaked = await served.world.leakMany(12);
  const [malformed, ...others] = leaked.map(({ instance_id: instanceId }) => instanceId ?? '');
  served.world.controlPlane.fail(malformed ?? '', { kind: 'status', status: 400 });
  for (const other of others) served.world.controlPlane.fail(other, { kind: 'status', status: 409 });
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600' });
  await sweptAtStart(program);
  await served.world.home.query('update sweeper.orphans set failures = 4 where instance_id = $1', [malformed]);
  await sweepByHand(program);
});

/** A page that the Now page leads to. */
interface Linked {
  readonly name: string;
  readonly address: RegExp;
  readonly heading: RegExp;
  readonly says: RegExp;
}

const LINKED: readonly Linked[] = [
  { name: 'now', address: /^\/$/, heading: /^1 orphan needs you$/, says: /11 more are retrying by themselves/ },
  {
    name: 'now-7-days',
    address: /^\/\?window=7d$/,
    heading: /^1 orphan needs you$/,
    says: /11 more are retrying by themselves/,
  },
  { name: 'orphans', address: /^\/orphans$/, heading: /^12 orphans$/, says: /Already in progress|in progress/ },
  { name: 'orphans-of-a-state', address: /^\/orphans\?state=stuck$/, heading: /^1 orphan$/, says: /Only Stuck/ },
  {
    name: 'orphans-of-a-cause',
    address: /^\/orphans\?cause=[0-9a-f]{12}$/,
    heading: /^1?1 orphans?$/,
    says: /Only the cause (400 Rejected|409 Already in progress)/,
  },
  { name: 'orphan', address: /^\/orphans\/[\w-]+$/, heading: /^\w+-\d+$/, says: /Removed at or before.*Attempts/s },
  { name: 'activity', address: /^\/activity$/, heading: /^Activity$/, says: /Swept/ },
  { name: 'sweeps', address: /^\/sweeps$/, heading: /^Sweeps$/, says: /By hand.*At start/s },
  { name: 'sweep', address: /^\/sweeps\/[\w-]+$/, heading: /^Sweep$/, says: /What happened to each orphan.*Failed/s },
  {
    name: 'settings',
    address: /^\/settings$/,
    heading: /^Settings$/,
    says: /SWEEP_INTERVAL_SECONDS\s*3600 · environment/,
  },
];

/** Every address of the console that the page leads to. */
async function addressesOn(page: Page): Promise<string[]> {
  const links = await page.locator('a[href^="/"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  return [...new Set(links.map((href) => href ?? ''))];
}

async function expectShown(page: Page, { heading, says }: Linked): Promise<void> {
  await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toMatch(heading);
  await expect.poll(() => page.locator('main').innerText()).toMatch(says);
  expect(await page.getByRole('alert').count()).toBe(0);
}

async function nowPage(): Promise<Page> {
  const { page } = await openPage(served.origin);
  await page.goto('/');
  await verdictOf(page, 'stuck');
  await page.getByRole('link', { name: 'All 12' }).waitFor();
  await page.locator('section[aria-labelledby="sweeps"] li a').first().waitFor();
  return page;
}

describe('every link of the Now page', () => {
  it('leads to a page that shows what it is about, and back leads back', async () => {
    const page = await nowPage();
    const addresses = await addressesOn(page);
    const leadsTo = (address: string) => LINKED.filter((linked) => linked.address.test(address));
    for (const linked of LINKED) expect(addresses).toContainEqual(expect.stringMatching(linked.address));
    for (const address of addresses.filter((other) => other !== '/')) {
      const [linked, ...others] = leadsTo(address);
      if (linked === undefined || others.length > 0) throw new Error(`${address} is of no kind, or of several`);
      await page.locator(`a[href="${address}"]`).first().click();
      await page.waitForURL(`${served.origin}${address}`);
      await expectShown(page, linked);
      await page.goBack();
      await verdictOf(page, 'stuck');
    }
    await page.goto('/settings');
    await page.getByRole('link', { name: 'Orphan Sweeper' }).click();
    await verdictOf(page, 'stuck');
  });

  const devices: [Device, Theme][] = [
    ['desktop', 'dark'],
    ['phone', 'light'],
  ];
  it.each(devices)(
    'can be pasted into another browser, and everybody can read what it leads to (%s, %s)',
    async (device, theme) => {
      const addresses = await addressesOn(await nowPage());
      for (const linked of LINKED) {
        const opened = await openPage(served.origin, { device, theme });
        await opened.page.goto(addresses.find((address) => linked.address.test(address)) ?? 'none');
        await expectShown(opened.page, linked);
        await screenshot(opened, `page-${linked.name}`);
        await expectReadable(opened);
        await opened.close();
      }
    },
  );
});

describe('an address that leads nowhere', () => {
  it.each([
    [
      '/sweeps/00000000-0000-4000-8000-000000000000',
      404,
      /There is no such sweep\. It is not kept any more, or never was\./,
    ],
    ['/sweeps/not-an-id', 400, /There is no such sweep\. It is not kept any more, or never was\./],
  ])('%s says so, on a phone, too', async (address, status, says) => {
    const opened = await openPage(served.origin, { device: 'phone', theme: 'dark' });
    opened.recording.expectStatus(status);
    await opened.page.goto(address);
    await expect.poll(() => opened.page.getByRole('alert').innerText()).toMatch(says);
    await expectReadable(opened);
    await screenshot(opened, `nowhere-${status}`);
  });

  it('says that there is no such page, and leads to what there is', async () => {
    const opened = await openPage(served.origin, { device: 'phone' });
    await opened.page.goto('/nothing/of/that/name?a=b');
    expect(await opened.page.getByRole('heading', { level: 1 }).innerText()).toBe('There is no such page');
    await expectReadable(opened);
    await opened.page.getByRole('link', { name: 'To what is leaking now' }).click();
    await verdictOf(opened.page, 'stuck');
  });
});
