import { beforeEach, describe, expect, it } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { verdictOf } from './support/console.ts';
import { dialogOn, doIt } from './support/dialog.ts';
import { type By, handOf } from './support/hand.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
  program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging' });
  await sweptAtStart(program);
});

const itemsOf = async (workspaceId: string) =>
  (await program.call<{ items: Orphan[] }>(`/api/orphans/${workspaceId}`)).body.items;

/** Its page asks for it and for its attempts at once: unknown, either would be a 404. */
async function seen(workspaceId: string): Promise<void> {
  await until(async () => (await program.call(`/api/orphans/${workspaceId}`)).status === 200, {
    what: 'the orphan to be seen',
  });
}

const SCREENS: [Device, Theme, By][] = [
  ['desktop', 'light', 'keyboard'],
  ['phone', 'dark', 'pointer'],
];

describe('the page of a workspace', () => {
  it.each(SCREENS)(
    'holds its orphans, says by whom and until when, and gives them back (%s, %s, by %s)',
    async (device, theme, by) => {
      const { id, instance_id: instanceId } = await served.world.leak('dev-7');
      await seen(id);
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      if (device === 'phone') await page.setViewportSize({ width: 360, height: 740 });
      const [hand, dialog] = [handOf(page, by), dialogOn(page)];
      await page.goto(`/orphans/${id}`);
      const head = page.getByRole('region', { name: `Instance ${instanceId}` });
      const facts = page.getByRole('region', { name: `Facts of ${instanceId}` });
      await expect.poll(() => head.innerText()).toMatch(/^Waiting\n/);

      await hand.press(page.getByRole('button', { name: 'Hold…' }));
      await dialog.waitFor();
      expect(await dialog.innerText()).toMatch(/^Hold dev-7 in staging\n+1 open orphan\. Removed at or before: /);
      await screenshot(opened, 'dialog-hold');
      await expectReadable(opened);
      await hand.type(dialog.getByLabel('Reason'), 'its disk is being copied');
      await hand.choose(dialog.getByLabel('Tomorrow 09:00'));
      await hand.type(dialog.getByLabel('Your name'), 'Anna');
      await doIt(page, hand);
      await expect.poll(() => head.innerText()).toMatch(/^Held\n/);
      expect(await facts.innerText()).toMatch(/Held\n+its disk is being copied\nBy Anna \(unverified\), .*\nEnds in /);
      await screenshot(opened, 'orphan-held', { fullPage: true });
      await expectReadable(opened);
      expect((await sweepByHand(program)).claimed, 'nobody sweeps what is held').toBe(0);

      await hand.press(page.getByRole('button', { name: 'End hold' }));
      await dialog.waitFor();
      expect(await dialog.innerText()).toMatch(/Held by Anna \(unverified\) since .*: its disk is being copied\./);
      await screenshot(opened, 'dialog-end-hold');
      await expectReadable(opened);
      await doIt(page, hand);
      await expect.poll(() => head.innerText()).toMatch(/^Waiting\n/);
      expect((await itemsOf(id)).map(({ hold }) => hold)).toEqual([null]);
    },
  );

  it.each(SCREENS)('files away what only a person can judge (%s, %s, by %s)', async (device, theme, by) => {
    const { id, instance_id: instanceId } = await served.world.leak('dev-7');
    served.world.controlPlane.onStop(instanceId ?? '', () => CHANGES.restored(served.world, id));
    await sweepByHand(program);
    const opened = await openPage(served.origin, { device, theme });
    const { page } = opened;
    if (device === 'phone') await page.setViewportSize({ width: 360, height: 740 });
    const [hand, dialog] = [handOf(page, by), dialogOn(page)];
    await page.goto('/');
    expect(await verdictOf(page, 'stuck')).toBe('1 orphan needs you');
    await page.goto(`/orphans/${id}`);
    const head = page.getByRole('region', { name: `Instance ${instanceId}` });
    const facts = page.getByRole('region', { name: `Facts of ${instanceId}` });
    await expect.poll(() => head.innerText()).toMatch(/^Stuck\n/);
    await screenshot(opened, 'orphan-stopped-live', { fullPage: true });

    await hand.press(page.getByRole('button', { name: 'Acknowledge…' }));
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(/^Acknowledge 1 of dev-7 in staging\n/);
    expect(await dialog.innerText()).toContain('was restored while its instance was being stopped');
    await screenshot(opened, 'dialog-acknowledge');
    await expectReadable(opened);
    await hand.type(dialog.getByLabel('Reason'), 'its owner knows');
    await hand.type(dialog.getByLabel('Your name'), 'Anna');
    await doIt(page, hand);
    await expect.poll(() => head.innerText()).toMatch(/^Resolved elsewhere\n/);
    expect(await facts.innerText()).toContain('Acknowledged by a person');
    expect(await page.getByRole('button', { name: 'Acknowledge…' }).count()).toBe(0);
    expect((await itemsOf(id)).map(({ resolution }) => resolution)).toEqual(['acknowledged']);
  });

  it('says what the second look found: still running after an accepted Stop', async () => {
    const { id, instance_id: instanceId } = await served.world.leak('dev-7');
    await served.kill();
    program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', SECOND_LOOK_SECONDS: '1' });
    await expect.poll(async () => (await itemsOf(id))[0]?.state).toBe('cleared');
    served.world.controlPlane.setState(instanceId ?? '', 'running');
    await expect
      .poll(async () => {
        await sweepByHand(program);
        return (await itemsOf(id))[0]?.why;
      })
      .toBe('reappeared');
    const opened = await openPage(served.origin);
    await opened.page.goto(`/orphans/${id}`);
    const head = opened.page.getByRole('region', { name: `Instance ${instanceId}` });
    const facts = opened.page.getByRole('region', { name: `Facts of ${instanceId}` });
    await expect.poll(() => head.innerText()).toMatch(/^Stuck\n/);
    expect(await facts.innerText()).toMatch(/Second look\n+Still running after an accepted Stop/);
    await screenshot(opened, 'orphan-reappeared', { fullPage: true });
    await expectReadable(opened);
  });
});
