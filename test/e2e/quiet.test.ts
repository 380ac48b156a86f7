import { expect, it } from 'vitest';
import { verdictOf } from './support/console.ts';
import { openPage } from './support/open-page.ts';
import { createServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

/** More than two polls, in all of which the server has nothing new to say and the browser hands out what it kept. */
const QUIET_MS = 16_000;
const POLL_MS = 5_000;

it('time goes on for a page whose server answers "not modified", poll after poll', async () => {
  const served = await createServedWorld();
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600' }));
  const { page } = await openPage(served.origin);
  await page.goto('/');
  await verdictOf(page, 'clear');
  const lookedAt = async () => {
    const clock = /looked at (\d\d:\d\d:\d\d)Z$/.exec(await verdictOf(page, 'clear'))?.[1];
    return Date.parse(`2026-01-01T${clock}Z`);
  };
  const first = await lookedAt();
  const sweptAgo: number[] = [];
  const until = performance.now() + QUIET_MS;
  while (performance.now() < until) {
    sweptAgo.push(Number(/^Last sweep (\d+) s ago/.exec(await page.locator('[data-verdict] p a').innerText())?.[1]));
    await page.waitForTimeout(500);
  }
  expect((await lookedAt()) - first).toBeGreaterThanOrEqual(QUIET_MS - POLL_MS - 2_000);
  expect(sweptAgo).toEqual(sweptAgo.toSorted((a, b) => a - b));
  expect((sweptAgo.at(-1) ?? 0) - (sweptAgo[0] ?? 0)).toBeGreaterThanOrEqual(QUIET_MS / 1000 - 3);
});
