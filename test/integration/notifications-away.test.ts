import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connect, type Database } from '../../server/db/connect.ts';
import { pause } from '../../server/sweep/pause.ts';
import { ANNA, minutesFromNow } from '../support/acting.ts';
import { type Notifying, onlyWebhook, startNotifying } from '../support/notifying.ts';
import { createProxy, type Proxy as TcpProxy } from '../support/proxy.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

const LATE_MS = 150_000;

let world: World;
let receiver: Receiver;
let proxy: TcpProxy;
let database: Database;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  receiver = await startReceiver();
  const url = new URL(world.home.url);
  proxy = await createProxy({ host: url.hostname, port: Number(url.port) });
  await proxy.open();
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  database = connect(url.href, { max: 5, indexesOnly: true, onError: () => undefined });
  onTestFinished(() => database.close());
});

const replica = (options = {}): Notifying =>
  startNotifying(world, { channels: onlyWebhook(receiver), home: () => database, ...options });
const told = () => receiver.received.map(({ body }) => body['type']);
const ids = () => receiver.received.map(({ headers }) => headers['webhook-id']);
const heartbeat = () => world.home.query('update sweeper.tenants set alive_at = now()');
const rows = async () =>
  (await world.home.query('select kind, ended_at is null as open from sweeper.notifications order by opened_at')).rows;

describe('silence while the home database is away', () => {
  it('is told from memory after 2.5 intervals, once, and its end when the database is back and a sweep lives', async () => {
    await sweepOnce(world);
    const one = replica();
    await one.turn();
    await proxy.cut();
    await one.watchFor(LATE_MS - 10_000);
    expect(told()).toEqual([]);
    await one.watchFor(60_000);
    expect(receiver.received.map(({ body }) => [body['type'], body['summary']])).toEqual([
      [
        'silence.opened',
        expect.stringMatching(/^Nobody sweeps as far as one can see: its home database cannot be asked \(.+\)\.$/),
      ],
    ]);
    await proxy.open();
    await world.timePasses(LATE_MS + 60_000);
    await one.turn();
    await one.turn();
    expect(told(), 'the last sign of life is old as well: that is the same silence').toEqual(['silence.opened']);
    expect(await rows()).toEqual([{ kind: 'silence', open: true }]);
    await heartbeat();
    await one.turn();
    await one.turn();
    expect(told()).toEqual(['silence.opened', 'silence.ended']);
    expect(ids()).toEqual([expect.stringMatching(/-opened$/), String(ids()[0]).replace('opened', 'ended')]);
    expect(await rows()).toEqual([{ kind: 'silence', open: false }]);
  });

  it('has one id however many replicas tell of it, and one end', async () => {
    await sweepOnce(world);
    const both = [replica(), replica({ replica: 'other' })];
    for (const one of both) await one.turn();
    await proxy.cut();
    for (const one of both) await one.watchFor(LATE_MS);
    expect([told().length, new Set(ids()).size], 'nobody can agree on who tells it').toEqual([2, 1]);
    await proxy.open();
    await heartbeat();
    for (const one of both) await one.turn();
    for (const one of both) await one.turn();
    expect(told()).toEqual(['silence.opened', 'silence.opened', 'silence.ended']);
  });

  it('has an end for each beginning, also where the replicas knew different things', async () => {
    await sweepOnce(world);
    const one = replica();
    await one.turn();
    await sweepOnce(world);
    const other = replica({ replica: 'other' });
    await other.turn();
    await proxy.cut();
    for (const of of [one, other]) await of.watchFor(LATE_MS);
    await proxy.open();
    await world.timePasses(LATE_MS + 60_000);
    for (const of of [one, other]) await of.turn();
    await heartbeat();
    for (const of of [one, other, one, other]) await of.turn();
    const [opened, ended] = ['opened', 'ended'].map((event) =>
      ids()
        .filter((id) => id?.endsWith(event))
        .map((id) => id?.replace(/-\w+$/, ''))
        .sort(),
    );
    expect(new Set(opened).size).toBe(2);
    expect(ended).toEqual(opened);
  });

  it('is told again under the same id where nobody took it, and by the outbox when the database is back first', async () => {
    await sweepOnce(world);
    receiver.reply({ status: 503 });
    const one = replica();
    await one.turn();
    await proxy.cut();
    await one.watchFor(LATE_MS + 60_000);
    expect(told().length).toBeGreaterThan(1);
    expect(told().length, 'with longer and longer pauses').toBeLessThan(8);
    receiver.reply({ status: 200 });
    const before = told().length;
    await proxy.open();
    await heartbeat();
    await one.turn();
    await one.turn();
    expect(told().slice(before)).toEqual(['silence.opened', 'silence.ended']);
    expect(new Set(ids().filter((id) => id?.endsWith('opened'))).size).toBe(1);
  });

  it('is also told of a database that was never reached, and not of one that was away for a moment', async () => {
    const never = replica({ home: () => null });
    await never.watchFor(LATE_MS);
    expect(told()).toEqual(['silence.opened']);
    const moment = replica();
    await moment.turn();
    for (let times = 0; times < 3; times += 1) {
      await proxy.cut();
      await moment.watchFor(LATE_MS / 2);
      await proxy.open();
      await heartbeat();
      await moment.turn();
    }
    expect(told()).toEqual(['silence.opened']);
  });

  it('is not told of the time in which the process itself was frozen', async () => {
    const one = replica();
    await one.turn();
    await proxy.cut();
    await one.turn();
    one.clock.advance(3_600_000);
    await one.turn();
    expect(told()).toEqual([]);
  });

  it('is excused by a pause for as long as that would have lasted', async () => {
    await sweepOnce(world);
    await pause(world.homeDatabase, 'default', ANNA, minutesFromNow(10));
    const one = replica();
    await one.turn();
    await proxy.cut();
    await one.watchFor(500_000);
    expect(told()).toEqual([]);
    await one.watchFor(120_000);
    expect(told()).toEqual(['silence.opened']);
  });
});
