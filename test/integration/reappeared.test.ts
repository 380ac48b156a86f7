import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../server/backends/backend.ts';
import { acknowledge } from '../../server/sweep/acknowledge.ts';
import { PLATFORM_EMPTY } from '../../server/sweep/gate.ts';
import { createSweepStore } from '../../server/sweep/store.ts';
import { ANNA } from '../support/acting.ts';
import {
  asked,
  LOOK_MS,
  looked,
  reappear,
  reappearAndStop,
  type Stopped,
  stopMany,
  stopOne,
  strangers,
} from '../support/looking.ts';
import { startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const MINUTE = 60_000;
const sql = (text: string, values: readonly unknown[] = []) => world.platformDatabase.query(text, values);
const stopsOf = ({ instance_id }: Stopped) => stops(world).filter((one) => one === instance_id).length;
const isStuck = async ({ orphanId }: Stopped) => {
  const { stuck_at: stuckAt } = await looked(world, orphanId);
  return stuckAt !== null && stuckAt.getTime() <= Date.now();
};
const OPEN = { resolved_at: null, resolution: null, why: 'reappeared' };

describe('an instance that still runs after an accepted Stop', () => {
  it('is the same orphan, open again, with one failure more, and needs a person; the next sweep stops it', async () => {
    const one = await reappear(world);
    expect(await looked(world, one.orphanId)).toMatchObject({
      ...OPEN,
      failures: 1,
      second_look: 'reappeared',
      second_look_due_at: null,
    });
    expect(await isStuck(one)).toBe(true);
    expect(stopsOf(one)).toBe(1);
    expect(await sweepOnce(world)).toMatchObject({ counts: { stopped: 1 } });
    expect(stopsOf(one)).toBe(2);
    expect(await world.orphans()).toHaveLength(1);
  });

  it('stays open and needs a person after a further accepted Stop, which is not sent again before its look', async () => {
    const one = await reappearAndStop(world);
    expect(await looked(world, one.orphanId)).toMatchObject({
      ...OPEN,
      failures: 1,
      last_outcome: 'stopped',
      second_look: 'due',
    });
    expect(await isStuck(one)).toBe(true);
    for (let sweeps = 0; sweeps < 4; sweeps++) {
      await world.timePasses(MINUTE);
      expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do', looks: 0 });
    }
    expect(await looked(world, one.orphanId)).toMatchObject(OPEN);
    expect(stopsOf(one)).toBe(2);
  });

  it.each(['terminated', 'not_found'])('is resolved by a look that says %s, however late it comes', async (state) => {
    const one = await reappearAndStop(world);
    const body = JSON.stringify({ state });
    world.controlPlane.fail(one.instance_id, { kind: 'status', status: 200, body, on: 'status' });
    await world.timePasses(LOOK_MS + MINUTE);
    expect(await sweepOnce(world)).toMatchObject({ counts: {}, looks: 1 });
    expect(stopsOf(one), 'the look comes before yet another Stop').toBe(2);
    expect(await looked(world, one.orphanId)).toMatchObject({
      resolution: 'stopped',
      resolved_at: expect.any(Date),
      second_look: 'confirmed',
      second_look_due_at: null,
      failures: 1,
    });
    await world.timePasses(MINUTE);
    await world.observe();
    expect(await world.orphans()).toHaveLength(1);
    expect((await sweepOnce(world)).result).toBe('nothing_to_do');
  });

  it('is resolved, unconfirmed, where there is no status route any more', async () => {
    const one = await reappearAndStop(world);
    world.controlPlane.fail(one.instance_id, { kind: 'status', status: 404, on: 'status' });
    await world.timePasses(LOOK_MS);
    await sweepOnce(world);
    expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'unconfirmed' });
  });

  it('is stopped again and again while every look finds it running, each time with one failure more', async () => {
    const one = await reappear(world);
    for (let nth = 2; nth <= 4; nth++) {
      await world.timePasses(10 * MINUTE);
      await sweepOnce(world);
      expect(stopsOf(one)).toBe(nth);
      expect(await isStuck(one)).toBe(true);
      world.controlPlane.setState(one.instance_id, 'running');
      await world.timePasses(LOOK_MS);
      await sweepOnce(world);
      expect(await looked(world, one.orphanId)).toMatchObject({ ...OPEN, failures: nth, second_look: 'reappeared' });
    }
  });

  it.each(['pending', 'stopping', 'stopped'] as const)(
    'is %s at its look: still open, not stopped again, looked at again, and in the end unconfirmed',
    async (state) => {
      const one = await reappearAndStop(world);
      world.controlPlane.setState(one.instance_id, state);
      await world.timePasses(LOOK_MS);
      expect(await sweepOnce(world)).toMatchObject({ counts: {}, looks: 1 });
      expect(await looked(world, one.orphanId)).toMatchObject({ ...OPEN, second_look: 'due', second_looks: 1 });
      await world.timePasses(10 * MINUTE);
      expect(await sweepOnce(world)).toMatchObject({ counts: {}, looks: 1 });
      expect(stopsOf(one)).toBe(2);
      // Not one hour later than it was due, or it would not be waited for.
      await world.home.query(`update sweeper.orphans set stopped_at = now() - interval '25 hours',
        second_look_due_at = now()`);
      await sweepOnce(world);
      expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'unconfirmed' });
    },
  );

  it('is stopped all the same where its look does not come: SECOND_LOOK_SECONDS=0 meanwhile', async () => {
    const one = await reappearAndStop(world);
    await world.timePasses(3 * 60 * MINUTE);
    await sweepOnce(world, { settings: { secondLookMs: 0 } });
    expect(stopsOf(one)).toBe(3);
    expect(await looked(world, one.orphanId)).toMatchObject({
      resolution: 'stopped',
      second_look: 'unconfirmed',
      second_look_due_at: null,
    });
  });

  it('is what a probe may try although its look is to come: nothing else might be left to try', async () => {
    const one = await reappearAndStop(world);
    await world.home.query('update sweeper.tenants set breaker_opened_at = now()');
    await world.timePasses(LOOK_MS);
    expect(await sweepOnce(world)).toMatchObject({ counts: { stopped: 1 } });
    expect(stopsOf(one)).toBe(3);
  });

  it('is looked at before those that nobody waits for', async () => {
    await stopMany(world, 3);
    const one = await reappearAndStop(world);
    await world.home.query(`update sweeper.orphans set second_look = 'due', second_look_due_at = now() - interval '1 hour'
      where resolved_at is not null`);
    await world.timePasses(LOOK_MS);
    const before = asked(world).length;
    expect(await sweepOnce(world, { settings: { limit: 1 } })).toMatchObject({ looks: 1 });
    expect(asked(world).slice(before)).toEqual([one.instance_id]);
  });

  it('is already gone by a 410, which is conclusive', async () => {
    const one = await reappear(world);
    world.controlPlane.fail(one.instance_id, { kind: 'status', status: 410 });
    await sweepOnce(world);
    expect(await looked(world, one.orphanId)).toMatchObject({
      resolution: 'already_gone',
      resolved_at: expect.any(Date),
      second_look_due_at: null,
    });
    await world.timePasses(60 * MINUTE);
    expect((await sweepOnce(world)).result).toBe('nothing_to_do');
  });

  it('is stuck, and tried again with backoff, where the Stop fails', async () => {
    const one = await reappear(world);
    world.controlPlane.fail(one.instance_id, { kind: 'status', status: 403 });
    await sweepOnce(world);
    expect(await looked(world, one.orphanId)).toMatchObject({ ...OPEN, failures: 2, last_outcome: 'failed' });
    expect(await isStuck(one)).toBe(true);
  });

  it('was stopped and never looked at again with SECOND_LOOK_SECONDS=0: resolved, unconfirmed', async () => {
    const one = await reappear(world);
    await sweepOnce(world, { settings: { secondLookMs: 0 } });
    expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'unconfirmed' });
  });
});

/** What its own row is when it is about to be stopped again. */
const ROWS: Readonly<Record<string, (one: Stopped) => Promise<unknown>>> = {
  gone: ({ id }) => sql('delete from workspaces where id = $1', [id]),
  'removed, without an id': async () => undefined,
  'removed, with an empty id': ({ id }) => sql(`update workspaces set instance_id = '' where id = $1`, [id]),
  'removed, with this id again': ({ id, instance_id }) =>
    sql('update workspaces set instance_id = $2 where id = $1', [id, instance_id]),
  'removed, with another id': ({ id }) => sql(`update workspaces set instance_id = 'i-other' where id = $1`, [id]),
  'live, without an id': ({ id }) => sql(`update workspaces set status = 'online' where id = $1`, [id]),
  'live, with an empty id': ({ id }) =>
    sql(`update workspaces set status = 'online', instance_id = '' where id = $1`, [id]),
  'live, with this id': ({ id, instance_id }) =>
    sql(`update workspaces set status = 'online', instance_id = $2 where id = $1`, [id, instance_id]),
  'live, with another id': ({ id }) =>
    sql(`update workspaces set status = 'online', instance_id = 'i-other' where id = $1`, [id]),
  'of a status that is not known, with this id': async ({ id, instance_id }) => {
    await sql('alter table workspaces alter status drop not null');
    await sql('update workspaces set status = null, instance_id = $2 where id = $1', [id, instance_id]);
  },
};

type Fate = 'stopped' | 'replaced' | 'stopped_live';
const FATES: readonly (readonly [row: string, fate: Fate])[] = [
  ['gone', 'stopped'],
  ['removed, without an id', 'stopped'],
  ['removed, with an empty id', 'stopped'],
  ['removed, with this id again', 'stopped'],
  ['removed, with another id', 'replaced'],
  ['live, without an id', 'replaced'],
  ['live, with an empty id', 'replaced'],
  ['live, with this id', 'stopped_live'],
  ['live, with another id', 'replaced'],
  ['of a status that is not known, with this id', 'stopped_live'],
];

/** It happens before the sweep looks at the platform, or only after it has claimed the orphan. */
const MOMENTS: Readonly<Record<string, (happen: () => Promise<unknown>) => Promise<SweepOptions>>> = {
  'before the sweep': async (happen) => {
    await happen();
    return {};
  },
  'after the claim': async (happen) => ({
    wrapStore: (store) => ({
      ...store,
      async claim(request) {
        const claimed = await store.claim(request);
        await happen();
        return claimed;
      },
    }),
  }),
};

describe('one that reappeared, whose own row is', () => {
  const cases = FATES.flatMap(([row, fate]) =>
    Object.keys(MOMENTS).flatMap((moment) => [false, true].map((shared) => ({ row, fate, moment, shared }))),
  );

  it.each(
    cases.map((one) => [one.row, one.moment, one.shared ? 'and a live row names it' : 'and no other', one] as const),
  )('%s %s, %s', async (_row, _moment, _shared, { row, fate, moment, shared }) => {
    const one = await reappear(world);
    // Else the table would be empty without its row, which proves nothing.
    const [other] = await strangers(world, 1);
    const happen = async () => {
      await ROWS[row]?.(one);
      if (shared) await sql('update workspaces set instance_id = $2 where id = $1', [other?.id, one.instance_id]);
    };
    const options = await MOMENTS[moment]?.(happen);
    const rowBefore = async () => (await world.row(one.id))?.instance_id;
    await sweepOnce(world, options ?? {});

    const orphan = await looked(world, one.orphanId);
    const stopped = fate === 'stopped' && !shared;
    expect(stopsOf(one)).toBe(stopped ? 2 : 1);
    expect(world.controlPlane.instance(one.instance_id)?.state).toBe(stopped ? 'terminated' : 'running');
    expect(orphan.resolved_at).toBeNull();
    expect(await isStuck(one)).toBe(true);
    if (fate === 'stopped') {
      expect(orphan).toMatchObject({ ...OPEN, last_outcome: shared ? 'shared' : 'stopped' });
      const cleared = row === 'removed, with this id again' && stopped;
      if (cleared) expect(await rowBefore()).toBeNull();
    } else if (fate === 'replaced') expect(orphan).toMatchObject({ why: 'replaced' });
    else expect(orphan).toMatchObject({ last_outcome: 'stopped_live' });

    // And so it stays, whatever time goes by.
    const before = stopsOf(one);
    await world.timePasses(24 * 60 * MINUTE);
    await sweepOnce(world, { settings: { secondLookMs: 0 } });
    if (fate !== 'stopped' || shared) expect(stopsOf(one)).toBe(before);
  });

  it('not there, nor any other: an empty table proves nothing, and nothing is stopped', async () => {
    const one = await reappear(world);
    await sql('truncate workspaces');
    expect(await sweepOnce(world)).toMatchObject({ result: 'skipped', error: PLATFORM_EMPTY });
    expect(stopsOf(one)).toBe(1);
    await strangers(world, 1);
    await sweepOnce(world);
    expect(stopsOf(one)).toBe(2);
  });

  it('not there, nor any other, since it was claimed: not called', async () => {
    const one = await reappear(world);
    const options = await MOMENTS['after the claim']?.(() => sql('truncate workspaces'));
    expect(await sweepOnce(world, options)).toMatchObject({ counts: { failed: 1 } });
    expect(stopsOf(one)).toBe(1);
    expect(await looked(world, one.orphanId)).toMatchObject({ ...OPEN, last_class: 'platform', failures: 1 });
  });
});

/** Something happens when the status has been answered, and before anybody knows. */
function duringLook(happen: () => Promise<unknown>): Backend {
  return {
    ...world.backend,
    async look(target, request) {
      const answer = await world.backend.look(target, request);
      await happen();
      return answer;
    },
  };
}

const restore = ({ id, instance_id }: Stopped) =>
  sql(`update workspaces set status = 'online', instance_id = $2, updated_at = now() where id = $1`, [id, instance_id]);

describe('a workspace that is restored during the second look', () => {
  it('is never stopped, and a person hears of it', async () => {
    const one = await stopOne(world);
    world.controlPlane.setState(one.instance_id, 'running');
    await world.timePasses(LOOK_MS);
    await sweepOnce(world, { backend: duringLook(() => restore(one)) });
    expect(await looked(world, one.orphanId)).toMatchObject(OPEN);
    const rowBefore = await world.row(one.id);
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      await world.timePasses(10 * MINUTE);
      await sweepOnce(world);
    }
    expect(stopsOf(one)).toBe(1);
    expect(await world.row(one.id)).toEqual(rowBefore);
    expect(await looked(world, one.orphanId)).toMatchObject({ resolved_at: null, last_outcome: 'stopped_live' });
    expect(await isStuck(one)).toBe(true);
  });

  it('is left alone where the look found its instance gone: it was not ours to stop any more', async () => {
    const one = await stopOne(world);
    await world.timePasses(LOOK_MS);
    await sweepOnce(world, { backend: duringLook(() => restore(one)) });
    await world.timePasses(LOOK_MS);
    await sweepOnce(world);
    expect(stopsOf(one)).toBe(1);
    expect((await world.row(one.id))?.instance_id).toBe(one.instance_id);
    expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'confirmed' });
  });

  it.each([
    ['terminated', 'terminated'],
    ['running', 'running'],
  ] as const)('and had been stopped twice is not filed away by a look that says %s', async (_, state) => {
    const one = await reappearAndStop(world);
    await restore(one);
    world.controlPlane.setState(one.instance_id, state);
    await world.timePasses(LOOK_MS);
    expect(await sweepOnce(world)).toMatchObject({ looks: 1 });
    expect(await looked(world, one.orphanId)).toMatchObject({
      resolved_at: null,
      resolution: null,
      last_outcome: 'stopped_live',
    });
    expect(await isStuck(one)).toBe(true);
    expect(stopsOf(one)).toBe(2);
  });

  it('stays acknowledged when a look that was due before finds it running: that is as it should be', async () => {
    const one = await reappearAndStop(world);
    await restore(one);
    await world.observe();
    expect(await acknowledge(world.homeDatabase, 'default', ANNA, one.id)).toBe('acknowledged');
    world.controlPlane.setState(one.instance_id, 'running');
    await world.timePasses(LOOK_MS);
    expect(await sweepOnce(world)).toMatchObject({ looks: 1 });
    expect(await looked(world, one.orphanId)).toMatchObject({
      resolution: 'acknowledged',
      resolved_at: expect.any(Date),
    });
    await world.timePasses(LOOK_MS);
    await sweepOnce(world);
    expect(stopsOf(one)).toBe(2);
  });
});

describe('one that is listed anew while it is looked at', () => {
  const leakAgain = ({ id, instance_id }: Stopped) =>
    sql('update workspaces set instance_id = $2 where id = $1', [id, instance_id]);
  const open = async () => (await world.orphans()).filter((row) => row.resolved_at === null);

  it('is one open orphan, not two: the one that was stopped only says what was seen', async () => {
    const one = await stopOne(world);
    world.controlPlane.setState(one.instance_id, 'running');
    await world.timePasses(LOOK_MS);
    const happen = async () => {
      await leakAgain(one);
      await world.observe();
    };
    expect(await sweepOnce(world, { backend: duringLook(happen) })).toMatchObject({ looks: 1 });
    expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'reappeared' });
    const [anew, ...more] = await open();
    expect(more).toEqual([]);
    expect(anew).toMatchObject({ workspace_id: one.id, instance_id: one.instance_id, why: 'removed', failures: 0 });
    await sweepOnce(world);
    expect(stopsOf(one)).toBe(2);
    expect(await open()).toEqual([]);
  });

  it('and has been stopped by now is not opened a second time', async () => {
    const one = await stopOne(world);
    await leakAgain(one);
    await sweepOnce(world);
    expect(stopsOf(one)).toBe(2);
    await world.home.query(`update sweeper.orphans set second_look_due_at = now() where id = $1`, [one.orphanId]);
    world.controlPlane.setState(one.instance_id, 'running');
    await sweepOnce(world);
    expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'reappeared' });
    expect(await open()).toEqual([]);
    // The newer one has a look of its own.
    await world.timePasses(LOOK_MS);
    await sweepOnce(world);
    expect(await open()).toMatchObject([{ why: 'reappeared' }]);
  });

  it('waits for a look at the platform that is just writing it down', async () => {
    const one = await stopOne(world);
    await world.timePasses(LOOK_MS);
    const store = createSweepStore(
      world.homeDatabase,
      { tenant: 'default', replica: 'slow', sweepId: randomUUID() },
      { secondLookMs: LOOK_MS },
    );
    const [due] = await store.dueLooks(1);
    if (due === undefined) throw new Error('no look is due');
    const observing = await world.home.pool.connect();
    try {
      await observing.query(`begin; select from sweeper.tenants for update;
        insert into sweeper.orphans (tenant, workspace_id, instance_id, why, orphaned_at, first_seen_at, next_attempt_at)
        values ('default', '${one.id}', '${one.instance_id}', 'removed', now(), now(), now())`);
      const looking = store.looked(due, 'running');
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await until(async () => (await world.home.query(waiting)).rowCount === 1, { what: 'the look to wait' });
      await observing.query('commit');
      await looking;
    } finally {
      observing.release();
    }
    expect(await looked(world, one.orphanId)).toMatchObject({ resolution: 'stopped', second_look: 'reappeared' });
    expect(await open()).toMatchObject([{ why: 'removed', workspace_id: one.id }]);
  });

  it('is not listed a second time by a look at the platform that comes after it', async () => {
    const one = await reappear(world);
    await leakAgain(one);
    await world.observe();
    expect(await open()).toMatchObject([{ id: one.orphanId, why: 'reappeared' }]);
    await sweepOnce(world);
    expect((await world.row(one.id))?.instance_id).toBeNull();
    expect(await open()).toMatchObject([{ id: one.orphanId, why: 'reappeared', last_outcome: 'stopped' }]);
  });
});
