import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dockerPlatformOfFile, short } from '../support/docker-platform.ts';
import { createProxy } from '../support/proxy.ts';

/** Containers with the platform's label, of whose workspace there is no row. */

const platform = dockerPlatformOfFile();

const GRACE = { DOCKER_SWEEP_UNKNOWN: 'true', DOCKER_UNKNOWN_GRACE_SECONDS: '60' };

describe('containers without a row', () => {
  it('are only reported, however long, until it is asked for', async () => {
    const { world, workspace, contain, start, names } = platform();
    await contain(await workspace('online'));
    const [whole, twelve] = [randomUUID(), randomUUID()];
    const ids = [(await contain(whole)).id, (await contain(twelve, { as: short(twelve) })).id];
    const before = await names();
    const docker = await start();
    await world.timePasses(3_600_000);
    await docker.sweep();
    expect(await docker.open()).toHaveLength(2);
    expect(await docker.open()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ workspaceId: whole, instanceId: ids[0], why: 'no_row', attempts: 0 }),
        expect.objectContaining({ workspaceId: short(twelve), instanceId: ids[1], why: 'no_row', attempts: 0 }),
      ]),
    );
    expect(await world.attempts()).toEqual([]);
    expect(await names()).toEqual(before);
  });

  it('go when two looks a grace apart have missed the row, and not before; unlabelled ones never', async () => {
    const { world, engine, workspace, contain, start } = platform();
    const live = await contain(await workspace('online'));
    const unknown = await contain(randomUUID());
    const unlabelled = await contain(randomUUID(), { labels: {} });
    const unmanaged = await contain(randomUUID(), { labels: { 'molecule.platform.managed': 'false' } });
    const docker = await start(GRACE);
    await docker.sweep();
    await world.timePasses(30_000);
    await docker.sweep();
    expect(await engine.inspect(unknown.id)).toMatchObject({ state: 'running' });
    expect(await world.attempts()).toEqual([]);

    await world.timePasses(40_000);
    await docker.sweep();
    expect(await engine.inspect(unknown.id)).toBeNull();
    expect(await docker.open()).toEqual([]);
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['stopped']);
    for (const { id } of [live, unlabelled, unmanaged])
      expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    expect((await engine.volumes()).map(({ name }) => name).sort()).toEqual(
      [live, unlabelled, unmanaged].flatMap(({ configs, sessions }) => [configs, sessions]).sort(),
    );
  });

  it('are nothing any more when their row comes, and the grace begins anew when it goes again', async () => {
    const { world, engine, workspace, contain, start } = platform();
    await workspace('online');
    const id = randomUUID();
    const { id: instanceId } = await contain(id);
    const docker = await start(GRACE);
    expect(await docker.open()).toMatchObject([{ why: 'no_row' }]);
    await workspace('online', id);
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await docker.open()).toEqual([]);
    await world.platformDatabase.query(`delete from ${world.tableName} where id = $1`, [id]);
    await docker.sweep();
    expect(await docker.open()).toMatchObject([{ why: 'no_row' }]);
    expect(await engine.inspect(instanceId)).toMatchObject({ state: 'running' });
    expect(await world.attempts()).toEqual([]);
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await engine.inspect(instanceId)).toBeNull();
  });

  it('whose row comes between the look and the Stop are not stopped', async () => {
    const { world, engine, workspace, contain, start } = platform();
    await workspace('online');
    const id = randomUUID();
    const { id: instanceId } = await contain(id);
    const docker = await start(GRACE);
    await world.timePasses(61_000);
    await workspace('online', id);
    await docker.sweep();
    expect(await engine.inspect(instanceId)).toMatchObject({ state: 'running' });
  });
});

describe('a database that was wiped', () => {
  it('has its containers reported, and none removed', async () => {
    const { world, contain, start, names } = platform();
    for (const id of [randomUUID(), randomUUID()]) await contain(id);
    await contain(randomUUID(), { labels: {} });
    const before = await names();
    const docker = await start();
    await docker.sweep();
    expect((await docker.open()).map(({ why }) => why)).toEqual(['no_row', 'no_row']);
    expect(await names()).toEqual(before);
    expect(await world.attempts()).toEqual([]);
  });

  it('latches the brake where containers without a row would go, whatever their number and the limit', async () => {
    const { world, contain, start, names } = platform();
    await contain(randomUUID());
    const before = await names();
    const docker = await start({ ...GRACE, SWEEP_SURGE_LIMIT: 'unlimited' });
    const { sweeper, brake } = await docker.status();
    expect(sweeper).toMatchObject({ state: 'brake' });
    expect(brake).toMatchObject({ orphans: 1 });
    await world.timePasses(120_000);
    const refused = await docker.program.call('/api/sweeps', { method: 'POST' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'brake_latched' } });
    expect(await names()).toEqual(before);
    expect(await world.attempts()).toEqual([]);
  });

  it('after its rows were known, loses nothing either', async () => {
    const { world, workspace, contain, start, names } = platform();
    await contain(await workspace('online'));
    await contain(await workspace('online'));
    const docker = await start(GRACE);
    expect(await docker.open()).toEqual([]);
    const before = await names();
    await world.platformDatabase.query(`delete from ${world.tableName}`);
    await docker.sweep();
    await world.timePasses(120_000);
    expect((await docker.status()).sweeper).toMatchObject({ state: 'brake' });
    expect((await docker.open()).map(({ why }) => why)).toEqual(['no_row', 'no_row']);
    expect(await names()).toEqual(before);
    expect(await world.attempts()).toEqual([]);
  });
});

describe('a database that cannot be asked', () => {
  it('makes no container one without a row, and nothing is removed', async () => {
    const { world, workspace, contain, leak, start, names } = platform();
    const url = new URL(world.platformDatabase.url);
    const proxy = await createProxy({ host: url.hostname, port: Number(url.port) });
    await proxy.open();
    url.port = String(proxy.port);
    await contain(await workspace('online'));
    const docker = await start({ ...GRACE, PLATFORM_DATABASE_URL: url.href });
    await leak();
    const before = await names();
    await proxy.cut();
    for (let sweeps = 0; sweeps < 2; sweeps += 1) {
      expect(await docker.sweep()).toMatchObject({ result: 'skipped' });
      await world.timePasses(120_000);
    }
    expect(await world.orphans()).toEqual([]);
    expect((await docker.status()).platform).toMatchObject({ state: 'failing' });
    expect(await names()).toEqual(before);
    await proxy.open();
    expect(await docker.sweep()).toMatchObject({ counts: { stopped: 1 } });
    expect((await names()).containers).toHaveLength(1);
  });
});
