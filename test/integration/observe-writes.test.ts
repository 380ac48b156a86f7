import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASTS } from '../support/pasts.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => world.forget());

const rename = (id: string, name: string) =>
  world.platformDatabase.query('update workspaces set name = $2 where id = $1', [id, name]);
const nameOf = async (id: string) =>
  (await world.home.query('select workspace_name from sweeper.orphans where workspace_id = $1', [id])).rows;

describe('what a look writes', () => {
  const versions = async () =>
    (await world.home.query('select id, xmin::text, ctid::text from sweeper.orphans order by id')).rows;

  it('is nothing when it finds nothing new: 1,000 orphans, and some that are kept', async () => {
    await world.leakMany(1_000);
    for (const change of ['deleted', 'reprovisioned', 'restored'] as const) {
      const row = await world.leak();
      await PASTS['never tried'](world, row);
      if (change === 'restored') {
        await world.home.query(`update sweeper.orphans set last_outcome = 'interrupted' where workspace_id = $1`, [
          row.id,
        ]);
      }
      await CHANGES[change](world, row.id);
    }
    await world.observe();
    const before = await versions();
    expect(before).toHaveLength(1_003);
    await world.observe();
    expect(await versions()).toEqual(before);
  });

  it('is the one row that differs: a new name is taken over, the others are not written', async () => {
    const rows = await world.leakMany(5);
    await world.observe();
    const before = await versions();
    await rename(rows[3]?.id ?? '', 'renamed');
    await world.observe();
    const after = await versions();
    expect(after.filter((row) => before.every((was) => was['xmin'] !== row['xmin']))).toHaveLength(1);
    expect(await nameOf(rows[3]?.id ?? '')).toEqual([{ workspace_name: 'renamed' }]);
  });

  it('is at most one sample per minute, and the next one in the next', async () => {
    const minute = async () => (await world.home.query(`select date_trunc('minute', now()) as minute`)).rows[0];
    const samples = async () => (await world.home.query('select open, stuck from sweeper.samples order by at')).rows;
    let before: unknown;
    let open: number;
    do {
      await world.home.query('delete from sweeper.samples');
      before = await minute();
      await world.leak();
      await world.observe();
      open = (await world.orphans()).length;
      await world.leak();
      await world.observe();
      // A minute that ended in between would be no mistake: then once more.
    } while (JSON.stringify(before) !== JSON.stringify(await minute()));
    expect(await samples()).toEqual([{ open, stuck: 0 }]);
    await world.timePasses(60_000);
    await world.home.query('update sweeper.orphans set stuck_at = now()');
    await world.observe();
    expect(await samples()).toEqual([
      { open, stuck: 0 },
      { open: open + 1, stuck: open + 1 },
    ]);
  });
});
