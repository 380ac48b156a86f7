import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

describe('the end of a sweep', () => {
  it('and a look at the same moment do not wait for each other in a circle', async () => {
    const world = await createWorld();
    const [first, second] = [await world.leak(), await world.leak()];
    const blocker = await world.home.pool.connect();
    try {
      const ending = world.sweep({
        settings: { concurrency: 1, limit: 2 },
        wrapStore: (store) => ({
          ...store,
          // Both stay claimed and untried, so that the end of the sweep has something to give back.
          start: async () => null,
          async end(end) {
            await world.platform.destroy(first.id);
            await world.platform.destroy(second.id);
            await blocker.query('begin');
            await blocker.query('select from sweeper.sweeps for update');
            return store.end(end);
          },
        }),
      });
      await waiting(world, 1);
      const looking = world.observe();
      await waiting(world, 2);
      await blocker.query('commit');
      expect((await ending)?.end.result).toBe('skipped');
      await looking;
    } finally {
      blocker.release();
    }
    expect((await world.orphans()).map((orphan) => [orphan.why, orphan.claimed_by])).toEqual([
      ['row_gone', null],
      ['row_gone', null],
    ]);
    await world.close();
  });
});

describe('attempts that are started together', () => {
  it('and a look at the same moment do not wait for each other in a circle', async () => {
    const world = await createWorld({
      // Found by their ids, they would come in their order whether that was asked for or not.
      prepareHome: async ({ query }) => {
        const { rows } = await query<{ name: string }>('select quote_ident(current_database()) as name');
        await query(`alter database ${rows[0]?.name} set enable_indexscan = off`);
      },
    });
    const leaked = await world.leakMany(3);
    await world.observe();
    // The rows lie in the table, and are found there, in the opposite order of their ids.
    for (const statement of [
      `update sweeper.orphans set id = ('00000000-0000-4000-8000-' || lpad((9 - n)::text, 12, '0'))::uuid
       from (select id as old, row_number() over (order by orphaned_at) as n from sweeper.orphans) as numbered
       where id = old`,
      'create index as_they_leaked on sweeper.orphans (orphaned_at)',
      'cluster sweeper.orphans using as_they_leaked',
      'analyze sweeper.orphans',
    ]) {
      await world.home.query(statement);
    }
    const blocker = await world.home.pool.connect();
    let looking: Promise<void> | undefined;
    try {
      const sweeping = world.sweep({
        // Known already: what it would write would wait for the look before anything is started.
        controller: { check: async () => null },
        wrapStore: (store) => ({
          ...store,
          async claim(request) {
            const claimed = await store.claim(request);
            // Claiming has written them anew, in an order of its own.
            await world.home.query('cluster sweeper.orphans using as_they_leaked');
            for (const { id } of leaked) await world.platform.restore(id);
            await blocker.query('begin');
            await blocker.query('select from sweeper.orphans order by id limit 1 for update');
            looking = world.observe();
            await waiting(world, 1);
            return claimed;
          },
        }),
      });
      await waiting(world, 2);
      await blocker.query('commit');
      expect((await sweeping)?.end).toMatchObject({ result: 'skipped', deferred: 3 });
      await looking;
    } finally {
      blocker.release();
    }
    expect((await world.orphans()).map((orphan) => orphan.resolution)).toEqual(['restored', 'restored', 'restored']);
    expect(await world.attempts()).toEqual([]);
    await world.close();
  });
});

function waiting(world: World, count: number) {
  return until(
    async () => {
      const { rows } = await world.home.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows[0]?.n === count;
    },
    { what: `${count} transactions that wait for a lock` },
  );
}
