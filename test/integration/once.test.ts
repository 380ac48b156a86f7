import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../server/sweep/clock.ts';
import { type OnceDeps, sweepOnce } from '../../server/sweep/once.ts';
import { ANNA, audited } from '../support/acting.ts';
import { gate, startAfresh, stops } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const ALL = { workspaceIds: null, expected: null, dryRun: false, drain: false };

/** @param onWait runs each time that it waits for somebody else */
function depsThat(onWait: () => unknown): OnceDeps {
  const clock: Clock = {
    ...systemClock,
    async delay(_, signal) {
      await onWait();
      await systemClock.delay(10, signal);
    },
  };
  return {
    clock,
    home: world.homeDatabase,
    tenant: 'default',
    schedule: world.schedule,
    run: (begun, _, told) => world.run(begun, { told }),
    afterSweep: async () => undefined,
  };
}
const never = depsThat.bind(null, () => expect.unreachable('it waits for nobody'));
const untold = () => new AbortController().signal;

/** One whose Stop waits until it is let go: a replica is in the middle of a sweep. */
async function heldUp(): Promise<{ readonly theirs: Promise<unknown>; readonly open: () => void }> {
  const [leaked] = await world.leakMany(1);
  const instanceId = leaked?.instance_id ?? '';
  const { opened, open } = gate();
  world.controlPlane.onStop(instanceId, () => opened);
  onTestFinished(() => world.controlPlane.onStop(instanceId, null));
  const theirs = world.sweep({ trigger: 'manual', replica: 'another' });
  await until(() => stops(world).length === 1, { what: 'the other replica to stop it' });
  return { theirs, open };
}

describe('one sweep by a process without a loop', () => {
  it('runs here, and is the first thing that happens', async () => {
    await world.leakMany(2);
    const once = await sweepOnce(never(), ALL, ANNA, untold());
    expect(once).toMatchObject({ joined: false, elsewhere: false });
    expect(stops(world)).toHaveLength(2);
  });

  it('joins an equal sweep that another replica runs, and waits for its end', async () => {
    const { theirs, open } = await heldUp();
    const once = await sweepOnce(depsThat(open), ALL, ANNA, untold());
    await theirs;
    const [sweep, ...others] = await world.sweeps();
    expect(others).toEqual([]);
    expect(sweep).toMatchObject({ result: 'cleared', replica: 'another' });
    expect(once).toEqual({ sweepId: sweep?.id, joined: true, elsewhere: true });
    expect(stops(world)).toHaveLength(1);
  });

  it('waits while another replica sweeps something else, and then runs', async () => {
    const { theirs, open } = await heldUp();
    const once = await sweepOnce(depsThat(open), { ...ALL, dryRun: true }, ANNA, untold());
    await theirs;
    expect(once).toMatchObject({ joined: false, elsewhere: false });
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['cleared', 'nothing_to_do']);
  });

  it('takes over from a replica that has died in the middle of an equal one', async () => {
    await world.leak();
    await world.schedule.enqueue(ALL, ANNA);
    await world.schedule.beginQueued();
    const dies = () => world.home.query(`update sweeper.tenants set lease_until = now() - interval '1 second'`);
    await world.home.query(`update sweeper.tenants set lease_holder = 'another'`);
    const once = await sweepOnce(depsThat(dies), ALL, ANNA, untold());
    expect(once).toMatchObject({ joined: false, elsewhere: false });
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['interrupted', 'cleared']);
    expect(stops(world)).toHaveLength(1);
  });

  it('told to end cancels what nobody has begun', async () => {
    await world.leak();
    await world.home.query(`update sweeper.tenants set lease_holder = 'another', lease_sweep_id = gen_random_uuid(),
      lease_until = now() + interval '1 hour'`);
    const told = new AbortController();
    const once = await sweepOnce(
      depsThat(() => told.abort()),
      ALL,
      ANNA,
      told.signal,
    );
    expect(once).toMatchObject({ elsewhere: true });
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['cancelled']);
    expect((await audited(world)).map(({ action }) => action)).toEqual(['sweep', 'cancel']);
    expect(stops(world)).toEqual([]);
  });

  it('told to end leaves its own sweep alone once another replica has begun it', async () => {
    await world.leak();
    const holds = `lease_holder = 'another', lease_sweep_id = gen_random_uuid(), lease_until = now()`;
    await world.home.query(`update sweeper.tenants set ${holds} + interval '1 hour'`);
    const told = new AbortController();
    const another = async () => {
      await world.home.query('update sweeper.tenants set lease_until = now()');
      expect(await world.schedule.beginQueued()).not.toBeNull();
      told.abort();
    };
    expect(await sweepOnce(depsThat(another), ALL, ANNA, told.signal)).toMatchObject({
      joined: false,
      elsewhere: true,
    });
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['running']);
    expect((await audited(world)).map(({ action }) => action)).toEqual(['sweep']);
  });

  it('told to end leaves a sweep alone that another replica runs', async () => {
    const { theirs, open } = await heldUp();
    const told = new AbortController();
    const once = await sweepOnce(
      depsThat(() => told.abort()),
      ALL,
      ANNA,
      told.signal,
    );
    expect(once).toMatchObject({ joined: true, elsewhere: true });
    open();
    await theirs;
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['cleared']);
  });
});
