import type { Locator } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { primaryOf, verdictOf } from './support/console.ts';
import { openPage } from './support/open-page.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

const SELDOM = { SWEEP_INTERVAL_SECONDS: '3600' };

let served: ServedWorld;
let leaked: { readonly workspaceId: string; readonly instanceId: string };
beforeEach(async () => {
  served = await createServedWorld({ idType: 'text' });
  const row = await served.world.leak('dev-7');
  leaked = { workspaceId: row.id, instanceId: row.instance_id ?? '' };
  served.world.controlPlane.fail(leaked.instanceId, { kind: 'status', status: 400 });
});

async function serve(env: Readonly<Record<string, string>>) {
  await sweptAtStart(await served.start({ ...SELDOM, ...env }));
  const { page } = await openPage(served.origin);
  await page.goto('/');
  await verdictOf(page, 'retrying');
  await page.locator('section[aria-labelledby="why"] li').waitFor();
  return page;
}

/** Where it leads: in a tab of its own, which learns nothing of this one. */
async function leadsElsewhere(link: Locator): Promise<string | null> {
  expect(await link.getAttribute('target')).toBe('_blank');
  expect(await link.getAttribute('rel')).toBe('noreferrer');
  return link.getAttribute('href');
}

const late = () => served.world.home.query(`update sweeper.tenants set alive_at = alive_at - interval '3 h'`);

describe('RUNBOOK_URL', () => {
  it('is where each cause leads, and a verdict that needs somebody, each to its own part', async () => {
    const page = await serve({ RUNBOOK_URL: 'https://runbook.example/orphans?about={class}#{class}' });
    const cause = page.locator('section[aria-labelledby="why"] li').getByRole('link', { name: 'Runbook' });
    expect(await leadsElsewhere(cause)).toBe('https://runbook.example/orphans?about=rejected#rejected');
    await late();
    await verdictOf(page, 'late');
    const verdict = page.locator('[data-verdict]').getByRole('link', { name: 'Runbook' });
    expect(await leadsElsewhere(verdict)).toBe('https://runbook.example/orphans?about=late#late');
  });

  it('is missed nowhere when it is not set: the settings stand in for it', async () => {
    const page = await serve({});
    await late();
    await verdictOf(page, 'late');
    expect(await primaryOf(page)).toEqual({ words: 'Settings', leadsTo: '/settings' });
    expect(await page.getByRole('link', { name: 'Runbook' }).count()).toBe(0);
  });
});

describe('INSTANCE_URL_TEMPLATE', () => {
  const inTheCloud = "Open in the cloud's console";

  it('is where the page of an orphan leads, with its ids', async () => {
    const page = await serve({ INSTANCE_URL_TEMPLATE: 'https://cloud.example/{instanceId}?workspace={workspaceId}' });
    await page.goto(`/orphans/${leaked.workspaceId}`);
    expect(await leadsElsewhere(page.getByRole('link', { name: inTheCloud }))).toBe(
      `https://cloud.example/${leaked.instanceId}?workspace=${leaked.workspaceId}`,
    );
  });

  it('is missed nowhere when it is not set', async () => {
    const page = await serve({});
    await page.goto(`/orphans/${leaked.workspaceId}`);
    await page.getByRole('region', { name: `Facts of ${leaked.instanceId}` }).waitFor();
    expect(await page.getByRole('link', { name: inTheCloud }).count()).toBe(0);
  });
});
