import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

async function worldIn(timeZone: string): Promise<World> {
  const world = await createWorld({ timeZone });
  onTestFinished(() => world.close());
  return world;
}

async function leakAt(of: World, updatedAt: string): Promise<string> {
  const { id } = await of.leak();
  await of.platformDatabase.query('update workspaces set updated_at = $2 where id = $1', [id, updatedAt]);
  return id;
}

const orphanedAt = async (of: World, id: string) => {
  const { rows } = await of.home.query<{ at: string }>(
    `select to_char(orphaned_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US') as at from sweeper.orphans
     where workspace_id = $1`,
    [id],
  );
  return rows[0]?.at;
};

describe('when a row leaked', () => {
  it('is kept to the microsecond, and those that leaked first are stopped first', async () => {
    const world = await worldIn('UTC');
    const ids: string[] = [];
    for (const us of ['000003', '000001', '000002', '000000']) {
      ids.push(await leakAt(world, `2026-01-01 12:00:00.${us}+00`));
    }
    await world.sweep({ settings: { concurrency: 1 } });
    expect(await orphanedAt(world, ids[0] ?? '')).toBe('2026-01-01T12:00:00.000003');
    const stops = world.controlPlane.calls.filter((call) => call.route === 'stop');
    expect(stops.map((call) => ids.indexOf(call.workspaceId ?? ''))).toEqual([3, 1, 2, 0]);
  });

  it.each(['Asia/Tokyo', 'America/St_Johns'])('is UTC where the column has no time zone, in %s too', async (zone) => {
    const world = await worldIn(zone);
    await world.platformDatabase.query(
      `alter table workspaces alter updated_at type timestamp using updated_at at time zone 'utc'`,
    );
    const id = await leakAt(world, '2026-01-01 12:00:00.5');
    await world.observe();
    expect(await orphanedAt(world, id)).toBe('2026-01-01T12:00:00.500000');
  });

  it.each(['Asia/Tokyo', 'America/St_Johns'])(
    'is the same moment whatever the time zone of the session is (%s)',
    async (zone) => {
      const world = await worldIn(zone);
      const id = await leakAt(world, '2026-01-01 12:00:00.5+00');
      await world.observe();
      expect(await orphanedAt(world, id)).toBe('2026-01-01T12:00:00.500000');
    },
  );

  it('is when it was first seen if its row does not tell; it is stopped all the same', async () => {
    const world = await worldIn('UTC');
    await world.platformDatabase.query('alter table workspaces alter updated_at drop not null');
    const silent = [null, 'infinity', '-infinity', '294276-12-31 12:00:00+00'];
    for (const updatedAt of silent) {
      const { id } = await world.leak();
      await world.platformDatabase.query('update workspaces set updated_at = $2 where id = $1', [id, updatedAt]);
    }
    await world.observe();
    const { rows } = await world.home.query('select orphaned_at = first_seen_at as same from sweeper.orphans');
    expect(rows).toEqual(silent.map(() => ({ same: true })));
    expect((await world.sweep())?.end.counts).toEqual({ stopped: silent.length });
  });

  it.each([
    ['Europe/Amsterdam', '1850-01-01 12:00:00+00', '1850-01-01T12:00:00.000000'],
    // Go's zero time, as its programs write it: here that is in the year 1 BC.
    ['America/New_York', '0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000000'],
  ])(
    'may lie far back, when the time zone of %s had seconds: no other orphan waits for that',
    async (zone, at, utc) => {
      const world = await worldIn(zone);
      const ancient = await leakAt(world, at);
      await world.leak();
      await world.sweep();
      expect(await orphanedAt(world, ancient)).toBe(utc);
      expect((await world.orphans()).map((orphan) => orphan.resolution)).toEqual(['stopped', 'stopped']);
    },
  );

  it.each(['timestamp', 'date'])('may be before Christ, in a column of type %s', async (type) => {
    const world = await worldIn('UTC');
    await world.platformDatabase.query(`alter table workspaces alter updated_at type ${type}`);
    const id = await leakAt(world, '0044-03-15 BC');
    await world.observe();
    const { rows } = await world.home.query(
      `select orphaned_at = '0044-03-15 00:00:00+00 BC'::timestamptz as same from sweeper.orphans
       where workspace_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ same: true }]);
  });

  it('may lie in the future: it is stopped all the same', async () => {
    const world = await worldIn('UTC');
    const id = await leakAt(world, '9999-12-31 23:59:59+00');
    await world.sweep();
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });
});
