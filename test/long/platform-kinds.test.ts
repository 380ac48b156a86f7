import { describe, expect, it, onTestFinished } from 'vitest';
import { type PlatformOfRole, platformOfRole, README_GRANT } from '../support/platform-role.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

async function worldWith(options: WorldOptions, grant: string | null = README_GRANT) {
  const world = await createWorld(options);
  onTestFinished(() => world.close());
  const ours = await platformOfRole(world, grant);
  onTestFinished(() => ours.close());
  return { world, ours };
}

const sweep = (world: World, { wrapPlatform }: PlatformOfRole) => world.sweep({ wrapPlatform });

/** Ids as nobody should choose them, and somebody does. */
const ODD = [
  'a b',
  "o'neill",
  'say "hi"',
  'a/b?c#d',
  '50%',
  '%2e%2e',
  'back\\slash',
  '{a,b}',
  'NULL',
  '名前-é',
  "';--",
];

describe('a whole sweep by a role that has only the grant of the README', () => {
  it.each([
    ['enum', 'uuid'],
    ['enum', 'text'],
    ['text', 'uuid'],
    ['text', 'text'],
  ] as const)(
    'works where the status is %s and the id %s, and leaves what is live alone',
    async (statusType, idType) => {
      const { world, ours } = await worldWith({ statusType, idType });
      const leaked = await world.leakMany(4);
      const live = await world.platform.create('live');
      const shared = await world.leak('shared');
      await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [
        live.id,
        shared.instance_id,
      ]);
      expect((await sweep(world, ours))?.end.counts).toEqual({ stopped: 4, shared: 1 });
      for (const { id } of leaked) expect(await world.row(id)).toMatchObject({ status: 'removed', instance_id: null });
      expect((await world.row(live.id))?.instance_id).toBe(shared.instance_id);
      await world.platform.destroy(shared.id);
      await world.observe();
      expect(await world.orphan(shared.id)).toMatchObject({ why: 'row_gone', resolved_at: null });
    },
  );

  it('works with ids of spaces, quotes, slashes, percent signs and letters of all kinds', async () => {
    const { world, ours } = await worldWith({ idType: 'text', statusType: 'text' });
    for (const odd of ODD) {
      const instanceId = `i ${odd}`;
      await world.platformDatabase.query(
        `insert into workspaces (id, name, status, instance_id) values ($1, $1, 'removed', $2)`,
        [odd, instanceId],
      );
      world.controlPlane.launch({ workspaceId: odd, instanceId });
    }
    expect((await sweep(world, ours))?.end.counts).toEqual({ stopped: ODD.length });
    expect((await world.orphans()).map((orphan) => orphan.workspace_id).sort()).toEqual([...ODD].sort());
    expect(world.controlPlane.instances().filter((one) => one.state !== 'terminated')).toEqual([]);
    expect((await world.platform.rows()).filter((row) => row.instance_id !== null)).toEqual([]);
    // Once more: neither of them is taken for another one.
    expect((await sweep(world, ours))?.end.result).toBe('nothing_to_do');
  });

  it('works through a view that can be updated', async () => {
    const { world, ours } = await worldWith({});
    await world.platformDatabase.query(`alter table workspaces rename to everything;
      create view workspaces as select * from everything where tier = 1;
      grant ${README_GRANT} on workspaces to ${ours.role.name}`);
    await world.platformDatabase.query(
      `insert into everything (id, name, status, instance_id, tier)
       values (gen_random_uuid(), 'hidden', 'removed', 'i-hidden', 2)`,
    );
    await world.leakMany(2);
    expect((await sweep(world, ours))?.end.counts).toEqual({ stopped: 2 });
    expect((await world.platformDatabase.query(`select from everything where instance_id = 'i-hidden'`)).rowCount).toBe(
      1,
    );
  });
});

describe('a table of another name, in capitals and in a schema of its own', () => {
  it('is named in the sentence as SQL must write it: what the sentence says to run is enough', async () => {
    const { world, ours } = await worldWith({ table: 'Cloud Platform.Workspaces' }, null);
    const { id } = await world.leak();
    await world.platformDatabase.query('create table workspaces as select * from "Cloud Platform"."Workspaces"');
    const swept = await sweep(world, ours);
    expect(swept?.end.result).toBe('skipped');
    const [, statements] = /Run: (grant .*)$/.exec(swept?.end.error ?? '') ?? [];
    expect(statements).toContain('"Cloud Platform"."Workspaces"');
    await world.platformDatabase.query(statements ?? 'select the sentence has no SQL');
    expect((await sweep(world, ours))?.end.counts).toEqual({ stopped: 1 });
    expect((await world.row(id))?.instance_id).toBeNull();
    // The other table has the name in small letters, and nobody asked for it.
    expect((await world.platformDatabase.query('select from workspaces where instance_id is not null')).rowCount).toBe(
      1,
    );
  });
});

describe('row security', () => {
  const secure = 'alter table workspaces enable row level security; create policy nobody on workspaces using (false)';

  it.each(['BYPASSRLS', 'as the owner without FORCE'] as const)('is no hindrance: %s', async (way) => {
    const { world, ours } = await worldWith({});
    await world.leakMany(2);
    await world.platformDatabase.query(secure);
    await world.platformDatabase.query(
      way === 'BYPASSRLS'
        ? `alter role ${ours.role.name} bypassrls`
        : `alter table workspaces owner to ${ours.role.name}`,
    );
    expect((await sweep(world, ours))?.end.counts).toEqual({ stopped: 2 });
  });

  it('hides rows from the owner too where it is forced: nothing is stopped, nothing resolved', async () => {
    const { world, ours } = await worldWith({});
    await world.leakMany(2);
    await world.observe();
    await world.platformDatabase.query(`${secure}; alter table workspaces force row level security;
      alter table workspaces owner to ${ours.role.name}`);
    expect((await sweep(world, ours))?.end).toMatchObject({
      result: 'skipped',
      error: expect.stringContaining('without FORCE ROW LEVEL SECURITY'),
    });
    expect((await world.orphans()).map((orphan) => [orphan.resolved_at, orphan.attempts])).toEqual([
      [null, 0],
      [null, 0],
    ]);
    await world.platformDatabase.query('alter table workspaces no force row level security');
    expect((await sweep(world, ours))?.end.counts).toEqual({ stopped: 2 });
  });
});
