import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInventory, type Inventory } from '../../server/sweep/inventory.ts';
import type { Looked, Platform } from '../../server/sweep/platform.ts';
import { frozen, LEASE_OVER_MS } from '../support/pasts.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, FINGERPRINT, type World } from '../support/world.ts';

let world: World;
let inventory: Inventory;
beforeAll(async () => {
  world = await createWorld();
  inventory = createInventory(world.homeDatabase, {
    tenant: 'default',
    intervalMs: 60_000,
    surgeLimit: 1_000,
    unknownGraceMs: null,
    fingerprint: FINGERPRINT,
  });
  return () => world.close();
});
beforeEach(() => world.forget());

/** A look that began at this moment and is only now being finished, by what the platform showed then, or shows now. */
function finishLook(startedAt: string, looked?: Looked): Promise<void> {
  return world.observe({
    wrapInventory: (inner) => ({ ...inner, begin: async () => startedAt }),
    wrapPlatform: (inner) => ({ ...inner, look: async () => looked ?? inner.look() }),
  });
}

const rename = (id: string, name: string) =>
  world.platformDatabase.query('update workspaces set name = $2 where id = $1', [id, name]);
const nameOf = async (id: string) =>
  (await world.home.query('select workspace_name from sweeper.orphans where workspace_id = $1', [id])).rows;
const tenant = async () =>
  (await world.home.query('select observed_at::text, observe_error, observe_error_at from sweeper.tenants')).rows[0];

describe('two looks that finish in the wrong order', () => {
  it('the one that started earlier is not applied, whatever it saw', async () => {
    const [renamed, restored] = [await world.leak('old'), await world.leak()];
    await world.observe();
    const earlier = await inventory.begin();
    const looked = await world.table.look();
    await rename(renamed.id, 'new');
    await CHANGES.restored(world, restored.id);
    const added = await world.leak();
    await world.observe();
    const applied = [await world.orphans(), await tenant()];
    await finishLook(earlier, looked);
    expect([await world.orphans(), await tenant()]).toEqual(applied);
    expect(await nameOf(renamed.id)).toEqual([{ workspace_name: 'new' }]);
    expect(await world.orphan(restored.id)).toMatchObject({ resolution: 'restored' });
    expect(await world.orphan(added.id)).toMatchObject({ resolved_at: null });
  });

  it('the one that started later is applied, though it finishes first', async () => {
    const { id } = await world.leak('old');
    const earlier = await inventory.begin();
    const later = await inventory.begin();
    const looked = await world.table.look();
    await finishLook(earlier, looked);
    await rename(id, 'new');
    await finishLook(later);
    expect(await nameOf(id)).toEqual([{ workspace_name: 'old' }]);
    expect(await tenant()).toMatchObject({ observed_at: later });
  });
});

describe('a look that began before something happened', () => {
  it('never brings back what a sweep has stopped since', async () => {
    const { id } = await world.leak();
    let startedAt = '';
    let looked: Looked | undefined;
    await world.sweep({
      wrapStore: (store) => ({
        ...store,
        async claim(request) {
          // After the sweep's own look, so that this one is not outdated by it.
          startedAt = await inventory.begin();
          looked = await world.table.look();
          return store.claim(request);
        },
      }),
    });
    expect(looked?.rows).toHaveLength(1);
    const stopped = await world.orphan(id);
    expect(stopped).toMatchObject({ resolution: 'stopped' });
    await finishLook(startedAt, looked);
    expect(await world.orphans()).toEqual([stopped]);
    expect(await tenant()).toMatchObject({ observed_at: startedAt });
  });

  it('never reopens what was resolved since', async () => {
    const { id } = await world.leak();
    await world.observe();
    const earlier = await inventory.begin();
    const looked = await world.table.look();
    await CHANGES.restored(world, id);
    // Began before, and sees more: the moment at which a look reads is not the moment at which it began.
    await finishLook(earlier);
    const restored = await world.orphan(id);
    expect(restored).toMatchObject({ resolution: 'restored' });
    await finishLook(earlier, looked);
    expect(await world.orphan(id)).toEqual(restored);
  });

  it('never touches an orphan that was first seen since', async () => {
    const earlier = await inventory.begin();
    const later = await inventory.begin();
    const { id } = await world.leak();
    await finishLook(earlier);
    const seen = await world.orphan(id);
    await CHANGES.deleted(world, id);
    await finishLook(later);
    expect(await world.orphan(id)).toEqual(seen);
    await world.observe();
    expect(await world.orphan(id)).toMatchObject({ why: 'row_gone' });
  });
});

describe('a look during a Stop', () => {
  it.each(['restored', 'deleted', 'cleared', 'reprovisioned'] as const)(
    'leaves the orphan alone while its claim is valid (%s)',
    async (change) => {
      const { id, instance_id } = await world.leak();
      const seen: unknown[] = [];
      world.controlPlane.onStop(instance_id ?? '', async () => {
        seen.push(await world.orphan(id), await world.attempts());
        await CHANGES[change](world, id);
        await rename(id, 'renamed');
        await world.observe();
        seen.push(await world.orphan(id), await world.attempts());
      });
      await world.sweep();
      expect(seen[2]).toEqual(seen[0]);
      expect(seen[3]).toEqual(seen[1]);
      expect(seen[3]).toMatchObject([{ outcome: null, finished_at: null }]);
    },
  );

  it('ends the attempt as interrupted once its claim has expired, and keeps the orphan for an interval', async () => {
    const { id, instance_id } = await world.leak();
    world.controlPlane.onStop(instance_id ?? '', async () => {
      await world.timePasses(LEASE_OVER_MS / 2);
      await world.observe();
      expect(await world.attempts()).toMatchObject([{ outcome: 'interrupted', fault: 'nobody' }]);
      expect(await world.orphan(id)).toMatchObject({ attempt_id: null, claimed_by: null, last_outcome: 'interrupted' });
      const { rows } = await world.home.query(
        `select next_attempt_at >= last_attempt_at + interval '60 s' as later, failures from sweeper.orphans`,
      );
      expect(rows).toEqual([{ later: true, failures: 0 }]);
    });
    await world.sweep({ wrapStore: frozen });
    expect(await world.attempts()).toMatchObject([{ outcome: 'interrupted', late_answer: 'stopped' }]);
  });

  it("leaves another tenant's attempts alone, though their claims have expired", async () => {
    const theirs = createInventory(world.homeDatabase, {
      tenant: 'theirs',
      intervalMs: 60_000,
      surgeLimit: 1_000,
      unknownGraceMs: null,
      fingerprint: FINGERPRINT,
    });
    await world.home.query(`insert into sweeper.tenants (tenant) values ('theirs')`);
    const { instance_id } = await world.leak();
    world.controlPlane.onStop(instance_id ?? '', async () => {
      await world.timePasses(LEASE_OVER_MS);
      const before = [await world.orphans(), await world.attempts()];
      await world.observe({ wrapInventory: () => theirs });
      const [mine] = await world.orphans();
      expect([[mine], await world.attempts()]).toEqual(before);
    });
    await world.sweep({ wrapStore: frozen });
    expect(await world.attempts()).toMatchObject([{ outcome: 'stopped' }]);
  });
});

describe('a look that fails', () => {
  it.each(['look', 'read'] as const)('changes nothing, gives no sample, and is remembered (%s)', async (step) => {
    const [old, gone] = [await world.leak('old'), await world.leak()];
    await world.observe();
    await world.home.query('delete from sweeper.samples');
    const known = [await world.orphans(), (await tenant())?.['observed_at']];
    await rename(old.id, 'new');
    await CHANGES.deleted(world, gone.id);
    const away = () => world.platformDatabase.query('alter table workspaces rename to elsewhere');
    const back = () => world.platformDatabase.query('alter table elsewhere rename to workspaces');
    const wrapPlatform = (platform: Platform): Platform => ({
      ...platform,
      async look() {
        const looked = step === 'read' ? await platform.look() : null;
        await away();
        return looked ?? platform.look();
      },
    });
    await expect(world.observe({ wrapPlatform })).rejects.toMatchObject({ code: 'no_table' });
    expect([await world.orphans(), (await tenant())?.['observed_at']]).toEqual(known);
    expect((await world.home.query('select * from sweeper.samples')).rowCount).toBe(0);
    expect(await tenant()).toMatchObject({
      observe_error: expect.stringContaining('public.workspaces'),
      observe_error_at: expect.any(Date),
    });
    await back();
    await world.observe();
    expect(await nameOf(old.id)).toEqual([{ workspace_name: 'new' }]);
    expect(await world.orphan(gone.id)).toMatchObject({ why: 'row_gone' });
    expect(await tenant()).toMatchObject({ observe_error: null, observe_error_at: null });
  });
});
