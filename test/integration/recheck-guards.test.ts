import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../server/sweep/platform.ts';
import type { SweepStore } from '../../server/sweep/store.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { platformFailure, sweepOnly } from '../support/pasts.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let clock: FakeClock;
let before: number;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await world.forget();
  clock = createFakeClock();
  before = world.controlPlane.calls.length;
});

const stops = () => world.controlPlane.calls.slice(before).filter((call) => call.route === 'stop');

/** A live workspace whose row names this instance as well. */
async function share(instanceId: string | null, status: string | null): Promise<string> {
  const { id } = await world.platform.create('sharer');
  await world.platformDatabase.query('alter table workspaces alter status drop not null');
  await world.platformDatabase.query(
    'update workspaces set status = $2::workspace_status, instance_id = $3 where id = $1',
    [id, status, instanceId],
  );
  return id;
}

describe('promise 2: nothing live is touched: a live row that names the instance of an orphan', () => {
  it.each(['provisioning', 'online', 'paused', 'failed', null])(
    'keeps it from being stopped, and is named (status %s)',
    async (status) => {
      const { id, instance_id } = await world.leak();
      const other = await world.leak();
      const sharer = await share(instance_id, status);
      const swept = await world.sweep();
      expect(swept?.end.counts).toEqual({ shared: 1, stopped: 1 });
      expect(stops().map((call) => call.instanceId)).toEqual([other.instance_id]);
      expect(await world.orphan(id)).toMatchObject({
        last_outcome: 'shared',
        resolved_at: null,
        failures: 1,
        last_message: expect.stringContaining(`sharer (${sharer})`),
      });
      expect((await world.orphan(id)).stuck_at?.getTime()).toBeLessThan(Date.now());
      expect((await world.row(id))?.instance_id).toBe(instance_id);
    },
  );

  it.each(['after the claim', 'after the start'] as const)('is seen though it came %s', async (point) => {
    const { instance_id } = await world.leak();
    await world.sweep({
      wrapStore: (store): SweepStore => ({
        ...store,
        async claim(request) {
          const claimed = await store.claim(request);
          if (point === 'after the claim') await share(instance_id, 'online');
          return claimed;
        },
        async start(orphan) {
          const attemptId = await store.start(orphan);
          if (point === 'after the start') await share(instance_id, 'online');
          return attemptId;
        },
      }),
    });
    expect((await world.attempts()).map((attempt) => attempt.outcome)).toEqual(['shared']);
    expect(stops()).toEqual([]);
  });

  it('once it has gone, the orphan is stopped', async () => {
    const { id, instance_id } = await world.leak();
    const sharer = await share(instance_id, 'online');
    await world.sweep();
    await world.platformDatabase.query('delete from workspaces where id = $1', [sharer]);
    await sweepOnly(world, id);
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });

  it('is none when it was removed itself: both are orphans, both are stopped', async () => {
    const { instance_id } = await world.leak();
    await share(instance_id, 'removed');
    expect((await world.sweep())?.end.counts).toEqual({ stopped: 2 });
  });

  it('is none when neither names an instance: an empty id is nobody', async () => {
    await world.leak();
    await share('', 'online');
    await share(null, 'online');
    expect((await world.sweep())?.end.counts).toEqual({ stopped: 1 });
  });
});

describe('a recheck', () => {
  /** Each answer takes as long as the next of these says. */
  const taking = (...ms: number[]) => ({
    clock,
    wrapPlatform: (platform: Platform): Platform => ({
      ...platform,
      async recheck(targets) {
        const answer = await platform.recheck(targets);
        clock.advance(ms.shift() ?? 0);
        return answer;
      },
    }),
  });

  it.each([
    [[1_999], 'stopped'],
    [[2_000, 1_999], 'stopped'],
    [[2_000, 2_000], 'failed'],
    [[60_000, 2_000], 'failed'],
  ])('of %j ms is used only while it is younger than 2 s: %s', async (ms, outcome) => {
    const { id, instance_id } = await world.leak();
    await world.sweep({ ...taking(...ms), settings: { deadlineMs: 300_000, stopTimeoutMs: 100_000 } });
    expect(await world.attempts()).toMatchObject([{ outcome, class: outcome === 'failed' ? 'platform' : null }]);
    expect(stops()).toHaveLength(outcome === 'stopped' ? 1 : 0);
    if (outcome === 'stopped') return;
    expect((await world.row(id))?.instance_id).toBe(instance_id);
    expect(await world.orphan(id)).toMatchObject({ failures: 0, resolved_at: null, last_class: 'platform' });
  });

  it('that grew old while the lease was renewed is not used', async () => {
    await world.leak();
    const answered = new AbortController();
    const once = new Promise<void>((resolve) => answered.signal.addEventListener('abort', () => resolve()));
    await world.sweep({
      clock,
      wrapStore: (store) => ({
        ...store,
        async start(orphan) {
          const attemptId = await store.start(orphan);
          // So little of the lease is left that the Stop has to wait for the renewal.
          clock.advance(6_000);
          return attemptId;
        },
        async renew(ttlMs) {
          await once;
          const held = await store.renew(ttlMs);
          clock.advance(2_000);
          return held;
        },
      }),
      wrapPlatform: (platform) => ({
        ...platform,
        recheck: (targets) => platform.recheck(targets).finally(() => answered.abort()),
      }),
    });
    expect(stops()).toEqual([]);
    expect(await world.attempts()).toMatchObject([{ outcome: 'failed', class: 'platform' }]);
  });

  it('that fails is no Stop and nobody’s fault; the next sweep stops it', async () => {
    const { id } = await world.leak();
    const wrapPlatform = (platform: Platform): Platform => ({
      ...platform,
      recheck: () => Promise.reject(platformFailure('Away.')),
    });
    await world.sweep({ wrapPlatform });
    expect(stops()).toEqual([]);
    expect(await world.attempts()).toMatchObject([{ outcome: 'failed', class: 'platform', fault: 'nobody' }]);
    expect(await world.orphan(id)).toMatchObject({ failures: 0, last_message: 'Away.', resolved_at: null });
    await sweepOnly(world, id);
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });
});

describe('a clear that the platform swallows', () => {
  it('is no clear: the orphan stays, with its failures, instead of being stopped anew for ever', async () => {
    const { id, instance_id } = await world.leak();
    await world.platformDatabase.query(`
      create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger swallow before update on workspaces for each row execute function swallow()`);
    await world.sweep();
    expect(await world.attempts()).toMatchObject([{ outcome: 'clear_failed', class: 'platform' }]);
    expect(await world.orphan(id)).toMatchObject({ failures: 1, resolved_at: null });
    await world.platformDatabase.query('drop trigger swallow on workspaces');
    await sweepOnly(world, id);
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped', attempts: 2 });
    expect((await world.row(id))?.instance_id).toBeNull();
    expect(stops().map((call) => call.instanceId)).toEqual([instance_id, instance_id]);
  });
});
