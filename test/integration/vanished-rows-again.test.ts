import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../server/sweep/platform.ts';
import { frozen, LEASE_OVER_MS, PASTS, type Past, platformFailure, sweepOnly } from '../support/pasts.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, type World } from '../support/world.ts';

/** Removed and leaking, with this very instance, whatever the row was. */
const leakAgain = (world: World, id: string, instanceId: string | null) =>
  world.platformDatabase.query(`update workspaces set status = 'removed', instance_id = $2 where id = $1`, [
    id,
    instanceId,
  ]);

describe('an orphan that is seen again', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    return () => world.close();
  });

  const known = async (id: string) => (await world.orphans()).filter((orphan) => orphan.workspace_id === id);

  it.each([
    ['external', 'cleared'],
    ['restored', 'restored'],
  ] as const)(
    'after it was resolved as %s is the same one, with its failures and its first seen',
    async (how, change) => {
      const row = await world.leak();
      const { id, instance_id } = row;
      await PASTS.failed(world, row);
      const before = await world.orphan(id);
      await CHANGES[change](world, id);
      await world.observe();
      expect(await world.orphan(id)).toMatchObject({ resolution: how });
      await leakAgain(world, id, instance_id);
      await world.observe();
      expect(await known(id)).toMatchObject([{ id: before.id, resolution: null, resolved_at: null, failures: 1 }]);
      expect((await world.orphan(id)).first_seen_at).toEqual(before.first_seen_at);
      await sweepOnly(world, id);
      expect(await world.orphan(id)).toMatchObject({ id: before.id, resolution: 'stopped' });
    },
  );

  it('after five failures of its own it needs a person at once when it is reopened', async () => {
    const row = await world.leak();
    const { id, instance_id } = row;
    for (let i = 0; i < 5; i++) await PASTS.failed(world, row);
    const { stuck_at } = await world.orphan(id);
    expect(stuck_at?.getTime()).toBeLessThan(Date.now());
    await CHANGES.cleared(world, id);
    await world.observe();
    await leakAgain(world, id, instance_id);
    await world.observe();
    expect(await world.orphan(id)).toMatchObject({ failures: 5, stuck_at, resolved_at: null });
  });

  it('keeps the hold that a person put on it', async () => {
    const { id, instance_id } = await world.leak();
    await world.observe();
    await world.home.query(
      `update sweeper.orphans set held_at = now(), held_by = 'Anna', hold_until = now() + interval '1 day'
       where workspace_id = $1`,
      [id],
    );
    await CHANGES.restored(world, id);
    await world.observe();
    await leakAgain(world, id, instance_id);
    await world.observe();
    expect(await known(id)).toMatchObject([{ resolved_at: null, held_by: 'Anna', hold_until: expect.any(Date) }]);
  });

  it.each(['never tried', 'clear_failed'] as const satisfies readonly Past[])(
    'after it was stopped by us (%s before) is a new one, and the old one stays as it was',
    async (past) => {
      const row = await world.leak();
      const { id, instance_id } = row;
      await PASTS[past](world, row);
      await sweepOnly(world, id);
      const [before] = await known(id);
      expect(before).toMatchObject({ resolution: 'stopped' });
      await leakAgain(world, id, instance_id);
      await world.observe();
      const [old, reopened] = await known(id);
      expect(old).toEqual(before);
      expect(reopened).toMatchObject({ failures: 0, attempts: 0, resolved_at: null, last_outcome: null });
    },
  );

  it('after an unconfirmed Stop of ours is a new one too', async () => {
    const row = await world.leak();
    const { id, instance_id } = row;
    await PASTS.interrupted(world, row);
    await CHANGES.cleared(world, id);
    await world.observe();
    await leakAgain(world, id, instance_id);
    await world.observe();
    expect((await known(id)).map((orphan) => orphan.resolution)).toEqual(['stopped', null]);
  });

  it('never reopens an older one while a newer one says that we stopped it', async () => {
    const { id, instance_id } = await world.leak();
    await world.observe();
    await CHANGES.cleared(world, id);
    await world.observe();
    const [external] = await known(id);
    await world.home.query(
      `insert into sweeper.orphans (tenant, workspace_id, instance_id, why, orphaned_at, first_seen_at,
         next_attempt_at, resolved_at, resolution)
       select tenant, workspace_id, instance_id, why, orphaned_at, now(), now(), now(), 'stopped'
       from sweeper.orphans where id = $1`,
      [external?.id],
    );
    await leakAgain(world, id, instance_id);
    await world.observe();
    expect((await known(id)).map((orphan) => orphan.resolution).sort()).toEqual(['external', 'stopped', null].sort());
    expect((await known(id)).find((orphan) => orphan.id === external?.id)).toEqual(external);
  });
});

describe('a late answer', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    return () => world.close();
  });
  beforeEach(() => world.forget());

  /** The first sweep freezes in its Stop and is given up; a second one fails; then the first one's answer comes. */
  async function answerLate(workspaceId: string, instanceId: string, clear: Platform['clear']) {
    world.controlPlane.onStop(instanceId, async () => {
      world.controlPlane.onStop(instanceId, null);
      await world.timePasses(LEASE_OVER_MS);
      world.controlPlane.fail(instanceId, { kind: 'status', status: 400, times: 1 });
      await sweepOnly(world, workspaceId, { replica: 'other' });
    });
    const late = await world.sweep({ wrapStore: frozen, wrapPlatform: (platform) => ({ ...platform, clear }) });
    expect(late?.end.counts).not.toEqual({});
    await world.timePasses(1_000);
  }

  it.each([
    ['stopped', async () => 'other' as const],
    ['stopped_live', async () => 'live' as const],
    ['clear_failed', () => Promise.reject(platformFailure())],
  ] satisfies [string, Platform['clear']][])(
    'that accepted the Stop (%s) keeps a restored workspace on the list',
    async (lateAnswer, clear) => {
      const { id, instance_id } = await world.leak();
      await answerLate(id, instance_id ?? '', clear);
      expect((await world.attempts()).map((a) => [a.outcome, a.late_answer])).toEqual([
        ['interrupted', lateAnswer],
        ['failed', null],
      ]);
      const heardAtOnce = lateAnswer === 'stopped_live';
      expect(await world.orphan(id)).toMatchObject({
        last_outcome: heardAtOnce ? 'stopped_live' : 'failed',
        resolved_at: null,
      });
      await CHANGES.restored(world, id);
      await world.observe();
      expect(await world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null });
    },
  );

  it('counts at the recheck as well: the restored workspace is not called again, and is shouted', async () => {
    const { id, instance_id } = await world.leak();
    await answerLate(id, instance_id ?? '', () => Promise.reject(platformFailure()));
    const wrapPlatform = (platform: Platform): Platform => ({
      ...platform,
      async recheck(targets) {
        await CHANGES.restored(world, id);
        return platform.recheck(targets);
      },
    });
    await sweepOnly(world, id, { wrapPlatform });
    expect((await world.attempts()).map((a) => a.outcome)).toEqual(['interrupted', 'failed', 'superseded']);
    expect(await world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null });
  });

  it('that hit a live workspace is not waited for: it is shouted from when the workspace lives, and stays so', async () => {
    const { id, instance_id } = await world.leak();
    const instanceId = instance_id ?? '';
    world.controlPlane.onStop(instanceId, async () => {
      world.controlPlane.onStop(instanceId, null);
      await world.timePasses(LEASE_OVER_MS);
      world.controlPlane.fail(instanceId, { kind: 'status', status: 400, times: 1 });
      await sweepOnly(world, id, { replica: 'other' });
      await CHANGES.restored(world, id);
      await world.observe();
      expect(await world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null });
    });
    await world.sweep({ wrapStore: frozen });
    expect((await world.attempts()).map((a) => a.late_answer)).toEqual(['stopped_live', null]);
    expect(await world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null, resolution: null });
    expect((await world.row(id))?.instance_id).toBe(instanceId);
  });

  it('that was a failure proves nothing: the restored workspace is let go', async () => {
    const { id, instance_id } = await world.leak();
    world.controlPlane.fail(instance_id ?? '', { kind: 'status', status: 400, times: 1 });
    await answerLate(id, instance_id ?? '', async () => 'other' as const);
    expect((await world.attempts()).map((a) => a.late_answer)).toEqual(['failed', null]);
    await CHANGES.restored(world, id);
    await world.observe();
    expect(await world.orphan(id)).toMatchObject({ resolution: 'restored' });
  });
});

describe('a platform whose table was emptied', () => {
  it('resolves nothing and stops nothing, says so, and comes back with its rows', async () => {
    const world = await createWorld();
    const rows = [await world.leak(), ...(await world.leakMany(29))];
    for (const row of rows.slice(0, 1)) await PASTS.interrupted(world, row);
    await world.platformDatabase.query('create table kept as select * from workspaces');
    await world.platformDatabase.query('truncate workspaces');
    await world.observe();
    const swept = await world.sweep();
    expect(swept?.end).toMatchObject({ result: 'skipped', counts: {} });
    expect(swept?.end.error).toContain('holds no row at all');
    expect((await world.orphans()).map((orphan) => [orphan.why, orphan.resolved_at])).toEqual(
      rows.map(() => ['row_gone', null]),
    );
    expect(world.controlPlane.calls.filter((call) => call.route === 'stop')).toHaveLength(1);
    await world.platformDatabase.query('insert into workspaces select * from kept');
    await world.timePasses(LEASE_OVER_MS);
    expect((await world.sweep())?.end.counts).toEqual({ stopped: 30 });
    await world.close();
  });
});
