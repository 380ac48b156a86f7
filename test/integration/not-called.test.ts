import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../server/backends/backend.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import type { Platform } from '../../server/sweep/platform.ts';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import { createWorld, type World } from '../support/world.ts';

const gone: Backend = {
  kind: 'control-plane',
  stop: async () => ({ kind: 'gone', httpStatus: 410, message: 'gone' }),
  look: async () => ({ kind: 'no_route', message: 'no such route' }),
  close: async () => {},
};

describe('what was not called, or not clearly', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ timeZone: 'America/New_York' });
    return () => world.close();
  });
  beforeEach(() => world.forget());

  const restore = (id: string) => world.platform.restore(id);

  it.each([
    ['told to stop', 'told'],
    ['past its deadline', 'deadline'],
  ] as const)(
    'an attempt that was %s before its Stop leaves its orphan as it was, one interval later',
    async (_, how) => {
      const { id } = await world.leak();
      const told = new AbortController();
      let aheadMs = 0;
      const swept = await world.sweep({
        told: told.signal,
        clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs },
        settings: { stopTimeoutMs: 30_000, deadlineMs: 60_000 },
        wrapPlatform: (platform): Platform => ({
          ...platform,
          async recheck(targets) {
            if (how === 'told') told.abort();
            else aheadMs = 31_000;
            return platform.recheck(targets);
          },
        }),
      });
      expect(swept?.end.counts).toEqual({ interrupted: 1 });
      const [attempt] = await world.attempts();
      expect(attempt?.message).toMatch(
        how === 'told' ? /told to stop before the Stop/ : /deadline came before the Stop/,
      );
      expect(world.controlPlane.calls.filter((call) => call.workspaceId === id && call.route === 'stop')).toEqual([]);
      expect(await world.orphan(id)).toMatchObject({ last_outcome: null, last_message: null, failures: 0 });
      const orphan = await world.orphan(id);
      expect(orphan.next_attempt_at.getTime()).toBeGreaterThan(orphan.first_seen_at.getTime() + 50_000);

      world.controlPlane.fail(orphan.instance_id, { kind: 'status', status: 400 });
      await world.sweep({ trigger: 'manual' });
      expect(await world.orphan(id)).toMatchObject({ last_outcome: 'failed' });
      await restore(id);
      await world.observe();
      expect(await world.orphan(id)).toMatchObject({ resolution: 'restored' });
    },
  );

  it('a live workspace whose instance is gone after a Stop of ours was cut off is shouted, not filed away', async () => {
    const { id } = await world.leak();
    await world.observe();
    await world.home.query(`update sweeper.orphans set last_outcome = 'interrupted'`);
    const backend: Backend = {
      ...gone,
      stop: async (target, request) => {
        await restore(id);
        return gone.stop(target, request);
      },
    };
    await world.sweep({ backend });
    expect(await world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null });
  });

  it('a live workspace whose instance was gone without us is no business of ours', async () => {
    const { id } = await world.leak();
    const backend: Backend = {
      ...gone,
      stop: async (target, request) => {
        await restore(id);
        return gone.stop(target, request);
      },
    };
    await world.sweep({ backend });
    expect(await world.orphan(id)).toMatchObject({ resolution: 'already_gone' });
  });

  it('a look that fails after a later one has succeeded says nothing', async () => {
    await world.leak();
    const failing = world.observe({
      wrapPlatform: (platform): Platform => ({
        ...platform,
        async look() {
          await world.observe();
          throw new PlatformFault('timeout', 'too slow', new Error('slow'));
        },
      }),
    });
    await expect(failing).rejects.toThrow('too slow');
    const { rows } = await world.home.query<{ observe_error: string | null }>(
      'select observe_error from sweeper.tenants',
    );
    expect(rows).toEqual([{ observe_error: null }]);
  });

  it('a complaint about the grant ends when there is nothing left to clear', async () => {
    await world.home.query(`update sweeper.tenants set platform_write_error = 'no grant'`);
    expect((await world.sweep())?.end.result).toBe('nothing_to_do');
    const { rows } = await world.home.query<{ platform_write_error: string | null }>(
      'select platform_write_error from sweeper.tenants',
    );
    expect(rows).toEqual([{ platform_write_error: null }]);
  });

  it('the time written to a column without time zone is UTC, whatever the session’s zone', async () => {
    await world.platformDatabase.query('alter table workspaces alter column updated_at type timestamp');
    const { id } = await world.leak();
    await world.sweep();
    const { rows } = await world.platformDatabase.query<{ off: number }>(
      `select abs(extract(epoch from updated_at - (now() at time zone 'UTC')))::float8 as off from workspaces where id = $1`,
      [id],
    );
    expect(rows[0]?.off).toBeLessThan(600);
  });
});
