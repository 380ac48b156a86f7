import { beforeEach, describe, expect, it } from 'vitest';
import { platformOfRole } from '../support/platform-role.ts';
import { createProxy } from '../support/proxy.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});

describe('promise 8: "could not ask" is not "no": a platform whose server', () => {
  it('is away is asked again, and its orphans are stopped when it is back', async () => {
    const { id } = await world.leak();
    const server = new URL(world.platformDatabase.url);
    const proxy = await createProxy({ host: server.hostname, port: Number(server.port) });
    const ours = await platformOfRole(world, undefined, (url) => {
      const through = new URL(url);
      through.host = `127.0.0.1:${proxy.port}`;
      return through.href;
    });
    const sweep = () => world.sweep({ wrapPlatform: ours.wrapPlatform });
    const away = {
      result: 'skipped',
      error: expect.stringMatching(new RegExp(`127.0.0.1:${proxy.port}.*cannot be reached.*PLATFORM_DATABASE_URL`)),
    };
    expect((await sweep())?.end).toMatchObject(away);
    await proxy.open();
    await sweep();
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });

    const next = await world.leak();
    await world.observe();
    await proxy.cut();
    expect((await sweep())?.end).toMatchObject(away);
    expect(await world.orphan(next.id)).toMatchObject({ resolved_at: null, attempts: 0 });
    await proxy.open();
    await sweep();
    expect(await world.orphan(next.id)).toMatchObject({ resolution: 'stopped' });
    await ours.close();
  });

  it('has no such database says so, and which', async () => {
    const ours = await platformOfRole(world, undefined, (url) => {
      const elsewhere = new URL(url);
      elsewhere.pathname = '/nowhere';
      return elsewhere.href;
    });
    await world.leak();
    const swept = await world.sweep({ wrapPlatform: ours.wrapPlatform });
    expect(swept?.end).toMatchObject({
      result: 'skipped',
      error: expect.stringMatching(/\/nowhere refuses the connection.*PLATFORM_DATABASE_URL/),
    });
    expect(world.controlPlane.calls.filter((call) => call.route === 'stop')).toEqual([]);
    await ours.close();
  });

  it('does not answer within 5 s is not waited for: nothing is concluded, and the next sweep works', async () => {
    const { id } = await world.leak();
    await world.observe();
    const before = await world.orphan(id);
    const blocker = await world.platformDatabase.pool.connect();
    await blocker.query('begin; lock table workspaces');
    const swept = await world.sweep();
    await blocker.query('commit');
    blocker.release();
    expect(swept?.end).toMatchObject({
      result: 'skipped',
      error: expect.stringMatching(/did not answer in time \(.*statement timeout.*indexes recommended/),
    });
    expect(await world.orphan(id)).toEqual(before);
    await world.sweep();
    expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });
});
