import { Webhook } from 'standardwebhooks';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { pause, resume } from '../../server/sweep/pause.ts';
import { ANNA, latchBrake, minutesFromNow, stoppedLive } from '../support/acting.ts';
import { onlyWebhook, SIGNING_SECRET, startNotifying } from '../support/notifying.ts';
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts';
import { startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let receiver: Receiver;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  receiver = await startReceiver();
});

const replica = (options = {}) => startNotifying(world, { channels: onlyWebhook(receiver), ...options });
const types = (of: Receiver = receiver) => of.received.map(({ body }) => body['type']);
const ids = (of: readonly Received[] = receiver.received) => of.map(({ headers }) => headers['webhook-id']);

/** They fail in this way, and have done so for so long that they need a person. */
async function leakStuck(count: number, status = 400): Promise<WorkspaceRow[]> {
  const rows = await world.leakMany(count);
  const failure = { kind: 'status', status, body: '{"error":"malformed id"}' } as const;
  for (const row of rows) world.controlPlane.fail(row.instance_id ?? '', failure);
  await sweepOnce(world);
  await world.timePasses(31 * 60_000);
  // Nothing else has gone by: the sweep is as recent as it was.
  await world.home.query(`update sweeper.tenants set alive_at = now(); update sweeper.sweeps set finished_at = now()`);
  return rows;
}

const resolveAll = () => world.home.query(`update sweeper.orphans set resolved_at = now(), resolution = 'external'`);

describe('orphans that need a person', () => {
  it('are one message however many share the cause, however many replicas and looks see it, and one when it is over', async () => {
    await leakStuck(12);
    const [one, other] = [replica(), replica({ replica: 'other' })];
    await Promise.all([one.turn(), other.turn()]);
    await Promise.all([one.turn(), other.turn()]);
    expect(receiver.received.map(({ body }) => body)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}-opened$/),
        type: 'stuck.opened',
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        tenant: 'default',
        environment: 'staging',
        notificationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        summary: '12 orphans need a person: the control plane rejected the Stop (400): malformed id.',
        details: {
          orphans: 12,
          why: null,
          class: 'rejected',
          outcome: 'failed',
          pattern: expect.stringContaining('malformed id'),
          httpStatus: 400,
          since: expect.stringMatching(/^\d{4}-.*Z$/),
        },
        url: expect.stringMatching(/^https:\/\/sweeper\.example\/orphans\?cause=[0-9a-f]{12}$/),
      },
    ]);
    await resolveAll();
    await one.turn();
    await world.timePasses(121_000);
    await Promise.all([one.turn(), other.turn()]);
    await Promise.all([one.turn(), other.turn()]);
    expect(types()).toEqual(['stuck.opened', 'stuck.ended']);
    const [opened, ended] = receiver.received.map(({ body }) => body);
    expect(ended).toMatchObject({
      notificationId: opened?.['notificationId'],
      summary: 'No orphan needs a person any more for this: the control plane rejected the Stop (400): malformed id.',
    });
  });

  it('of a cause that is gone for less than two minutes and comes back are told of once', async () => {
    await leakStuck(1);
    const one = replica();
    await one.turn();
    await resolveAll();
    await one.turn();
    await world.timePasses(110_000);
    await one.turn();
    await world.home.query('update sweeper.orphans set resolved_at = null, resolution = null');
    await one.turn();
    await world.timePasses(60_000);
    await one.turn();
    expect(types()).toEqual(['stuck.opened']);
    await resolveAll();
    await one.turn();
    await world.timePasses(110_000);
    await one.turn();
    expect(types(), 'counted from when it was gone last').toEqual(['stuck.opened']);
    await world.timePasses(11_000);
    await one.turn();
    expect(types()).toEqual(['stuck.opened', 'stuck.ended']);
  });

  it('of each cause, and of each kind that no attempt explains, are told by themselves', async () => {
    await leakStuck(2, 403);
    await stoppedLive(world);
    const [, gone] = await world.leakMany(2);
    await world.observe();
    await world.home.query(
      `update sweeper.orphans set why = 'row_gone', stuck_at = now(), last_outcome = null where workspace_id = $1`,
      [gone?.id],
    );
    await replica().turn();
    expect(receiver.received.map(({ body }) => body['summary']).sort()).toEqual([
      '1 orphan needs a person: a workspace was restored while its instance was being stopped.',
      "1 orphan needs a person: the row of the workspace is gone from the platform's table.",
      '2 orphans need a person: the control plane forbids the Stop (403): malformed id.',
    ]);
  });

  it('are nobody before they are stuck, nor while they are held or a pause excuses them', async () => {
    const rows = await world.leakMany(1);
    world.controlPlane.fail(rows[0]?.instance_id ?? '', { kind: 'status', status: 400 });
    await sweepOnce(world);
    const one = replica();
    await one.turn();
    await pause(world.homeDatabase, 'default', ANNA, minutesFromNow(120));
    await world.timePasses(20 * 60_000);
    await one.turn();
    expect(types()).toEqual([]);
  });
});

describe('the safety brake', () => {
  it('says so where it was an empty table that latched it', async () => {
    await latchBrake(world, 1);
    await world.home.query('update sweeper.tenants set platform_empty = true');
    await replica().turn();
    expect(receiver.received.map(({ body }) => body['summary'])).toEqual([
      "The safety brake has latched: the platform's table holds no row at all; nothing is stopped until a person releases it.",
    ]);
  });

  it('is told when it latches, when it is released, and again when it latches anew', async () => {
    const one = replica();
    await latchBrake(world);
    await one.turn();
    await one.turn();
    await world.home.query(`update sweeper.tenants set brake_at = null`);
    await one.turn();
    await one.turn();
    await latchBrake(world, 7);
    await one.turn();
    expect(types()).toEqual(['brake.opened', 'brake.ended', 'brake.opened']);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(receiver.received[0]?.body['details']).toEqual({ newOrphans: 1204, latchedAt: time });
    expect(receiver.received.map(({ body }) => body['summary'])).toEqual([
      'The safety brake has latched: 1204 new orphans within ten minutes; nothing is stopped until a person releases it.',
      'The safety brake was released.',
      'The safety brake has latched: 7 new orphans within ten minutes; nothing is stopped until a person releases it.',
    ]);
  });
});

describe('silence', () => {
  const LATE_MS = 150_000;
  const heartbeat = () => world.home.query('update sweeper.tenants set alive_at = now()');

  it('is told when no replica has shown a sign of life for 2.5 intervals, and its end at once', async () => {
    await sweepOnce(world);
    const one = replica();
    await one.watchFor(LATE_MS);
    await world.timePasses(LATE_MS - 20_000);
    await one.turn();
    expect(types()).toEqual([]);
    await world.timePasses(20_000);
    await one.turn();
    await one.turn();
    expect(receiver.received.map(({ body }) => body['summary'])).toEqual([
      expect.stringMatching(/^Nobody sweeps: no replica has shown a sign of life since \d{4}-.*Z\.$/),
    ]);
    await heartbeat();
    await one.turn();
    expect(types()).toEqual(['silence.opened', 'silence.ended']);
  });

  it('is told when another holds the lease and does nothing, though every loop lives; a sweep that ends well ends it', async () => {
    await sweepOnce(world);
    const one = replica();
    await one.watchFor(LATE_MS);
    await world.home.query(`update sweeper.tenants set lease_holder = 'stiff', lease_until = now() + interval '1 day'`);
    await world.timePasses(6 * 60_000);
    expect(await world.schedule.tick('boot')).toMatchObject({ kind: 'taken' });
    await one.turn();
    expect(receiver.received.map(({ body }) => body['summary'])).toEqual([
      expect.stringMatching(/^Nobody sweeps: no sweep has ended well since .*Z; the lease is held by stiff\.$/),
    ]);
    await world.home.query('update sweeper.tenants set lease_until = now()');
    await sweepOnce(world);
    await one.turn();
    expect(types()).toEqual(['silence.opened', 'silence.ended']);
  });

  it('is not told by one that has just started, or was frozen: it does not know whether anybody was there', async () => {
    await sweepOnce(world);
    await world.timePasses(3_600_000);
    const one = replica();
    await one.turn();
    one.clock.advance(LATE_MS);
    await one.turn();
    expect(types(), 'two looks that are far apart are no watch').toEqual([]);
    await one.watchFor(LATE_MS);
    expect(types()).toEqual(['silence.opened']);
  });

  it('is excused by a pause and by the brake, and by what has just ended of them; not by a refusal to resume', async () => {
    await sweepOnce(world);
    const one = replica();
    await one.watchFor(LATE_MS);
    await pause(world.homeDatabase, 'default', ANNA, minutesFromNow(600));
    await world.timePasses(3_600_000);
    await one.turn();
    await resume(world.homeDatabase, 'default', ANNA);
    await heartbeat();
    await one.turn();
    expect(types(), 'the first sweep after it has as much time as any other').toEqual([]);
    await world.timePasses(5 * 60_000 + 1_000);
    await heartbeat();
    await one.turn();
    expect(types()).toEqual(['silence.opened']);
    await latchBrake(world);
    await one.turn();
    expect(types().sort()).toEqual(['brake.opened', 'silence.ended', 'silence.opened']);
  });

  it('is not told of a drain that takes its time and stops one after the other', async () => {
    const [row] = await world.leakMany(1);
    await sweepOnce(world);
    const one = replica();
    await one.watchFor(LATE_MS);
    await world.home.query(`update sweeper.sweeps set finished_at = now() - interval '1 hour'`);
    await one.turn();
    expect(types()).toEqual([]);
    expect(await world.orphan(row?.id ?? '')).toMatchObject({ resolution: 'stopped' });
    await world.home.query(`update sweeper.attempts set started_at = now() - interval '1 hour'`);
    await one.turn();
    expect(types()).toEqual(['silence.opened']);
  });
});

describe('a message that does not arrive', () => {
  const due = () => world.home.query('update sweeper.deliveries set next_attempt_at = now()');

  it('is sent again under the same id, signed anew, until it is taken, and then no more', async () => {
    receiver.reply({ status: 500, body: 'out of order' });
    await latchBrake(world);
    const [one, other] = [replica(), replica({ replica: 'other' })];
    await one.turn();
    await one.turn();
    expect(receiver.received, 'not before its pause is over').toHaveLength(1);
    await due();
    await Promise.all([one.turn(), other.turn()]);
    expect(receiver.received).toHaveLength(2);
    receiver.reply({ status: 204 });
    await due();
    await Promise.all([one.turn(), other.turn()]);
    await due();
    await Promise.all([one.turn(), other.turn()]);
    expect(new Set(ids()).size).toBe(1);
    expect(receiver.received).toHaveLength(3);
    for (const { headers, text } of receiver.received) {
      expect(new Webhook(SIGNING_SECRET).verify(text, headers)).toMatchObject({ type: 'brake.opened' });
      expect(() => new Webhook(SIGNING_SECRET).verify(text.replace('brake', 'brakf'), headers)).toThrow(/signature/);
    }
    const { rows } = await world.home.query('select attempts, error, delivered_at from sweeper.deliveries');
    expect(rows).toEqual([{ attempts: 3, error: 'answered 500: out of order', delivered_at: expect.any(Date) }]);
  });

  it('waits for as long as the other side asks, and a wrong setting for ten minutes', async () => {
    const waits = async () => {
      const { rows } = await world.home.query<{ seconds: number }>(
        'select extract(epoch from next_attempt_at - error_at)::float8 as seconds from sweeper.deliveries',
      );
      return rows.map(({ seconds }) => Math.round(seconds));
    };
    await latchBrake(world);
    receiver.reply({ status: 429, headers: { 'retry-after': '1800' } });
    const one = replica();
    await one.turn();
    expect(await waits()).toEqual([1800]);
    receiver.reply({ status: 404, body: 'no_team' });
    await due();
    await one.turn();
    expect(await waits()).toEqual([600]);
    receiver.reply({ status: 408 });
    await due();
    await one.turn();
    expect(await waits()).toEqual([20]);
  });

  it('holds back that it is over until it has arrived: both come, in order, and never the end alone', async () => {
    receiver.reply({ status: 503 });
    await latchBrake(world);
    const one = replica();
    await one.turn();
    await world.home.query('update sweeper.tenants set brake_at = null');
    await due();
    await one.turn();
    await due();
    await one.turn();
    expect(new Set(types())).toEqual(new Set(['brake.opened']));
    receiver.reply({ status: 200 });
    const before = receiver.received.length;
    await due();
    await one.turn();
    await one.turn();
    expect(types().slice(before)).toEqual(['brake.opened', 'brake.ended']);
  });

  it('is given up after a day, said in the log, and its end is told to nobody', async () => {
    receiver.reply({ status: 503 });
    await latchBrake(world);
    const one = replica();
    await one.turn();
    await world.home.query(`update sweeper.deliveries set created_at = now() - interval '24 hours'`);
    await due();
    receiver.reply({ status: 200 });
    await one.turn();
    await world.home.query('update sweeper.tenants set brake_at = null');
    await one.turn();
    await one.turn();
    expect(types()).toEqual(['brake.opened']);
    expect(one.log.filter((line) => line.includes('given up'))).toEqual([expect.stringContaining('answered 503')]);
  });

  it('that a process died over is sent by another, once its claim has run out, under the same id', async () => {
    receiver.reply('hang');
    await latchBrake(world);
    const told = new AbortController();
    const dying = replica({ told: told.signal });
    const turning = dying.turn();
    const other = replica({ replica: 'other' });
    await expect.poll(() => receiver.received.length).toBe(1);
    await other.turn();
    expect(receiver.received, 'it is claimed').toHaveLength(1);
    receiver.reply({ status: 200 });
    await due();
    await other.turn();
    expect(new Set(ids()).size).toBe(1);
    expect(receiver.received).toHaveLength(2);
    told.abort();
    await turning;
    const { rows } = await world.home.query('select delivered_at, error from sweeper.deliveries');
    expect(rows, 'what was taken stays taken').toEqual([{ delivered_at: expect.any(Date), error: null }]);
  });

  it('of one channel keeps no other from its own, and one that comes later is told what is open', async () => {
    const other = await startReceiver();
    receiver.reply({ status: 500 });
    await latchBrake(world);
    await replica().turn();
    const slack = { url: `${other.url}/services/T0/B0/secretsecret` };
    await replica({ channels: { ...onlyWebhook(receiver), slack } }).turn();
    expect(other.received.map(({ body }) => body['text'])).toEqual([
      expect.stringMatching(/^Needs you: The safety brake has latched/),
    ]);
  });
});

describe('what must not be', () => {
  it("nothing is written into a tenant that is another platform's", async () => {
    await latchBrake(world);
    await replica({ ours: false }).turn();
    expect([types(), (await world.home.query('select 1 from sweeper.notifications')).rows]).toEqual([[], []]);
  });

  it('no secret, and no address but its host, is ever logged or kept, though the other side says them back', async () => {
    await latchBrake(world);
    const slack = { url: `${receiver.url}/services/T000/B000/verysecrettoken?key=anothersecret` };
    const pagerduty = { url: `${receiver.url}/v2/enqueue`, key: 'pdroutingkey0123456789' };
    receiver.reply(({ path, text }) => ({ status: 400, body: `not you: ${path} ${text} ${SIGNING_SECRET}` }));
    const one = replica({ channels: { ...onlyWebhook(receiver), slack, pagerduty } });
    await one.turn();
    expect(receiver.received).toHaveLength(3);
    const { rows } = await world.home.query('select * from sweeper.deliveries');
    const kept = JSON.stringify([rows, one.log]);
    expect(kept).toContain('answered 400');
    for (const secret of ['verysecrettoken', 'anothersecret', 'pdroutingkey', 'of-ours', SIGNING_SECRET.slice(6)]) {
      expect(kept).not.toContain(secret);
    }
  });

  it('old ones stay no longer than everything else', async () => {
    await latchBrake(world);
    const one = replica();
    await one.turn();
    await world.home.query('update sweeper.tenants set brake_at = null');
    await one.turn();
    await world.timePasses(91 * 24 * 3_600_000);
    await one.turn();
    expect((await world.home.query('select 1 from sweeper.notifications')).rows).toEqual([]);
    expect((await world.home.query('select 1 from sweeper.deliveries')).rows).toEqual([]);
  });
});
