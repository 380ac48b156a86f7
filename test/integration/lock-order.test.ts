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

  const waiting = (world: World, count: number) =>
    until(
      async () => {
        const { rows } = await world.home.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows[0]?.n === count;
      },
      { what: `${count} transactions that wait for a lock` },
    );
});
