import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NotificationsAnswer, TestedAnswer } from '../../server/api/notifications.ts';
import { audited, latchBrake } from '../support/acting.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { onlyWebhook, SIGNING_SECRET, startNotifying } from '../support/notifying.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWorld, type World } from '../support/world.ts';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const ID = expect.stringMatching(/^[0-9a-f-]{36}$/);

let world: World;
let receiver: Receiver;
let api: Api;
let host: string;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  receiver = await startReceiver();
  host = new URL(receiver.url).host;
  api = await createApi(world, {
    NOTIFY_WEBHOOK_URL: `${receiver.url}/hook/of-ours`,
    NOTIFY_WEBHOOK_SECRET: SIGNING_SECRET,
    NOTIFY_SLACK_URL: `${receiver.url}/services/verysecrettoken`,
  });
  return () => api.close();
});

const list = (query = '') => api.call<NotificationsAnswer>(`/api/notifications${query}`);
const test = (payload: object, of = api) =>
  of.call<TestedAnswer>({ method: 'POST', url: '/api/notifications/test', payload });
const turn = () => startNotifying(world, { channels: onlyWebhook(receiver) }).turn();

describe('the notifications', () => {
  it('have each channel by its host, and nothing that was not sent', async () => {
    const nothing = { waiting: 0, deliveredAt: null, error: null, errorAt: null };
    expect((await list()).body).toEqual({
      channels: [
        { kind: 'webhook', host, ...nothing },
        { kind: 'slack', host, ...nothing },
      ],
      items: [],
      nextCursor: null,
    });
  });

  it('say what was sent, when, and what went wrong last, without the address', async () => {
    await latchBrake(world);
    receiver.reply(({ path }) => ({ status: 500, body: `no ${path}` }));
    await turn();
    const [waiting] = (await list()).body.channels;
    expect(waiting).toEqual({
      ...{ kind: 'webhook', host, waiting: 1, deliveredAt: null },
      ...{ error: 'answered 500: no [redacted]', errorAt: TIME },
    });
    receiver.reply({ status: 200 });
    await world.home.query('update sweeper.deliveries set next_attempt_at = now()');
    await turn();
    const { body, text } = await list();
    expect(body.channels[0]).toMatchObject({ waiting: 0, deliveredAt: TIME, error: 'answered 500: no [redacted]' });
    expect(body.items).toEqual([
      {
        id: ID,
        kind: 'brake',
        cause: expect.any(String),
        openedAt: TIME,
        endedAt: null,
        summary: expect.stringContaining('The safety brake has latched'),
        deliveries: [
          {
            channel: 'webhook',
            event: 'opened',
            attempts: 2,
            nextAttemptAt: null,
            deliveredAt: TIME,
            givenUpAt: null,
            error: 'answered 500: no [redacted]',
          },
        ],
      },
    ]);
    expect(text).not.toMatch(/verysecret|of-ours|whsec/);
  });

  it('say what was given up', async () => {
    await latchBrake(world);
    receiver.reply({ status: 500 });
    await turn();
    await world.home.query(`update sweeper.deliveries set created_at = now() - interval '25 hours'`);
    await turn();
    expect((await list()).body.items[0]?.deliveries).toMatchObject([{ givenUpAt: TIME, nextAttemptAt: null }]);
  });

  it('come in pages, the newest first', async () => {
    for (let times = 0; times < 3; times += 1) {
      await latchBrake(world, times);
      await turn();
    }
    const first = (await list('?limit=2')).body;
    const second = (await list(`?limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...second.items].map((item) => item.summary.match(/: (\d)/)?.[1])).toEqual(['2', '1', '0']);
    expect(second.nextCursor).toBeNull();
    expect((await api.call('/api/notifications?cursor=x')).body).toMatchObject({ code: 'invalid_cursor' });
  });

  it('are of this tenant alone', async () => {
    await latchBrake(world);
    await turn();
    const other = await createApi(world, { TENANT: 'other' });
    try {
      expect((await other.call<NotificationsAnswer>('/api/notifications')).body.items).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

describe('a test message', () => {
  it('goes out now, answers what became of it on each channel, and is written down with who asked', async () => {
    receiver.reply(({ path }) => (path.startsWith('/hook') ? { status: 200 } : { status: 403, body: 'no_service' }));
    const { status, body } = await test({ actor: 'Anna' });
    expect([status, body]).toEqual([
      200,
      {
        channels: [
          { kind: 'webhook', host, accepted: true, error: null },
          { kind: 'slack', host, accepted: false, error: 'answered 403: no_service' },
        ],
      },
    ]);
    expect(await audited(world)).toMatchObject([
      { action: 'test_notifications', actor: 'Anna', target: null, refused: null },
    ]);
    expect((await test({ channel: 'slack' })).body.channels.map(({ kind }) => kind)).toEqual(['slack']);
  });

  it('is refused where nobody would get it, and says which setting is missing', async () => {
    const { status, body } = await api.call({
      method: 'POST',
      url: '/api/notifications/test',
      payload: { channel: 'pagerduty' },
    });
    expect([status, body.code, body.detail]).toEqual([
      409,
      'no_such_channel',
      'Nothing was sent: set NOTIFY_PAGERDUTY_KEY, and restart.',
    ]);
    const without = await createApi(world);
    try {
      expect((await test({}, without)).body).toMatchObject({ code: 'no_such_channel' });
    } finally {
      await without.close();
    }
    expect(receiver.received).toEqual([]);
    expect((await audited(world)).map(({ action, refused }) => [action, refused])).toEqual([
      ['test_notifications', 'no_such_channel'],
      ['test_notifications', 'no_such_channel'],
    ]);
  });

  it('counts as a change: the 61st within a minute is refused, and not sent', async () => {
    for (let times = 0; times < 60; times += 1) expect((await test({ channel: 'webhook' })).status).toBe(200);
    expect((await test({ channel: 'webhook' })).body).toMatchObject({ code: 'too_many_changes' });
    expect(receiver.received).toHaveLength(60);
  });
});
