import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ANNA, everything, minutesFromNow } from '../support/acting.ts';
import { type Api, createApi } from '../support/api.ts';
import { createFaultyWorld, expectNothingLost, expectRecovery, type FaultyWorld } from '../support/faulty-world.ts';
import { at, once } from '../support/points.ts';
import { allowClearing, stops } from '../support/sweeping.ts';
import { until } from '../support/until.ts';

let faulty: FaultyWorld;
let api: Api;
beforeAll(async () => {
  faulty = await createFaultyWorld();
  return () => faulty.close();
});
beforeEach(async () => {
  api = await createApi(faulty.world);
  return () => api.close();
});

const home = (text: string) => faulty.world.home.query(text);
const TABLES = ['orphans', 'attempts', 'sweeps', 'tenants'] as const;

/** What PostgreSQL says of a disk that is full: a trigger says it, for this table only. */
async function fillDisk(table: string): Promise<void> {
  await home(`
    create or replace function sweeper.full_disk() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
    create trigger full_disk before insert or update on sweeper.${table}
      for each row execute function sweeper.full_disk()`);
}

async function emptyDisk(): Promise<void> {
  for (const table of [...TABLES, 'audit']) await home(`drop trigger if exists full_disk on sweeper.${table}`);
}

/** For the sessions that there are, and for those to come. */
async function makeReadOnly(readOnly: boolean): Promise<void> {
  const name = new URL(faulty.world.home.url).pathname.slice(1);
  const { platformDatabase } = faulty.world;
  await platformDatabase.query(`alter database ${name} set default_transaction_read_only = ${readOnly}`);
  const sessions = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1';
  await until(async () => (await platformDatabase.query(sessions, [name])).rowCount === 0, {
    what: 'its sessions to end',
  });
}

describe('promise 3: every Stop leaves a trace, before it happens: a home database whose disk is full', () => {
  it.each(TABLES)(
    'for %s: nothing is stopped that cannot be written down, and it goes on when there is room',
    async (table) => {
      const staged = await faulty.stage();
      const before = stops(faulty.world).length;
      onTestFinished(emptyDisk);
      await fillDisk(table);
      expect(await faulty.sweep()).toBeNull();
      expect(stops(faulty.world)).toHaveLength(before);
      await expectNothingLost(faulty, staged);
      await emptyDisk();
      await expectRecovery(faulty, staged);
    },
  );

  it.each(TABLES)(
    'for %s, from the first Stop on: nothing is lost, and it goes on when there is room',
    async (table) => {
      const staged = await faulty.stage();
      const { world } = faulty;
      const instanceId = staged.leaked[0]?.instance_id ?? '';
      onTestFinished(emptyDisk);
      const fill = once(() => fillDisk(table));
      expect(await faulty.sweep(at('during the Stop', { world, platform: world.table, instanceId }, fill))).toBeNull();
      world.controlPlane.onStop(instanceId, null);
      await expectNothingLost(faulty, staged);
      await emptyDisk();
      await expectRecovery(faulty, staged);
    },
  );
});

describe('a platform whose disk is full', () => {
  it('keeps its ids, which are cleared when there is room', async () => {
    const staged = await faulty.stage();
    const { world } = faulty;
    await world.platformDatabase.query(`
      create or replace function refuse() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
      create trigger refuse before update on workspaces for each row execute function refuse()`);
    const end = await faulty.sweep();
    await allowClearing(world);
    expect(end?.counts).toEqual({ clear_failed: staged.leaked.length });
    expect(end?.error).toMatch(/No space left on device/);
    await expectNothingLost(faulty, staged);
    await expectRecovery(faulty, staged);
  });
});

describe('a home database that is read-only', () => {
  it('stops nothing, changes nothing, and says so; it goes on when it may be written', async () => {
    const staged = await faulty.stage();
    const before = stops(faulty.world).length;
    onTestFinished(() => makeReadOnly(false));
    await makeReadOnly(true);
    const rows = await everything(faulty.world);
    expect(await faulty.sweep()).toBeNull();
    const [first] = staged.leaked;
    const changes = [
      { method: 'POST', url: '/api/sweeps', payload: {} },
      { method: 'PUT', url: '/api/pause', payload: { reason: 'r', until: minutesFromNow(60) } },
      { method: 'PUT', url: `/api/orphans/${first?.id}/hold`, payload: { reason: 'r', until: minutesFromNow(60) } },
    ] as const;
    for (const change of changes) {
      const answer = await api.call({ ...change, headers: { 'x-actor': ANNA.actor ?? '' } });
      expect(answer).toMatchObject({ status: 503, body: { code: 'home_database_unavailable' } });
    }
    expect((await api.call('/api/status')).status).toBe(200);
    expect(await everything(faulty.world)).toEqual(rows);
    expect(stops(faulty.world)).toHaveLength(before);
    await expectNothingLost(faulty, staged);
    await makeReadOnly(false);
    await expectRecovery(faulty, staged);
  });
});
