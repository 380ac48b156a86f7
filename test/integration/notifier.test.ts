import { pino } from 'pino';
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { DatabaseFailure } from '../../server/db/connect.ts';
import { createChannels } from '../../server/notify/channel.ts';
import { createNotifier, type Notifier } from '../../server/notify/notifier.ts';
import { createPost } from '../../server/notify/post.ts';
import type { HomeInReach } from '../../server/notify/turn.ts';
import { latchBrake } from '../support/acting.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { onlyWebhook } from '../support/notifying.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { gate, startAfresh } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let receiver: Receiver;
let clock: FakeClock;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  receiver = await startReceiver();
  clock = createFakeClock();
});

function notifierOn(home: () => HomeInReach | null, channels = createChannels(onlyWebhook(receiver))): Notifier {
  const notifier = createNotifier({
    clock,
    log: pino({ level: 'silent' }),
    channels,
    post: createPost('0.0.0'),
    sender: { tenant: 'default', environment: null, publicUrl: null, runbookUrl: null },
    replica: 'one',
    intervalMs: 60_000,
    kind: 'control-plane',
    home,
    random: () => 0,
  });
  onTestFinished(() => notifier.stop());
  return notifier;
}

const resting = () => until(() => clock.waiting() === 1, { what: 'the notifier to rest' });
const ours = () => ({ database: world.homeDatabase, ours: true });

it('looks every five seconds, never twice at once, and survives whatever is thrown', async () => {
  let looks = 0;
  let atOnce = 0;
  let fault: Error | null = new TypeError('out of luck');
  const held = gate();
  let holding = false;
  const database: HomeInReach['database'] = {
    ...world.homeDatabase,
    async transaction(run) {
      looks += 1;
      atOnce += 1;
      expect(atOnce).toBe(1);
      try {
        if (fault !== null) throw fault;
        if (holding) await held.opened;
        return await world.homeDatabase.transaction(run);
      } finally {
        atOnce -= 1;
      }
    },
  };
  notifierOn(() => ({ database, ours: true })).start();
  await resting();
  fault = new DatabaseFailure(new Error('away'));
  clock.advance(5_000);
  await until(() => looks === 2 && clock.waiting() === 1, { what: 'the second look' });
  fault = null;
  holding = true;
  await latchBrake(world);
  clock.advance(4_999);
  expect(looks).toBe(2);
  clock.advance(1);
  await until(() => looks === 3, { what: 'the third look' });
  clock.advance(60_000);
  expect([looks, clock.waiting()], 'it waits for the look that hangs').toEqual([3, 0]);
  held.open();
  await until(() => receiver.received.length === 1, { what: 'the message' });
});

it('does nothing where nobody is to be told', async () => {
  const notifier = notifierOn(() => {
    throw new Error('nobody asked');
  }, []);
  notifier.start();
  expect(clock.waiting()).toBe(0);
  await notifier.stop();
});

it('stop() gives up what is being sent and waits for nothing else; the next one sends it', async () => {
  receiver.reply('hang');
  await latchBrake(world);
  const notifier = notifierOn(ours);
  notifier.start();
  await until(() => receiver.received.length === 1, { what: 'the message' });
  await notifier.stop();
  expect(clock.waiting()).toBe(0);
  receiver.reply({ status: 200 });
  await world.home.query('update sweeper.deliveries set next_attempt_at = now()');
  notifierOn(ours).start();
  await until(() => receiver.received.length === 2, { what: 'the message once more' });
  const [first, second] = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(second).toBe(first);
});

it('a test message goes to all channels at once, or to one, and each says what became of it', async () => {
  const other = await startReceiver();
  other.reply({ status: 403, body: 'invalid_token' });
  const channels = createChannels({
    ...onlyWebhook(receiver),
    slack: { url: `${other.url}/services/x` },
    pagerduty: { url: `${receiver.url}/v2/enqueue`, key: 'K3Y' },
  });
  const notifier = notifierOn(ours, channels);
  const signal = new AbortController().signal;
  const host = (of: Receiver) => new URL(of.url).host;
  expect(await notifier.test(null, signal)).toEqual([
    { kind: 'webhook', host: host(receiver), error: null },
    { kind: 'slack', host: host(other), error: 'answered 403: invalid_token' },
    { kind: 'pagerduty', host: host(receiver), error: null },
  ]);
  expect(receiver.received.map(({ body }) => body['type'] ?? body['event_action']).sort()).toEqual([
    'resolve',
    'test',
    'trigger',
  ]);
  expect((await notifier.test('slack', signal)).map(({ kind }) => kind)).toEqual(['slack']);
});
