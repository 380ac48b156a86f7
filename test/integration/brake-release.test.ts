import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { releaseBrake } from '../../server/sweep/release.ts';
import { ANNA, audited, latchBrake } from '../support/acting.ts';
import { type Api, type ApiAnswer, createApi, emptyWorld } from '../support/api.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world);
  return () => api.close();
});

interface Released {
  readonly released: number;
  readonly coveredUntil: string;
}
const release = <Body = Released>(orphans: number, remoteAddress = '127.0.0.1'): Promise<ApiAnswer<Body>> =>
  api.call<Body>({
    method: 'POST',
    url: '/api/brake/release',
    payload: { actor: 'Anna', reason: 'we deleted them', orphans },
    remoteAddress,
  });
const status = async () => (await api.call<Status>('/api/status')).body;
const brake = async () => {
  const { rows } = await world.home.query<Record<string, unknown>>(
    `select brake_at is not null as latched, brake_released_by as by, brake_release_reason as reason,
       brake_covered_until > (select coalesce(max(first_seen_at), '-infinity') from sweeper.orphans) as covers_all
     from sweeper.tenants`,
  );
  return rows[0];
};

describe('the release of the brake', () => {
  it('covers the orphans that are there, by whoever has seen their number', async () => {
    await world.leakMany(20);
    await world.observe();
    await latchBrake(world);
    expect(await release(20)).toMatchObject({ status: 200, body: { released: 20, coveredUntil: expect.any(String) } });
    expect(await brake()).toEqual({ latched: false, by: 'Anna', reason: 'we deleted them', covers_all: true });
    expect(await audited(world)).toMatchObject([
      { action: 'release_brake', actor: 'Anna', target: null, reason: 'we deleted them', refused: null },
    ]);
    await world.leak();
    await world.observe();
    expect((await brake())?.['covers_all'], 'what comes later').toBe(false);
    await latchBrake(world);
    expect((await status()).brake).toMatchObject({ orphans: 1 });
  });

  it('is judged by what is there now, not by what was when the page was drawn', async () => {
    await world.leakMany(20);
    await world.observe();
    await latchBrake(world);
    await world.leakMany(3);
    const moved = await release<unknown>(20);
    expect(moved).toMatchObject({ status: 409, body: { code: 'brake_moved', orphans: 23 } });
    expect(moved.text).toContain('23 wait by now');
    expect(await brake()).toMatchObject({ latched: true, by: null });
  });

  it.each([
    [20, 22, 200],
    [20, 23, 409],
    [0, 0, 200],
    [0, 1, 409],
    [30, 5, 200],
  ])(
    'with %i on the screen and %i waiting answers %i: a tenth more is the same surge',
    async (seen, waiting, answer) => {
      if (waiting > 0) await world.leakMany(waiting);
      await latchBrake(world);
      expect((await release<unknown>(seen)).status).toBe(answer);
    },
  );

  it('is refused where nothing is latched', async () => {
    expect(await release<unknown>(0)).toMatchObject({ status: 409, body: { code: 'brake_not_latched' } });
  });

  it('is refused while the platform cannot be looked at', async () => {
    await world.leakMany(2);
    await world.observe();
    await latchBrake(world);
    await world.platformDatabase.query('alter table workspaces rename to elsewhere');
    const refused = await release<unknown>(2);
    await world.platformDatabase.query('alter table elsewhere rename to workspaces');
    expect(refused).toMatchObject({ status: 409, body: { code: 'platform_unreadable' } });
    expect(refused.text).toMatch(/PLATFORM_TABLE/);
    expect(await brake()).toMatchObject({ latched: true });
    expect((await release<unknown>(2)).status).toBe(200);
  });

  it('of two that press at once releases for one, and tells the other so', async () => {
    await world.leakMany(5);
    await world.observe();
    await latchBrake(world);
    const blocker = await world.home.pool.connect();
    await blocker.query('begin');
    await blocker.query('select from sweeper.tenants for update');
    const both = Promise.all([ANNA, ANNA].map((act) => releaseBrake(world.homeDatabase, 'default', act, 5)));
    await until(
      async () => {
        const { rows } = await world.home.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows[0]?.n === 2;
      },
      { what: 'both to wait for the same row' },
    );
    await blocker.query('commit');
    blocker.release();
    expect((await both).map(({ kind }) => kind).sort()).toEqual(['not_latched', 'released']);
    expect(await audited(world)).toHaveLength(1);
  });
});

describe('while the brake is latched', () => {
  it('nothing is queued but a dry run, which stops nothing', async () => {
    await world.leak();
    await latchBrake(world);
    const post = (payload: object) => api.call<unknown>({ method: 'POST', url: '/api/sweeps', payload });
    for (const asked of [{}, { workspaceIds: ['x'] }, { drain: true, actor: 'Anna' }]) {
      expect(await post(asked)).toMatchObject({ status: 409, body: { code: 'brake_latched' } });
    }
    expect((await post({ dryRun: true })).status).toBe(202);
  });

  it('the status shows how many wait, the newest of them, and that it comes before everything but disabled', async () => {
    const leaked = await world.leakMany(8);
    await world.observe();
    await latchBrake(world, 1_204);
    const { brake: shown, sweeper, surge } = await status();
    const newest = [...leaked].reverse().slice(0, 5);
    expect(shown).toEqual({
      latchedAt: expect.stringMatching(/Z$/),
      newOrphans: 1_204,
      limit: 1000,
      orphans: 8,
      oldest: leaked[0]?.updated_at.toISOString(),
      sample: newest.map((row) => ({
        workspaceId: row.id,
        workspaceName: row.name,
        instanceId: row.instance_id,
        orphanedAt: row.updated_at.toISOString(),
      })),
    });
    expect(surge).toBeNull();
    expect(sweeper).toMatchObject({ state: 'brake', reason: expect.stringContaining('1204 new orphans') });
    await world.timePasses(24 * 3_600_000);
    expect((await status()).sweeper.state, 'also when late').toBe('brake');
    const disabled = await createApi(world, { SWEEP_LIMIT: '0' });
    expect((await disabled.call<Status>('/api/status')).body.sweeper.state).toBe('disabled');
    await disabled.close();
  });
});
