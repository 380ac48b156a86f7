import { beforeEach, describe, expect, it } from 'vitest';
import type { NotifyConfig } from '../../server/config.ts';
import { type Channel, createChannels } from '../../server/notify/channel.ts';
import { type Sender, testMessage } from '../../server/notify/message.ts';
import { createPost } from '../../server/notify/post.ts';
import type { Sent } from '../../server/notify/retry.ts';
import { freePort } from '../support/proxy.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const SENDER: Sender = { tenant: 'default', environment: null, publicUrl: null, runbookUrl: null };
const NONE: NotifyConfig = { webhook: null, slack: null, pagerduty: null };
const post = createPost('1.2.3');

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});

function only(config: Partial<NotifyConfig>): Channel {
  const [channel] = createChannels({ ...NONE, ...config });
  if (channel === undefined) throw new Error('no channel');
  return channel;
}
const slack = (path = '/services/T00/B00/verysecrettoken') => only({ slack: { url: `${receiver.url}${path}` } });
const send = (channel: Channel, told = new AbortController().signal): Promise<Sent> =>
  post.send(channel, testMessage(SENDER, channel.kind, 'one', new Date()), told);
const failed = (error: string | RegExp, rest: { hopeless?: boolean; retryAfterMs?: number | null } = {}) => ({
  kind: 'failed',
  error: typeof error === 'string' ? error : expect.stringMatching(error),
  hopeless: false,
  retryAfterMs: null,
  ...rest,
});

describe('a message', () => {
  it('is one POST of JSON that says who sends it', async () => {
    expect(await send(slack())).toEqual({ kind: 'accepted' });
    expect(receiver.received).toMatchObject([
      {
        path: '/services/T00/B00/verysecrettoken',
        headers: { 'content-type': 'application/json', 'user-agent': 'orphan-sweeper/1.2.3' },
      },
    ]);
    expect(receiver.received[0]?.headers['content-length']).toBe(
      String(Buffer.byteLength(receiver.received[0]?.text ?? '')),
    );
  });

  it.each([200, 201, 202, 204])('is accepted with %i', async (status) => {
    receiver.reply({ status });
    expect(await send(slack())).toEqual({ kind: 'accepted' });
  });

  it.each([500, 502, 503, 408, 429])('may be taken later after %i', async (status) => {
    receiver.reply({ status, body: '{"error":"busy"}' });
    expect(await send(slack())).toEqual(failed(`answered ${status}: busy`));
  });

  it.each([400, 401, 403, 404, 410])(
    'will not be taken as long as nobody changes a setting after %i',
    async (status) => {
      receiver.reply({ status, body: 'no_team' });
      expect(await send(slack())).toEqual(failed(`answered ${status}: no_team`, { hopeless: true }));
    },
  );

  it('keeps in mind for how long the other side wants to be left alone', async () => {
    receiver.reply({ status: 429, headers: { 'retry-after': '30' } });
    expect(await send(slack())).toEqual(failed('answered 429', { retryAfterMs: 30_000 }));
  });

  it.each([301, 302, 307, 308])(
    'does not follow a redirect (%i): it would carry the signature away',
    async (status) => {
      const other = await startReceiver();
      receiver.reply({ status, headers: { location: `${other.url}/elsewhere` } });
      expect(await send(slack())).toEqual(failed(/a redirect, which is not followed/, { hopeless: true }));
      expect(other.received).toEqual([]);
      expect(receiver.received).toHaveLength(1);
    },
  );

  it('is not accepted by a page', async () => {
    receiver.reply({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in' });
    expect(await send(slack())).toMatchObject({ kind: 'failed', hopeless: true });
  });

  it('is given up as soon as the process goes down, though nobody answers', async () => {
    receiver.reply('hang');
    const told = new AbortController();
    const sending = send(slack(), told.signal);
    await expect.poll(() => receiver.received.length).toBe(1);
    told.abort();
    expect(await sending).toEqual(failed(/no whole answer/));
  });

  it('has an answer read that never ends no further than 64 kB', async () => {
    receiver.reply({ status: 500, body: 'x'.repeat(10_000_000) });
    expect(await send(slack())).toEqual(failed(/^answered 500: x{400,520}…$/));
  });

  it('that reaches nobody says so in words', async () => {
    const url = `http://127.0.0.1:${await freePort()}/services/x`;
    expect(await send(only({ slack: { url } }))).toEqual(failed('connection refused (ECONNREFUSED)'));
  });

  it('in two parts ends with the first that fails', async () => {
    receiver.reply({ status: 500 });
    const channel = only({ pagerduty: { url: `${receiver.url}/v2/enqueue`, key: 'pdroutingkey' } });
    expect(await send(channel)).toEqual(failed('answered 500'));
    expect(receiver.received).toHaveLength(1);
    receiver.reply({ status: 202 });
    expect(await send(channel)).toEqual({ kind: 'accepted' });
    expect(receiver.received.map(({ body }) => body['event_action'])).toEqual(['trigger', 'trigger', 'resolve']);
  });
});

describe('what the other side says back', () => {
  it('is shown without the address, a key or a secret that is in it, however it is written', async () => {
    const secret = 'a-secret-of-twenty-four-and-more';
    const url = `${receiver.url}/in/pathsecret?token=querysecret`;
    receiver.reply(({ path }) => ({
      status: 400,
      body: `${path} ${encodeURIComponent(url)} ${Buffer.from(secret).toString('base64')} querysecret`,
    }));
    const sent = await send(only({ webhook: { url, secret } }));
    expect(JSON.stringify(sent)).toContain('answered 400');
    for (const hidden of ['pathsecret', 'querysecret', secret, Buffer.from(secret).toString('base64')]) {
      expect(JSON.stringify(sent)).not.toContain(hidden);
    }
  });
});
