import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Platform } from '../../server/sweep/platform.ts';
import type { SweepStore } from '../../server/sweep/store.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { frozen, LEASE_OVER_MS, sweepOnly } from '../support/pasts.ts';
import { type PlatformOfRole, platformOfRole, recordWrites } from '../support/platform-role.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let ours: PlatformOfRole;
let writes: () => ReturnType<Awaited<ReturnType<typeof recordWrites>>>;
let before: number;
beforeAll(async () => {
  world = await createWorld();
  ours = await platformOfRole(world);
  const writesOf = await recordWrites(world);
  writes = () => writesOf(ours.role);
  return async () => {
    await ours.close();
    await world.close();
  };
});
beforeEach(async () => {
  await world.forget();
  await world.platformDatabase.query('delete from writes.all_of_them');
  before = world.controlPlane.calls.length;
});

const stops = () => world.controlPlane.calls.slice(before).filter((call) => call.route === 'stop');
const outcomes = async () => (await world.attempts()).map((one) => [one.outcome, one.late_answer]);

describe('an attempt', () => {
  it('is written before its Stop is sent, and the Stop carries its id', async () => {
    const { instance_id } = await world.leak();
    let before: unknown;
    world.controlPlane.onStop(instance_id ?? '', async () => {
      before = await world.attempts();
    });
    await world.sweep();
    expect(before).toMatchObject([
      {
        id: stops()[0]?.requestId,
        instance_id,
        outcome: null,
        finished_at: null,
        workspace_id: stops()[0]?.workspaceId,
      },
    ]);
    expect(await world.attempts()).toMatchObject([{ id: stops()[0]?.requestId, outcome: 'stopped' }]);
  });

  it('that cannot be written is no Stop: nothing is called, nothing cleared', async () => {
    const { id, instance_id } = await world.leak();
    await world.home.query('alter table sweeper.attempts add constraint none_more check (false) not valid');
    onTestFinished(async () => void (await world.home.query('alter table sweeper.attempts drop constraint none_more')));
    await expect(world.sweep({ wrapPlatform: ours.wrapPlatform })).rejects.toThrow(/none_more/);
    expect([stops(), await writes()]).toEqual([[], []]);
    expect((await world.row(id))?.instance_id).toBe(instance_id);
  });

  it('that cannot be finished still knows the id that was cleared; the orphan is not forgotten', async () => {
    const { id, instance_id } = await world.leak();
    const broken = (store: SweepStore): SweepStore => ({ ...store, finish: () => Promise.reject(new Error('gone')) });
    await expect(world.sweep({ wrapStore: broken })).rejects.toThrow('gone');
    expect((await world.row(id))?.instance_id).toBeNull();
    expect(await world.attempts()).toMatchObject([{ instance_id, outcome: null }]);
    await world.timePasses(LEASE_OVER_MS);
    await world.observe();
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped', second_look: 'unconfirmed' });
  });
});

describe('a lease that is lost', () => {
  it.each(['before the start', 'after the start'] as const)('%s means no Stop', async (point) => {
    const { id, instance_id } = await world.leak();
    const clock = createFakeClock();
    const lose = async (): Promise<void> => {
      await world.home.query(`update sweeper.tenants set lease_holder = 'other', lease_sweep_id = gen_random_uuid()`);
      // By our own clock less is left than a Stop needs, so the database is asked: somebody else has it.
      clock.advance(6_000);
    };
    const swept = await world.sweep({
      clock,
      wrapPlatform: ours.wrapPlatform,
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          const claimed = await store.claim(request);
          if (point === 'before the start') await lose();
          return claimed;
        },
        async start(orphan) {
          const attemptId = await store.start(orphan);
          if (point === 'after the start') await lose();
          return attemptId;
        },
      }),
    });
    expect([stops(), await writes()]).toEqual([[], []]);
    expect(swept?.end).toMatchObject(point === 'before the start' ? { deferred: 1 } : { counts: { interrupted: 1 } });
    expect(await outcomes()).toEqual(point === 'before the start' ? [] : [['interrupted', null]]);
    expect((await world.row(id))?.instance_id).toBe(instance_id);
    expect(await world.orphan(id)).toMatchObject({ resolved_at: null, failures: 0, attempt_id: null });
  });

  const other = 'gen_random_uuid()';
  it.each([
    ['its lease has expired', `update sweeper.tenants set lease_until = now()`],
    ['its lease is somebody else’s', `update sweeper.tenants set lease_holder = 'other', lease_sweep_id = ${other}`],
    ['its lease is its own, but for another sweep', `update sweeper.tenants set lease_sweep_id = ${other}`],
    ['its claim has expired', `update sweeper.orphans set claimed_until = now()`],
    ['its claim is another sweep’s', `update sweeper.orphans set claimed_by = ${other}`],
    ['the orphan has been resolved', `update sweeper.orphans set resolved_at = now(), resolution = 'external'`],
    ['the orphan has an open attempt', `update sweeper.orphans set attempt_id = ${other}`],
  ])('or a claim is looked at once more by the very statement that begins: no Stop when %s', async (_, change) => {
    await world.leak();
    const swept = await world.sweep({
      wrapStore: (store) => ({
        ...frozen(store),
        async claim(request) {
          const claimed = await store.claim(request);
          await world.home.query(change);
          return claimed;
        },
      }),
    });
    expect(swept?.end).toMatchObject({ deferred: 1, result: 'skipped' });
    expect([stops(), await world.attempts()]).toEqual([[], []]);
  });

  it('is not given back by the one who has lost it: the other keeps sweeping', async () => {
    const { instance_id } = await world.leak();
    world.controlPlane.onStop(instance_id ?? '', async () => {
      await world.home.query(`update sweeper.tenants set lease_holder = 'other', lease_sweep_id = gen_random_uuid()`);
    });
    await world.sweep({ wrapStore: frozen });
    expect((await world.home.query('select lease_holder from sweeper.tenants')).rows).toEqual([
      { lease_holder: 'other' },
    ]);
  });
});

/** Where the first process freezes, while a second one takes over and does the whole work. */
const FREEZES = [
  'before its start',
  'before its recheck',
  'in its Stop',
  'before its clear',
  'before its finish',
] as const;

describe('two sweeps that overlap by force', () => {
  it.each(FREEZES)(
    'frozen %s: nothing is lost, nothing live is touched, every Stop has its attempt',
    async (freeze) => {
      const { id, instance_id } = await world.leak();
      const instanceId = instance_id ?? '';
      let fresh: string | null = null;
      const frozenFor = async (): Promise<void> => {
        world.controlPlane.onStop(instanceId, null);
        await world.timePasses(LEASE_OVER_MS);
        await sweepOnly(world, id, { replica: 'other', wrapPlatform: ours.wrapPlatform });
        // By now the workspace has been given another instance. The frozen one knows nothing of it.
        fresh = (await world.platform.reprovision(id)).instance_id;
      };
      if (freeze === 'in its Stop') world.controlPlane.onStop(instanceId, frozenFor);
      const at = async (point: (typeof FREEZES)[number]) => (point === freeze ? frozenFor() : undefined);
      const wrapPlatform = (): Platform => ({
        ...ours.platform,
        recheck: (targets) => at('before its recheck').then(() => ours.platform.recheck(targets)),
        clear: (target) => at('before its clear').then(() => ours.platform.clear(target)),
      });
      const swept = await world.sweep({
        wrapPlatform,
        wrapStore: (store) => ({
          ...frozen(store),
          start: (orphan) => at('before its start').then(() => store.start(orphan)),
          finish: (...ending) => at('before its finish').then(() => store.finish(...ending)),
        }),
      });

      const expected = {
        'before its start': { stops: 1, attempts: [['stopped', null]], resolution: 'stopped' },
        'before its recheck': {
          stops: 1,
          attempts: [
            ['interrupted', 'superseded'],
            ['stopped', null],
          ],
          resolution: 'stopped',
        },
        'in its Stop': {
          stops: 2,
          attempts: [
            ['interrupted', 'stopped'],
            ['stopped', null],
          ],
          resolution: 'stopped',
        },
        'before its clear': {
          stops: 2,
          attempts: [
            ['interrupted', 'stopped'],
            ['stopped', null],
          ],
          resolution: 'stopped',
        },
        // The id is gone already, so the other finds nothing left to stop.
        'before its finish': { stops: 1, attempts: [['interrupted', 'stopped']], resolution: 'stopped' },
      }[freeze];
      expect(await outcomes()).toEqual(expected.attempts);
      expect(stops()).toHaveLength(expected.stops);
      expect(new Set(stops().map((call) => call.instanceId))).toEqual(new Set([instanceId]));
      const ids = new Set((await world.attempts()).map((one) => one.id));
      expect(stops().every((call) => ids.has(call.requestId ?? ''))).toBe(true);

      expect(await world.row(id)).toMatchObject({ status: 'online', instance_id: fresh });
      expect(world.controlPlane.instance(fresh ?? '')?.state).toBe('running');
      expect((await writes()).map((write) => [write.old_status, write.old_instance])).toEqual([
        ['removed', instanceId],
      ]);
      expect((await world.orphans()).map((orphan) => orphan.resolution)).toEqual([expected.resolution]);
      expect(swept).not.toBeNull();
      const results = (await world.sweeps()).map((sweep) => sweep.result);
      expect(results[0]).toBe('interrupted');
    },
  );
});
