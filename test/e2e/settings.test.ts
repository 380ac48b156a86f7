import { beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/process.ts';
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

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

describe('the settings', () => {
  it.each(SCREENS)(
    'say which server this is, and of every setting its value and source (%s, %s)',
    async (device, theme) => {
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      await page.goto('/settings');
      const server = page.getByRole('region', { name: 'This server' });
      const { body } = await program.call<{ readonly version: string; readonly replica: string }>('/api/config');
      const { body: status } = await program.call<{ readonly fingerprints: { readonly here: string } }>('/api/status');
      await expect.poll(() => server.innerText()).toContain(body.replica);
      const text = await server.innerText();
      expect(text).toMatch(/Environment\s+staging/);
      expect(text).toMatch(/Tenant\s+default/);
      expect(text).toMatch(/Lease\s+nobody sweeps at this moment/);
      expect(status.fingerprints.here).toMatch(/^127\.0\.0\.1:\d+\/\S+ public\.workspaces$/);
      expect(text).toContain(status.fingerprints.here);
      expect(text).toMatch(/Positive control\s+Not known: /);
      expect(text).not.toContain('Tenant known as');
      const values = page.getByRole('region', { name: / settings$/ });
      const lines = await values.locator('dt').allInnerTexts();
      expect(lines).toContain('SWEEP_INTERVAL_SECONDS');
      expect(await values.innerText()).toMatch(/SWEEP_INTERVAL_SECONDS\s+3600 · environment/);
      expect(await values.innerText()).toMatch(/SWEEP_LIMIT\s+100 · default/);
      expect(await values.innerText()).toMatch(/CONTROL_PLANE_SHARED_SECRET\s+set, and not shown/);
      await screenshot(opened, 'settings');
      await expectReadable(opened);

      const [document] = await Promise.all([
        page.waitForResponse((response) => response.url().endsWith('/api/openapi.json')),
        server.getByRole('link', { name: 'OpenAPI document' }).click(),
      ]);
      expect(document.status()).toBe(200);
    },
  );

  it("tell whose orphans they are, where that is another platform's", async () => {
    await served.world.home.query(`update sweeper.tenants set platform_fingerprint = 'old:5432/db public.workspaces'`);
    const { page } = await openPage(served.origin);
    await page.goto('/settings');
    await page.getByText('old:5432/db public.workspaces').waitFor();
    expect(await page.getByRole('region', { name: 'This server' }).innerText()).toContain('Tenant known as');
  });
});
