import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../server/db/connect.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { createIdentity } from '../../server/sweep/fingerprint.ts';
import type { Inventory } from '../../server/sweep/inventory.ts';
import { UNCOUNTED } from '../../server/sweep/meter.ts';
import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import { createSweeper, type Sweeper } from '../../server/sweep/sweeper.ts';
import { everything } from '../support/acting.ts';
import { LEASE_OVER_MS } from '../support/pasts.ts';
import { snapshot, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, FINGERPRINT, QUICK, type World } from '../support/world.ts';

const OTHER = 'elsewhere.example:5432/platform public.workspaces';

/** The platform that the tenant is known by, and another one. */
let ours: World;
let theirs: World;
beforeAll(async () => {
  [ours, theirs] = await Promise.all([createWorld(), createWorld()]);
  return () => Promise.all([ours.close(), theirs.close()]);
});
beforeEach(async () => {
  await Promise.all([startAfresh(ours), startAfresh(theirs)]);
  await identity(FINGERPRINT).check();
});

const identity = (fingerprint: string, movedFrom: string | null = null) =>
  createIdentity(ours.homeDatabase, { tenant: 'default', fingerprint, movedFrom });

const sentence = (known: string, is: string) =>
  `The home database knows the tenant default as the platform ${known}, and this one is ${is}. ` +
  `Set TENANT to a name of its own for this platform or, if the database only moved, PLATFORM_MOVED_FROM=${known}.`;

it("a tenant that was never opened is nobody else's, and is not taken by who only comes by", async () => {
  const tenant = 'never-opened';
  const visitor = createIdentity(ours.homeDatabase, { tenant, fingerprint: OTHER, movedFrom: null });
  expect(await visitor.compare()).toBeNull();
  const { rows } = await ours.home.query('select 1 from sweeper.tenants where tenant = $1', [tenant]);
  expect(rows).toEqual([]);
});

interface ProcessOptions {
  readonly platform?: World;
  readonly fingerprint?: string;
  readonly movedFrom?: string | null;
  readonly tenant?: string;
}

/** A process on our home database, with a platform and a control plane of its own. It has a tick every second. */
function startProcess({
  platform = theirs,
  fingerprint = OTHER,
  movedFrom = null,
  tenant = 'default',
}: ProcessOptions) {
  let asked = 0;
  const home: Database = {
    ...ours.homeDatabase,
    transaction(run) {
      asked += 1;
      return ours.homeDatabase.transaction(run);
    },
  };
  const sweeper = createSweeper({
    clock: systemClock,
    home,
    platformDatabase: platform.platformConnection,
    table: platform.tableNames,
    backend: platform.backend,
    containers: null,
    tenant,
    replica: `${fingerprint} as ${tenant}`,
    settings: { ...QUICK, intervalMs: 1_000 },
    fingerprint,
    movedFrom,
    dryRun: false,
    log: ours.log,
    repeats: ours.repeats,
    meter: UNCOUNTED,
    random: Math.random,
  });
  onTestFinished(() => sweeper.loop.stop());
  return {
    sweeper,
    /** Ticks of a process that is refused go by: at each it asks whether it still is. The last has begun, not more. */
    async asksAgain(): Promise<void> {
      const before = asked;
      sweeper.loop.start();
      await until(() => asked >= before + 3, { what: 'its ticks' });
    },
    async stops(of: World, count: number): Promise<void> {
      sweeper.loop.start();
      await until(() => stops(of).length >= count, { what: `${count} Stops` });
      await sweeper.loop.stop();
    },
  };
}

async function refusalOf({ fresh }: Sweeper): Promise<string | null> {
  const fault = await fresh.now();
  if (fault === null) return null;
  expect(fault).toBeInstanceOf(PlatformFault);
  expect(fault.code).toBe('not_ours');
  return fault.message;
}

const OTHER_TABLE = 'db.example:5432/platform app.rooms';

const known = async () =>
  (await ours.home.query<{ known: string }>('select platform_fingerprint as known from sweeper.tenants')).rows[0]
    ?.known;

describe('a process with another platform under the same tenant', () => {
  it('observes nothing, writes nothing and stops nothing; its sentence names TENANT and PLATFORM_MOVED_FROM', async () => {
    const [leaked, foreign] = [await ours.leak(), await theirs.leak()];
    await ours.observe();
    await ours.schedule.enqueue(
      { workspaceIds: null, expected: null, dryRun: false, drain: false },
      { actor: 'Tess', verified: false, address: null, requestId: null, reason: null },
    );
    const before = await everything(ours);
    const process = startProcess({});
    await process.sweeper.open();
    expect(process.sweeper.refusal()).toBe(sentence(FINGERPRINT, OTHER));
    await process.asksAgain();
    expect(await refusalOf(process.sweeper)).toBe(sentence(FINGERPRINT, OTHER));
    await process.sweeper.loop.stop();
    expect(await everything(ours)).toEqual(before);
    expect([...stops(ours), ...stops(theirs)]).toEqual([]);
    expect((await theirs.row(foreign.id))?.instance_id).toBe(foreign.instance_id);
    expect(await ours.orphan(leaked.id)).toMatchObject({ resolved_at: null });
    // And the one whose tenant it is goes on.
    expect((await sweepOnce(ours, { trigger: 'manual' })).result).toBe('cleared');
    expect(stops(ours)).toEqual([leaked.instance_id]);
  });

  it('with a TENANT of its own sweeps its own orphans, and only those', async () => {
    const [leaked, foreign] = [await ours.leak(), await theirs.leak()];
    await ours.observe();
    const before = (await ours.orphan(leaked.id)).id;
    const process = startProcess({ tenant: 'other' });
    await process.sweeper.open();
    expect(process.sweeper.refusal()).toBeNull();
    await process.stops(theirs, 1);
    expect(stops(theirs)).toEqual([foreign.instance_id]);
    expect(stops(ours)).toEqual([]);
    expect(await ours.orphan(leaked.id)).toMatchObject({ id: before, resolved_at: null, why: 'removed' });
  });

  it.each([null, 'another.example:5432/platform public.workspaces', FINGERPRINT.toUpperCase()])(
    'is refused with PLATFORM_MOVED_FROM=%s: that is not what the tenant was',
    async (movedFrom) => {
      const { sweeper } = startProcess({ movedFrom });
      await sweeper.open();
      expect(sweeper.refusal()).toBe(sentence(FINGERPRINT, OTHER));
      expect(await known()).toBe(FINGERPRINT);
    },
  );

  it('heals without a restart when the tenant becomes its own', async () => {
    const foreign = await theirs.leak();
    const process = startProcess({});
    await process.sweeper.open();
    await process.asksAgain();
    expect(stops(theirs)).toEqual([]);
    await ours.home.query('update sweeper.tenants set platform_fingerprint = $1', [OTHER]);
    await process.stops(theirs, 1);
    expect(process.sweeper.refusal()).toBeNull();
    expect(stops(theirs)).toEqual([foreign.instance_id]);
  });

  it('gets the tenant where it has no platform yet, and then nobody else does', async () => {
    await ours.home.query('update sweeper.tenants set platform_fingerprint = null');
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => [name, await identity(name).check()] as const),
    );
    const winners = answers.filter(([, refusal]) => refusal === null);
    expect(winners).toHaveLength(1);
    const winner = winners[0]?.[0] ?? '';
    expect(await known()).toBe(winner);
    for (const [name, refusal] of answers) {
      if (name !== winner) expect(refusal).toBe(sentence(winner, name));
    }
  });
});

describe('another table of the same database', () => {
  it('is taken while the first could never be looked at: it was named wrong, and nothing is known of it', async () => {
    expect(await identity(OTHER_TABLE).check()).toBeNull();
    expect(await known()).toBe(OTHER_TABLE);
    expect(await identity(OTHER).check()).toBe(sentence(OTHER_TABLE, OTHER));
  });

  it('is refused once the first was looked at, also where nothing had leaked', async () => {
    await ours.observe();
    expect(await identity(OTHER_TABLE).check()).toBe(sentence(FINGERPRINT, OTHER_TABLE));
    expect(await known()).toBe(FINGERPRINT);
  });

  it('takes the lease from whoever sweeps the one that was named wrong', async () => {
    await ours.home.query(`update sweeper.tenants set lease_holder = 'one', lease_until = now() + interval '1 min'`);
    await identity(OTHER_TABLE).check();
    const { rows } = await ours.home.query('select lease_holder, lease_until from sweeper.tenants');
    expect(rows).toEqual([{ lease_holder: null, lease_until: null }]);
  });
});

describe('a platform whose database moved', () => {
  const moved = () => startProcess({ platform: ours, movedFrom: FINGERPRINT });

  it('keeps its inventory: PLATFORM_MOVED_FROM takes over, and then the old address is refused', async () => {
    const leaked = await ours.leak();
    await ours.observe();
    const before = await ours.orphan(leaked.id);
    const old = startProcess({ platform: ours, fingerprint: FINGERPRINT });
    await old.sweeper.open();
    expect(old.sweeper.refusal()).toBeNull();
    const process = moved();
    await process.sweeper.open();
    expect(process.sweeper.refusal()).toBeNull();
    expect(await known()).toBe(OTHER);

    await old.asksAgain();
    expect(old.sweeper.refusal()).toBe(sentence(OTHER, FINGERPRINT));
    expect(await refusalOf(old.sweeper)).toBe(sentence(OTHER, FINGERPRINT));
    expect(stops(ours)).toEqual([]);
    await process.stops(ours, 1);
    expect(stops(ours)).toEqual([leaked.instance_id]);
    expect(await ours.orphan(leaked.id)).toMatchObject({ id: before.id, resolution: 'stopped' });
  });

  it('may keep the setting: it says nothing any more once it has moved', async () => {
    await moved().sweeper.open();
    const again = moved();
    await again.sweeper.open();
    expect(again.sweeper.refusal()).toBeNull();
    expect(await known()).toBe(OTHER);
  });

  it('takes over in the middle of a sweep: the old one sends no further Stop, the new one sends the rest', async () => {
    const rows = await ours.leakMany(3);
    const first = rows[0]?.instance_id ?? '';
    const process = moved();
    ours.controlPlane.onStop(first, () => process.sweeper.open());
    await sweepOnce(ours, { settings: { concurrency: 1 } });
    ours.controlPlane.onStop(first, null);
    expect(await known()).toBe(OTHER);
    expect(stops(ours)).toEqual([first]);
    expect((await ours.attempts()).map((attempt) => attempt.outcome)).toEqual(['stopped']);
    await ours.timePasses(LEASE_OVER_MS);
    await process.stops(ours, 3);
    expect(stops(ours)).toEqual(rows.map((row) => row.instance_id));
  });

  it.each(['before it is compared', 'before it is applied'] as const)(
    'takes over in the middle of a look, %s: what the old one saw is not believed',
    async (moment) => {
      const rows = await ours.leakMany(2);
      await ours.observe();
      // As the database that was left behind has it.
      await ours.platformDatabase.query('update workspaces set instance_id = null where id = $1', [rows[0]?.id]);
      await ours.leak();
      const before = await snapshot(ours, 'orphans');
      const take = async () => void (await identity(OTHER, FINGERPRINT).check());
      const wrapInventory = (inventory: Inventory): Inventory => ({
        ...inventory,
        async compare(seen) {
          if (moment === 'before it is compared') await take();
          return inventory.compare(seen);
        },
        async apply(look) {
          if (moment === 'before it is applied') await take();
          return inventory.apply(look);
        },
      });
      expect(await sweepOnce(ours, { wrapInventory })).toMatchObject({
        result: 'skipped',
        error: sentence(OTHER, FINGERPRINT),
      });
      expect(await snapshot(ours, 'orphans')).toEqual(before);
      expect(stops(ours)).toEqual([]);
      const { rows: tenants } = await ours.home.query('select observe_error from sweeper.tenants');
      expect(tenants).toEqual([{ observe_error: null }]);
    },
  );

  it('and whose old database is then shut down is not failing by that', async () => {
    const away = new Error('connection refused');
    const look = ours.observe({
      wrapPlatform: (platform) => ({
        ...platform,
        async look() {
          await identity(OTHER, FINGERPRINT).check();
          throw new PlatformFault('unreachable', 'The old one is away.', away);
        },
      }),
    });
    await expect(look).rejects.toThrow('The old one is away.');
    const { rows } = await ours.home.query('select observe_error from sweeper.tenants');
    expect(rows).toEqual([{ observe_error: null }]);
  });
});
