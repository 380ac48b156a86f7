import { beforeEach, describe, expect, it } from 'vitest';
import { latchBrake } from '../support/acting.ts';
import { SIGNING_SECRET } from '../support/notifying.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  served = await createServedWorld();
});

const start = async (env: Readonly<Record<string, string>>) => {
  await sweptAtStart(await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ...env }));
};
const channels = () => ({
  NOTIFY_WEBHOOK_URL: `${receiver.url}/hook/of-ours`,
  NOTIFY_WEBHOOK_SECRET: SIGNING_SECRET,
  NOTIFY_SLACK_URL: `${receiver.url}/services/verysecrettoken`,
});

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

describe('notifications on the page of settings', () => {
  it.each(SCREENS)(
    'say of each channel when something last arrived and what went wrong, and a test message what became of it (%s, %s)',
    async (device, theme) => {
      receiver.reply(({ path }) => (path.startsWith('/hook') ? { status: 200 } : { status: 403, body: 'no_service' }));
      await start(channels());
      await latchBrake(served.world);
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      await page.goto('/settings');
      const section = page.getByRole('region', { name: 'Notifications' });
      await expect.poll(() => section.innerText()).toMatch(/Webhook · 127\.0\.0\.1:\d+\s+Last delivery\s+\d+ s ago/);
      const text = await section.innerText();
      expect(text).toMatch(/Last error\s+none\s+Slack · 127\.0\.0\.1:\d+\s+Last delivery\s+none yet/);
      expect(text).toMatch(/Last error\s+answered 403: no_service, .*\s+Waiting\s+1 message/);
      const before = receiver.received.length;
      await section.getByRole('button', { name: 'Send a test message' }).click();
      const result = section.getByRole('status');
      await expect.poll(() => result.innerText()).toContain('Webhook: accepted the test message');
      expect(await result.innerText()).toContain('Slack: did not take it: answered 403: no_service');
      expect(receiver.received.slice(before).filter(({ body }) => body['type'] === 'test')).toHaveLength(1);
      await section.scrollIntoViewIfNeeded();
      await screenshot(opened, 'notifications');
      await expectReadable(opened);
      expect(await page.content()).not.toMatch(/verysecret|of-ours/);
    },
  );

  it('say that nobody is told where no channel is configured, and the button says so, too', async () => {
    await start({});
    const opened = await openPage(served.origin, { device: 'phone' });
    const { page } = opened;
    await page.goto('/settings');
    const button = page.getByRole('button', { name: 'Send a test message' });
    await expect.poll(() => button.isDisabled()).toBe(true);
    const described = await button.getAttribute('aria-describedby');
    expect(await page.locator(`#${described}`).innerText()).toMatch(/^Nobody is told: no channel is configured\. Set/);
    await screenshot(opened, 'notifications-none');
    await expectReadable(opened);
  });

  it('a test message that was refused says why, and that it was not sent', async () => {
    await start(channels());
    const opened = await openPage(served.origin);
    const { page, recording } = opened;
    await page.goto('/settings');
    await page.getByRole('button', { name: 'Send a test message' }).waitFor();
    recording.expectStatus(503);
    await served.homeDatabase.cut();
    await page.getByRole('button', { name: 'Send a test message' }).click();
    const result = page.getByRole('region', { name: 'Notifications' }).getByRole('status');
    await expect.poll(() => result.innerText()).toMatch(/^Not sent\. Orphan Sweeper cannot read its own database/);
    expect(receiver.received).toEqual([]);
  });
});
