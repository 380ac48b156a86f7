import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../server/db/connect.ts';
import { migrateHome } from '../../server/db/migrate.ts';
import { createPlatform } from '../../server/demo/platform.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { UNCOUNTED } from '../../server/sweep/meter.ts';
import { createSweeper } from '../../server/sweep/sweeper.ts';
import { start, temporaryFolder } from '../support/embedded-cases.ts';
import { createFaultyWay } from '../support/faulty-way.ts';
import { once } from '../support/points.ts';
import { gate } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, FINGERPRINT, QUICK, type World } from '../support/world.ts';

/** A database of its own server, which can be stopped and started again while everybody goes on asking for it. */
async function createServer() {
  const directory = await temporaryFolder();
  const first = await start(directory);
  const way = await createFaultyWay(first.url);
  onTestFinished(way.close);
  return {
    url: way.over(first.url),
    stop: first.stop,
    startAgain: async () => way.redirect((await start(directory)).url),
  };
}

const onError = (): void => undefined;

/** The platform's, or ours, is on that server; the other one is the world's. */
async function createDatabases(world: World, side: 'home' | 'platform', url: string) {
  if (side === 'home') {
    const home = connect(url, { max: 5, indexesOnly: true, onError });
    onTestFinished(home.close);
    await migrateHome(home, '0.1.0');
    return { home, theirs: world.platformConnection, platform: world.platform, pool: world.platformDatabase.pool };
  }
  const theirs = connect(url, { max: 5, rowSecurityOff: true, onError });
  const pool = new pg.Pool({ connectionString: url, max: 2 }).on('error', onError);
  onTestFinished(async () => void (await Promise.all([theirs.close(), pool.end()])));
  const platform = createPlatform({ pool, controlPlaneUrl: world.controlPlane.url, credentials: world.credentials });
  await platform.install();
  return { home: world.homeDatabase, theirs, platform, pool };
}

it.each(['home', 'platform'] as const)(
  'promise 10: it never stops trying: a %s whose server is restarted during a Stop: nothing is lost, and the sweeps go on',
  async (side) => {
    const world = await createWorld();
    onTestFinished(world.close);
    const server = await createServer();
    const { home, theirs, platform, pool } = await createDatabases(world, side, server.url);
    const sweeper = createSweeper({
      clock: systemClock,
      home,
      platformDatabase: theirs,
      table: world.tableNames,
      backend: world.backend,
      containers: null,
      tenant: 'default',
      replica: 'the process',
      // What the restart cuts off is due again when its claim has run out: a Stop and ten seconds.
      settings: { ...QUICK, intervalMs: 1_000, stopTimeoutMs: 5_000 },
      fingerprint: FINGERPRINT,
      movedFrom: null,
      dryRun: false,
      log: world.log,
      repeats: world.repeats,
      meter: UNCOUNTED,
      random: Math.random,
    });
    const leaked = [await platform.create(), await platform.create(), await platform.create()];
    const live = await platform.create();
    await pool.query(`update workspaces set status = 'removed' where id <> $1`, [live.id]);
    const stopped = gate();
    const restart = once(async () => {
      await server.stop();
      stopped.open();
    });
    for (const { instance_id: instanceId } of leaked) world.controlPlane.onStop(instanceId ?? '', restart);

    await sweeper.open();
    sweeper.loop.start();
    onTestFinished(sweeper.loop.stop);
    await stopped.opened;
    await server.startAgain();

    const left = async () => (await platform.rows()).filter((row) => row.instance_id !== null);
    await until(async () => (await left()).length === 1, { timeoutMs: 120_000, what: 'every id to be cleared' });
    expect((await left()).map((row) => row.id)).toEqual([live.id]);
    expect(world.controlPlane.instance(live.instance_id ?? '')?.state).toBe('running');
    for (const { instance_id: instanceId } of leaked) {
      expect(world.controlPlane.instance(instanceId ?? '')?.state).toBe('terminated');
      const { rows } = await (side === 'home' ? pgOf(server.url) : world.home.pool).query(
        'select from sweeper.attempts where instance_id = $1',
        [instanceId],
      );
      expect(rows.length, 'an attempt knows it').toBeGreaterThan(0);
    }
  },
);

function pgOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 1 }).on('error', onError);
  onTestFinished(() => pool.end());
  return pool;
}
