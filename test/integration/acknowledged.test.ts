import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acknowledge } from '../../server/sweep/acknowledge.ts';
import { ANNA, audited, stoppedLive } from '../support/acting.ts';
import { strangers } from '../support/looking.ts';
import { startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const hear = (id: string) => acknowledge(world.homeDatabase, 'default', ANNA, id);
const sql = (text: string, values: readonly unknown[]) => world.platformDatabase.query(text, values);
const open = async () => (await world.orphans()).filter((row) => row.resolved_at === null);

async function leakedThen(change: 'reprovisioned' | 'deleted') {
  const row = await world.leak();
  // Else the table would be empty, which proves nothing.
  await strangers(world, 1);
  await world.observe();
  await CHANGES[change](world, row.id);
  await world.observe();
  const instanceId = row.instance_id ?? '';
  return { id: row.id, instanceId, orphan: await world.orphanOf(row.id, instanceId) };
}

async function wasStoppedLive() {
  const id = await stoppedLive(world);
  const orphan = await world.orphan(id);
  return { id, instanceId: orphan.instance_id, orphan };
}

/** What its row does afterwards, when nothing of it is an orphan of ours. */
const LATER: Readonly<Record<string, (id: string, instanceId: string) => Promise<unknown>>> = {
  'stays as it is': async () => undefined,
  'is deleted': (id) => sql('delete from workspaces where id = $1', [id]),
  'loses its id': (id) => sql('update workspaces set instance_id = null where id = $1', [id]),
  'is removed and cleared': (id) =>
    sql(`update workspaces set status = 'removed', instance_id = null where id = $1`, [id]),
  'is live and names this instance': (id, instanceId) =>
    sql(`update workspaces set status = 'online', instance_id = $2 where id = $1`, [id, instanceId]),
};

describe('an acknowledged orphan', () => {
  const KINDS = { replaced: () => leakedThen('reprovisioned'), 'stopped while it was restored': wasStoppedLive };
  const cases = Object.entries(KINDS).flatMap(([kind, make]) =>
    Object.entries(LATER).map(([later, happen]) => [kind, later, make, happen] as const),
  );

  it.each(cases)('that was %s, and whose row %s, is done with', async (_kind, _later, make, happen) => {
    const { id, instanceId } = await make();
    expect(await hear(id)).toBe('acknowledged');
    const resolved = await world.orphanOf(id, instanceId);
    expect(resolved).toMatchObject({ resolution: 'acknowledged', resolved_at: expect.any(Date) });
    await happen(id, instanceId);
    await world.observe();
    await sweepOnce(world);
    await world.timePasses(24 * 3_600_000);
    await sweepOnce(world);
    const later = await world.orphanOf(id, instanceId);
    expect(later).toMatchObject({ id: resolved.id, resolution: 'acknowledged', why: resolved.why });
    expect(await open()).toEqual([]);
    expect(stops(world)).not.toContain(instanceId);
    expect(await audited(world)).toMatchObject([{ actor: 'Anna', action: 'acknowledge', target: id }]);
  });

  it.each(Object.entries(KINDS))(
    'that was %s, and whose row is removed with this instance once more, is a new orphan, and stopped',
    async (_, make) => {
      const { id, instanceId, orphan } = await make();
      await hear(id);
      await sql(`update workspaces set status = 'removed', instance_id = $2 where id = $1`, [id, instanceId]);
      await world.observe();
      const anew = await world.orphanOf(id, instanceId);
      expect(anew).toMatchObject({
        why: 'removed',
        resolved_at: null,
        last_outcome: null,
        failures: 0,
        stuck_at: null,
      });
      expect(anew.id).not.toBe(orphan.id);
      await sweepOnce(world);
      expect(stops(world)).toEqual([instanceId]);
      expect((await world.orphans()).map((row) => row.resolution).sort()).toEqual(['acknowledged', 'stopped']);
    },
  );

  it('is not brought back by a look at the platform that began before', async () => {
    const { id, instanceId } = await leakedThen('reprovisioned');
    await world.observe({
      wrapPlatform: (platform) => ({
        ...platform,
        async look() {
          await sql(`update workspaces set status = 'removed', instance_id = $2 where id = $1`, [id, instanceId]);
          const rows = await platform.look();
          await hear(id);
          return rows;
        },
      }),
    });
    expect(await world.orphanOf(id, instanceId)).toMatchObject({ resolution: 'acknowledged' });
    // The next one began after it: what it lists has leaked since a person has looked.
    await world.observe();
    expect(await world.orphanOf(id, instanceId)).toMatchObject({ resolution: null, why: 'removed' });
  });

  it('is nothing that is forgotten while nobody has acknowledged it', async () => {
    const { id, instanceId, orphan } = await leakedThen('reprovisioned');
    await world.timePasses(24 * 3_600_000);
    await sweepOnce(world);
    expect(await world.orphanOf(id, instanceId)).toMatchObject({ id: orphan.id, resolved_at: null, why: 'replaced' });
  });
});

describe('an orphan whose row is gone', () => {
  it('is nothing to acknowledge: it is stopped by the id that was kept', async () => {
    const { id, instanceId, orphan } = await leakedThen('deleted');
    expect(orphan.why).toBe('row_gone');
    expect(await hear(id)).toBe('nothing_to_acknowledge');
    expect(await world.orphanOf(id, instanceId)).toEqual(orphan);
    await world.observe();
    expect(await world.orphanOf(id, instanceId)).toEqual(orphan);
    await sweepOnce(world);
    expect(stops(world)).toEqual([instanceId]);
    expect(await world.orphanOf(id, instanceId)).toMatchObject({ resolution: 'stopped', second_look: 'due' });
  });

  it('was replaced before, and is not stopped; acknowledged it is done with', async () => {
    const { id, instanceId } = await leakedThen('reprovisioned');
    await CHANGES.deleted(world, id);
    await sweepOnce(world);
    expect(stops(world)).toEqual([]);
    expect(await hear(id)).toBe('acknowledged');
    await sweepOnce(world);
    expect(await world.orphanOf(id, instanceId)).toMatchObject({ resolution: 'acknowledged' });
    expect(stops(world)).toEqual([]);
  });
});
