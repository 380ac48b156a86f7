import { pino } from 'pino';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createRepeats } from '../../server/log/repeats.ts';
import { UNCOUNTED } from '../../server/sweep/meter.ts';
import { createSweeper } from '../../server/sweep/sweeper.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { startAfresh } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, FINGERPRINT, QUICK, type World } from '../support/world.ts';

/** The whole sweeper of one process. Its clock stands still until the test moves it; all else is real. */
function startSweeper(world: World, clock: FakeClock) {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const sweeper = createSweeper({
    clock,
    home: world.homeDatabase,
    platformDatabase: world.platformConnection,
    table: { schema: 'public', name: 'workspaces' },
    backend: world.backend,
    containers: null,
    tenant: 'default',
    replica: 'the process',
    settings: QUICK,
    fingerprint: FINGERPRINT,
    movedFrom: null,
    dryRun: false,
    log,
    repeats: createRepeats(clock, log),
    meter: UNCOUNTED,
    random: Math.random,
  });
  sweeper.loop.start();
  onTestFinished(() => sweeper.loop.stop());
  /** Between sweeps: what waits during one (the lease, to be renewed) is no rest. */
  const resting = (what: string) =>
    until(() => sweeper.loop.nextTickInMs() !== null && clock.waiting() === 1, { what });
  return { ...sweeper, lines, resting };
}

let world: World;
let clock: FakeClock;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  clock = createFakeClock();
});

const results = async () => (await world.sweeps()).map(({ trigger, result }) => `${trigger} ${result}`);

describe('the nine cases of the published sweeper: at once at boot and then on every tick', () => {
  it('sweeps at boot without waiting, then once per interval and not before', async () => {
    await world.leak();
    const { resting } = startSweeper(world, clock);
    await until(async () => (await results()).at(0) === 'boot cleared', { what: 'the sweep at boot' });
    for (const tick of [1, 2]) {
      await resting('the loop to rest');
      await world.leak();
      clock.advance(59_999);
      await resting('the loop to look and find that it is not time yet');
      expect(await results()).toHaveLength(tick);
      clock.advance(1);
      await until(async () => (await results())[tick] === 'interval cleared', { what: `tick ${tick}` });
    }
    expect((await world.platform.rows()).map((row) => row.instance_id)).toEqual([null, null, null]);
  });

  it('writes a sweep that found nothing too: silence would look like death', async () => {
    const { resting } = startSweeper(world, clock);
    await until(async () => (await results()).at(0) === 'boot nothing_to_do', { what: 'the sweep at boot' });
    await resting('the loop to rest');
    clock.advance(60_000);
    await until(async () => (await results()).at(1) === 'interval nothing_to_do', { what: 'the first tick' });
  });
});

describe('the nine cases of the published sweeper: no database (promise 10: it never stops trying)', () => {
  const name = () => new URL(world.home.url).pathname.slice(1);

  async function takeHomeAway(): Promise<void> {
    await world.platformDatabase.query(`alter database ${name()} allow_connections false`);
    await world.platformDatabase.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      name(),
    ]);
  }
  const bringHomeBack = () => world.platformDatabase.query(`alter database ${name()} allow_connections true`);

  it('away at boot: nothing is stopped, it is said, and the sweep at boot follows as soon as it is back', async () => {
    const leaked = await world.leak();
    await takeHomeAway();
    const { lines, resting } = startSweeper(world, clock);
    for (let i = 0; i < 4; i += 1) {
      await resting('the loop to rest after it failed');
      clock.advance(1_000);
    }
    await resting('the loop to rest after it failed');
    const said = lines.filter((line) => line.includes('not currently accepting connections'));
    expect(said, 'once, not every second').toHaveLength(1);
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    await bringHomeBack();
    clock.advance(1_000);
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the recovery' });
    expect((await world.sweeps()).map((sweep) => sweep.trigger)).toEqual(['boot']);
  });

  it('away later: the tick that it missed follows without a restart', async () => {
    const { resting } = startSweeper(world, clock);
    await until(async () => (await results()).at(0) === 'boot nothing_to_do', { what: 'the sweep at boot' });
    await resting('the loop to rest');
    const leaked = await world.leak();
    await takeHomeAway();
    clock.advance(60_000);
    await resting('the loop to rest after it failed');
    await bringHomeBack();
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    clock.advance(1_000);
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the recovery' });
  });

  it('lost in mid-sweep, while a Stop is under way: the attempt is there, ends as interrupted, and is tried again', async () => {
    const leaked = await world.leak();
    world.controlPlane.onStop(leaked.instance_id ?? '', takeHomeAway);
    const { lines } = startSweeper(world, clock);
    await until(() => lines.some((line) => line.includes('could not run')), { what: 'the sweep to fail' });
    world.controlPlane.onStop(leaked.instance_id ?? '', null);
    await bringHomeBack();
    // Stopped and cleared on the platform, but home does not know: promise 3, a crash anywhere loses nothing.
    expect((await world.attempts()).map(({ instance_id, outcome }) => [instance_id, outcome])).toEqual([
      [leaked.instance_id, null],
    ]);
    await world.timePasses(25_000);
    clock.advance(60_000);
    await until(async () => (await results()).includes('interval nothing_to_do'), { what: 'the next sweep' });
    expect((await world.attempts()).map((attempt) => attempt.outcome)).toEqual(['interrupted']);
    expect((await world.sweeps()).map((sweep) => sweep.result)).toEqual(['interrupted', 'nothing_to_do']);
    expect(await world.orphan(leaked.id)).toMatchObject({ resolution: 'stopped', second_look: 'unconfirmed' });
  });
});
