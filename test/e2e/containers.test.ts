import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Program } from '../support/process.ts';
import { LABELLED, type SimulatedEngine, startSimulatedEngine } from '../support/simulated-engine.ts';
import { ORPHAN, verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

const LEAKS = '0a1b2c3d-0000-4000-8000-000000000001';
const UNKNOWN = '0a1b2c3d-0000-4000-8000-00000000000f';
const TWINS = ['0badbad0-aaaa-4000-8000-000000000001', '0badbad0-aaab-4000-8000-000000000002'];

let engine: SimulatedEngine;
let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  engine = await startSimulatedEngine();
  onTestFinished(() => engine.close());
  served = await createServedWorld({ engine });
  const docker = { BACKEND: 'docker', DOCKER_HOST: engine.host, CONTROL_PLANE_URL: '' };
  program = await served.start({ ...docker, SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'self-hosted' });
  await sweptAtStart(program);
  for (const [name, id, status] of [
    ['dev-7', LEAKS, 'removed'],
    ['twin', TWINS[0], 'removed'],
    ['twin', TWINS[1], 'online'],
  ]) {
    const values = [id, name, status];
    await served.world.platformDatabase.query('insert into workspaces (id, name, status) values ($1, $2, $3)', values);
  }
  engine.run({ name: `ws-${LEAKS}`, ...LABELLED, volumes: [`ws-${LEAKS}-configs`] });
  engine.run({ name: `ws-${UNKNOWN}`, ...LABELLED });
  engine.run({ name: 'ws-0badbad0-aaa', ...LABELLED });
});

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

describe('a platform of containers', () => {
  it.each(SCREENS)(
    'is spoken of as one: what leaks, what is only reported, what is left alone (%s, %s)',
    async (device, theme) => {
      engine.fail(/^DELETE .*volumes/, {
        status: 409,
        message: `remove ws-${LEAKS}-configs: volume is in use - [4f1e]`,
      });
      await sweepByHand(program);
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      await page.goto('/');
      expect(await verdictOf(page, 'retrying')).toBe('1 orphan is retrying by itself');
      const text = () => page.locator('body').innerText();
      await expect.poll(text).toContain('Containers without a row: 1. Reported only.');
      await expect.poll(text).toContain(`ws-0badbad0-aaa: its name fits the workspaces ${TWINS[0]} and ${TWINS[1]}`);
      await expect.poll(text).toContain('volume is in use');
      await screenshot(opened, 'containers');
      await expectReadable(opened);
      expect(await text()).not.toMatch(/control plane|in the next sweep/i);

      await page.getByRole('link', { name: 'Show the containers without a row' }).click();
      await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('1 orphan');
      expect(new URL(page.url()).searchParams.get('why')).toBe('no_row');
      expect(await page.locator(ORPHAN).getAttribute('href')).toBe(`/orphans/${UNKNOWN}`);
      await expectReadable(opened);

      await page.goto(`/orphans/${LEAKS}`);
      await expect.poll(text).toContain('The Docker Engine rejected the Stop');
      await screenshot(opened, 'containers-detail', { fullPage: true });
      await expectReadable(opened);
      expect(await text()).not.toMatch(/control plane/i);
    },
  );

  it('whose Engine is away says so, and not that its database is', async () => {
    await sweepByHand(program);
    await engine.away();
    const opened = await openPage(served.origin);
    const { page } = opened;
    await page.goto('/');
    const text = () => page.locator('body').innerText();
    await expect.poll(text, { timeout: 60_000 }).toContain('Docker Engine not answering');
    expect(await text()).toContain(engine.host);
    expect(await text()).not.toContain('Platform database not answering');
    await screenshot(opened, 'containers-away');
    await expectReadable(opened);
    await engine.back();
    await expect.poll(text, { timeout: 60_000 }).not.toContain('Docker Engine not answering');
  });
});
