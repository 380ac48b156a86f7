import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { PLATFORM_EMPTY } from '../../server/sweep/gate.ts';
import { type Api, createApi } from '../support/api.ts';
import { strangers } from '../support/looking.ts';
import { snapshot, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld({ settings: { intervalMs: 1_000 } });
  api = await createApi(world, { SWEEP_INTERVAL_SECONDS: '3600', SWEEP_DEADLINE_SECONDS: '300' });
  return async () => {
    await api.close();
    await world.close();
  };
});
beforeEach(async () => {
  await startAfresh(world);
  await sql('drop table if exists kept');
});

const sql = (text: string, values: readonly unknown[] = []) => world.platformDatabase.query(text, values);
const status = async () => (await api.call<Status>('/api/status')).body;
/** What was found just now is young enough for the console: it looks again only after this. */
const wait = () => world.timePasses(60_000);

const empty = () => sql('create table kept as table workspaces; truncate workspaces');
const fill = () => sql('insert into workspaces select * from kept; drop table kept');
const login = (on: 'stop' | 'any') => async () => world.controlPlane.failAll({ kind: 'html', on });
const heal = async () => world.controlPlane.heal();

interface Situation {
  readonly name: string;
  readonly breaks: () => Promise<unknown>;
  readonly heals: () => Promise<unknown>;
  /** Where the one sentence is, and what it says. */
  readonly says: { readonly sweep?: string; readonly platform?: string; readonly cause?: string };
  /** Stops were sent, and proved nothing. */
  readonly called?: true;
  /** How often it was the orphan's own failure. */
  readonly failures: number;
}

const renamed = (column: string): Situation => ({
  name: `whose column ${column} was renamed`,
  breaks: () => sql(`alter table workspaces rename ${column} to elsewhere`),
  heals: () => sql(`alter table workspaces rename elsewhere to ${column}`),
  says: { sweep: `column "${column}" does not exist`, platform: `column "${column}" does not exist` },
  failures: 0,
});

const SITUATIONS: readonly Situation[] = [
  {
    name: 'behind a login page that answers 200 to everything',
    breaks: login('any'),
    heals: heal,
    says: { cause: 'a page, not an answer of a control plane' },
    called: true,
    failures: 3,
  },
  {
    name: 'behind a login page that answers 200 to Stops',
    breaks: login('stop'),
    heals: heal,
    says: { cause: 'a page, not an answer of a control plane' },
    called: true,
    failures: 3,
  },
  {
    name: 'whose platform database was emptied',
    breaks: empty,
    heals: fill,
    says: { sweep: PLATFORM_EMPTY, platform: PLATFORM_EMPTY },
    failures: 0,
  },
  {
    name: 'whose table was taken away',
    breaks: () => sql('alter table workspaces rename to elsewhere'),
    heals: () => sql('alter table elsewhere rename to workspaces'),
    says: { sweep: 'has no table public.workspaces', platform: 'has no table public.workspaces' },
    failures: 0,
  },
  renamed('instance_id'),
  renamed('status'),
  renamed('updated_at'),
];

describe('a world', () => {
  it.each(SITUATIONS.map((one) => [one.name, one] as const))(
    '%s: nothing is stopped, nothing resolved, one sentence says why, and it heals without a restart',
    async (_, { breaks, heals, says, called, failures }) => {
      const live = await world.platform.create();
      const leaked = await world.leakMany(2);
      await world.observe();
      const [rowsBefore, runningBefore] = [await world.platform.rows(), running()];
      await breaks();
      for (let sweeps = 0; sweeps < 3; sweeps++) {
        await wait();
        const end = await sweepOnce(world, { trigger: sweeps === 2 ? 'manual' : 'boot' });
        expect(end).toMatchObject({ result: called ? 'failed' : 'skipped', succeeded: false });
        if (says.sweep === undefined) expect(end.error).toBeNull();
        else expect(end.error).toContain(says.sweep);
      }
      expect(stops(world)).toHaveLength(called ? 6 : 0);
      expect(running()).toEqual(runningBefore);
      for (const { id } of leaked) {
        expect(await world.orphan(id)).toMatchObject({ resolved_at: null, resolution: null, failures });
      }
      const shown = await status();
      expect(shown.counts?.open, 'what is not known is not zero').toBe(2);
      const { platform, causes } = shown;
      if (says.platform === undefined) expect(platform).toMatchObject({ state: 'answering', error: null });
      else {
        expect(platform).toMatchObject({ state: 'failing', error: expect.stringContaining(says.platform) });
        expect(platform.error).not.toContain('\n');
      }
      if (says.cause !== undefined) {
        expect(causes).toMatchObject([{ class: 'rejected', count: 2, pattern: expect.stringContaining(says.cause) }]);
      }

      await heals();
      expect(await world.platform.rows()).toEqual(rowsBefore);
      await world.timePasses(3_600_000);
      expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', error: null, counts: { stopped: 2 } });
      for (const { id } of leaked) expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });
      expect(await world.row(live.id)).toEqual(live);
      expect((await status()).platform).toEqual({ state: 'answering', error: null, since: null });
    },
  );

  const running = () =>
    world.controlPlane
      .instances()
      .filter((one) => one.state === 'running')
      .map((one) => one.instanceId);
});

describe("a platform's database that was emptied", () => {
  const HANDS: readonly (readonly [string, SweepOptions])[] = [
    ['a sweep at boot', {}],
    ['a sweep by hand', { trigger: 'manual' }],
    ['a drain', { trigger: 'manual', drain: true }],
  ];

  it.each(HANDS)('is nothing that %s acts upon, whatever was known of its rows', async (_, options) => {
    const rows = await world.leakMany(3);
    await world.observe();
    // One of them was gone before that, when others were there: its instance is stopped by the id that was kept.
    await sql('delete from workspaces where id = $1', [rows[0]?.id]);
    await world.observe();
    expect(await world.orphan(rows[0]?.id ?? '')).toMatchObject({ why: 'row_gone' });
    await empty();
    for (let sweeps = 0; sweeps < 2; sweeps++) {
      await wait();
      expect(await sweepOnce(world, options)).toMatchObject({ result: 'skipped', error: PLATFORM_EMPTY, counts: {} });
    }
    expect(stops(world)).toEqual([]);
    expect(await world.attempts()).toEqual([]);
    expect((await world.orphans()).map((row) => row.resolved_at)).toEqual([null, null, null]);
    await fill();
    await wait();
    expect(await sweepOnce(world, options)).toMatchObject({ result: 'cleared', counts: { stopped: 3 } });
  });

  it('is said once: sweep after sweep is skipped for the same reason, and only one is kept', async () => {
    await world.leakMany(2);
    await world.observe();
    await empty();
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      await wait();
      await sweepOnce(world);
    }
    expect((await world.sweeps()).map((sweep) => [sweep.result, sweep.error])).toEqual([['skipped', PLATFORM_EMPTY]]);
  });

  it('is no news where nothing of it was known: an installation that begins is not failing', async () => {
    expect((await sweepOnce(world)).result).toBe('nothing_to_do');
    expect((await status()).platform).toMatchObject({ state: 'answering', error: null });
  });

  /** Between the look at the platform and the recheck of what was claimed. */
  const afterClaim = (happen: () => Promise<unknown>): SweepOptions => ({
    wrapStore: (store) => ({
      ...store,
      async claim(request) {
        const claimed = await store.claim(request);
        await happen();
        return claimed;
      },
    }),
  });

  it('between observe and recheck: nothing is stopped, nothing resolved, and it heals when the rows are back', async () => {
    const [gone, ...listed] = await world.leakMany(3);
    await world.observe();
    await sql('delete from workspaces where id = $1', [gone?.id]);
    expect(await sweepOnce(world, afterClaim(empty))).toMatchObject({
      result: 'partial',
      counts: { superseded: 2, failed: 1 },
    });
    expect(stops(world)).toEqual([]);
    expect(await world.orphan(gone?.id ?? '')).toMatchObject({
      why: 'row_gone',
      last_class: 'platform',
      failures: 0,
      resolved_at: null,
    });
    for (const { id } of listed) expect(await world.orphan(id)).toMatchObject({ why: 'row_gone', resolved_at: null });
    await wait();
    expect(await sweepOnce(world)).toMatchObject({ result: 'skipped', error: PLATFORM_EMPTY });
    await fill();
    await world.timePasses(3_600_000);
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 3 } });
    expect(stops(world)).toHaveLength(3);
  });

  it('between the two questions of one look: what is not there any more is kept', async () => {
    const rows = await world.leakMany(2);
    await world.observe();
    // One is not listed, and is read again by its id; by then the table is empty.
    await sql('update workspaces set instance_id = null where id = $1', [rows[0]?.id]);
    await world.observe({
      wrapPlatform: (platform) => ({
        ...platform,
        async read(ids) {
          await empty();
          return platform.read(ids);
        },
      }),
    });
    expect((await world.orphans()).map((row) => [row.why, row.resolved_at])).toEqual([
      ['row_gone', null],
      ['removed', null],
    ]);
    await wait();
    expect(await sweepOnce(world)).toMatchObject({ result: 'skipped', error: PLATFORM_EMPTY });
    expect(stops(world)).toEqual([]);
    await fill();
    await wait();
    expect(await sweepOnce(world)).toMatchObject({ counts: { stopped: 1 } });
    expect(await world.orphan(rows[0]?.id ?? '')).toMatchObject({ resolution: 'external' });
  });

  it('holds back no dry run by hand, which shows what would follow and moves nothing', async () => {
    await world.leakMany(1);
    await world.observe();
    await empty();
    await world.observe();
    const before = await snapshot(world, 'orphans');
    await sweepOnce(world, { trigger: 'manual', dryRun: true });
    expect(stops(world)).toEqual([]);
    expect(await snapshot(world, 'orphans')).toEqual(before);
  });

  it('holds other workspaces for what they are, once one row is there', async () => {
    await world.leakMany(1);
    await world.observe();
    await empty();
    await sweepOnce(world);
    await strangers(world, 1);
    await wait();
    // By the rule for a row that is gone: by the id that was kept, for no live row names it.
    expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', counts: { stopped: 1 } });
  });
});
