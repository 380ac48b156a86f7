import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import type { Sweep } from '../../server/api/sweeps.ts';
import { until } from '../support/until.ts';
import { holdStops } from './support/held-stops.ts';
import { openPage } from './support/open-page.ts';
import { createServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

/** What moves on the page at this moment. */
const moving = (page: Page) =>
  page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);

it('only what is under way moves, and nothing where the reader asked for that', async () => {
  const served = await createServedWorld();
  const program = await served.start({
    SWEEP_INTERVAL_SECONDS: '3600',
    STOP_TIMEOUT_SECONDS: '100',
    SWEEP_DEADLINE_SECONDS: '200',
  });
  await sweptAtStart(program);
  const { instance_id: instanceId } = await served.world.leak('dev-7');
  const held = holdStops(served.world, [instanceId ?? '']);
  onTestFinished(() => held.answerAll());
  const { body: sweep } = await program.call<Sweep>('/api/sweeps', { method: 'POST' });
  await until(() => held.waiting() === 1, { what: 'the Stop to arrive', timeoutMs: 30_000 });

  for (const [motion, moves] of [
    ['no-preference', 1],
    ['reduce', 0],
  ] as const) {
    const { page } = await openPage(served.origin, { motion });
    await page.goto(`/sweeps/${sweep.id}`);
    await page.getByText('Running', { exact: true }).first().waitFor();
    expect(await moving(page), motion).toBe(moves);
  }
  held.answerAll();
  const { page } = await openPage(served.origin, { motion: 'no-preference' });
  await page.goto(`/sweeps/${sweep.id}`);
  await page.getByText('Cleared', { exact: true }).first().waitFor();
  expect(await moving(page)).toBe(0);
});
