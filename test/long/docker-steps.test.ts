import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dockerPlatformOfFile } from '../support/docker-platform.ts';
import { createEngineProxy } from '../support/engine-proxy.ts';
import { until } from '../support/until.ts';

/** What happens to a workspace, to its container and to the program between two steps of a Stop. */

const platform = dockerPlatformOfFile();

const REMOVE_CONTAINER = /^DELETE \/(v[\d.]+\/)?containers\//;
const REMOVE_VOLUME = /^DELETE \/(v[\d.]+\/)?volumes\//;
/** A volume is known by its name and the second in which it was made. */
const NEXT_SECOND_MS = 1_100;
/** The lease runs out soon after them, too. */
const SHORT_STOPS = { STOP_TIMEOUT_SECONDS: '2', SWEEP_DEADLINE_SECONDS: '10' };

describe('a container whose removal is in progress already', () => {
  it('is in_progress, and tried again', async () => {
    const { world, engine, leak, start, names } = platform();
    const { id } = await leak();
    const proxy = await createEngineProxy(engine.socket);
    // The Engine's own words; it says them for moments only.
    const message = `removal of container ${id} is already in progress`;
    proxy.atNext(REMOVE_CONTAINER, async () => ({ status: 409, message }));
    const docker = await start({ DOCKER_HOST: proxy.host });
    expect(await docker.open()).toMatchObject([
      { instanceId: id, lastOutcome: 'failed', lastError: { class: 'in_progress', httpStatus: 409 } },
    ]);
    const [attempt] = await world.attempts();
    expect(attempt?.message).toContain(message);
    expect((await names()).volumes, 'nothing was mounted by a container that is gone').toHaveLength(2);
    await docker.sweep();
    expect(await names()).toEqual({ containers: [], volumes: [] });
    expect(await docker.open()).toEqual([]);
  });
});

describe('a container whose removal takes longer than a Stop may', () => {
  it('is a timeout, and the next sweep removes its volumes', async () => {
    const { world, engine, leak, start, names } = platform();
    const { id } = await leak();
    const proxy = await createEngineProxy(engine.socket);
    proxy.atNext(REMOVE_CONTAINER, async () => {
      await delay(3_000);
      return 'pass';
    });
    const docker = await start({ ...SHORT_STOPS, DOCKER_HOST: proxy.host });
    expect(await docker.open()).toMatchObject([{ instanceId: id, lastError: { class: 'timeout' } }]);
    await until(async () => (await engine.inspect(id)) === null, { what: 'the Engine to be done with it' });
    expect(await docker.open(), 'its volumes are there').toMatchObject([{ instanceId: id }]);
    await docker.sweep();
    expect(await names()).toEqual({ containers: [], volumes: [] });
    expect(await docker.open()).toEqual([]);
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['failed', 'stopped']);
  });
});

describe('what is made anew under an old name', () => {
  it('as a volume, after its container was removed, is left alone', async () => {
    const { world, engine, leak, start, names } = platform();
    const { id, configs, workspaceId } = await leak();
    const proxy = await createEngineProxy(engine.socket);
    proxy.atNext(REMOVE_CONTAINER, async () => {
      await engine.remove(id);
      await engine.removeVolume(configs);
      await delay(NEXT_SECOND_MS);
      await engine.createVolume(configs);
      return 'pass';
    });
    const docker = await start({ DOCKER_HOST: proxy.host });
    expect(await names()).toEqual({ containers: [], volumes: [configs] });
    expect(await world.orphan(workspaceId)).toMatchObject({ resolution: 'stopped' });
    await docker.sweep();
    expect((await names()).volumes).toEqual([configs]);
  });

  it('as a container, between the look and the Stop, is left alone with its volumes', async () => {
    const { engine, leak, contain, start } = platform();
    const { id, workspaceId } = await leak();
    const volumes = await engine.volumes();
    const proxy = await createEngineProxy(engine.socket);
    let anew = '';
    proxy.atNext(REMOVE_CONTAINER, async () => {
      await engine.remove(id);
      anew = (await contain(workspaceId)).id;
      return 'pass';
    });
    await start({ DOCKER_HOST: proxy.host });
    expect(await engine.inspect(id)).toBeNull();
    expect(await engine.inspect(anew)).toMatchObject({ state: 'running' });
    expect(await engine.volumes()).toEqual(volumes);
    expect(proxy.calls.filter((call) => REMOVE_CONTAINER.test(call) && !call.includes(id))).toEqual([]);
  });

  it('as a container of the workspace that was restored, is left alone by every later sweep', async () => {
    const { engine, leak, contain, setStatus, start } = platform();
    const { id, workspaceId } = await leak();
    const volumes = await engine.volumes();
    const proxy = await createEngineProxy(engine.socket);
    let anew = '';
    proxy.atNext(REMOVE_CONTAINER, async () => {
      await setStatus(workspaceId, 'online');
      await engine.remove(id);
      anew = (await contain(workspaceId)).id;
      return 'pass';
    });
    const docker = await start({ DOCKER_HOST: proxy.host });
    await docker.sweep();
    await docker.sweep();
    expect(await engine.inspect(anew)).toMatchObject({ state: 'running' });
    expect(await engine.volumes()).toEqual(volumes);
    expect(proxy.calls.filter((call) => REMOVE_VOLUME.test(call))).toEqual([]);
  });
});

describe('a workspace that is restored', () => {
  it('after its container was removed keeps its volumes, and that it was stopped alive is shouted', async () => {
    const { world, engine, leak, setStatus, start, names } = platform();
    const { id, configs, sessions, workspaceId } = await leak();
    const proxy = await createEngineProxy(engine.socket);
    proxy.atNext(REMOVE_CONTAINER, async () => {
      await setStatus(workspaceId, 'online');
      return 'pass';
    });
    const docker = await start({ DOCKER_HOST: proxy.host });
    const expected = { containers: [], volumes: [sessions, configs] };
    expect(await names()).toEqual(expected);
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['stopped_live']);
    await docker.sweep();
    expect(await names()).toEqual(expected);
    expect(await docker.open()).toMatchObject([
      { workspaceId, instanceId: id, state: 'stuck', lastOutcome: 'stopped_live' },
    ]);
  });

  it('between its two volumes keeps the second', async () => {
    const { world, engine, leak, setStatus, start, names } = platform();
    const { workspaceId } = await leak();
    const proxy = await createEngineProxy(engine.socket);
    proxy.atNext(REMOVE_VOLUME, async () => {
      await setStatus(workspaceId, 'online');
      return 'pass';
    });
    const docker = await start({ DOCKER_HOST: proxy.host });
    await docker.sweep();
    expect((await names()).volumes).toHaveLength(1);
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['stopped_live']);
  });

  it('before its Stop loses nothing', async () => {
    const { world, engine, leak, setStatus, start } = platform();
    const { id, workspaceId } = await leak();
    const docker = await start({ SWEEP_GRACE_SECONDS: '60' });
    await setStatus(workspaceId, 'online');
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    expect(await engine.volumes()).toHaveLength(2);
    expect(await world.orphan(workspaceId)).toMatchObject({ resolution: 'restored' });
    expect(await world.attempts()).toEqual([]);
  });
});

describe('a program that is killed', () => {
  it.each([
    ['between the container and its volumes', REMOVE_VOLUME, 'cut'],
    ['while the container is being removed', REMOVE_CONTAINER, 'pass'],
  ] as const)('%s removes the rest when it is started again', async (_, call, fate) => {
    const { world, engine, leak, workspace, contain, launch, start, names } = platform();
    const { workspaceId, sessions, configs } = await leak();
    const live = await workspace('online');
    await contain(live);
    const proxy = await createEngineProxy(engine.socket);
    const launched = launch({ ...SHORT_STOPS, DOCKER_HOST: proxy.host });
    proxy.atNext(call, async () => {
      const killed = await launched;
      killed.signal('SIGKILL');
      await killed.exited;
      return fate;
    });
    expect((await (await launched).exited).signal).toBe('SIGKILL');
    expect((await names()).volumes).toEqual(expect.arrayContaining([sessions, configs]));

    const docker = await start(SHORT_STOPS);
    const swept = async () => {
      await docker.sweep();
      return (await world.orphan(workspaceId)).resolved_at !== null;
    };
    await until(swept, { what: 'the rest to be removed', timeoutMs: 60_000 });
    expect(await names()).toEqual({
      containers: [`ws-${live}`],
      volumes: [`ws-${live}-claude-sessions`, `ws-${live}-configs`],
    });
    expect((await world.attempts()).map(({ outcome }) => outcome)).toContain('interrupted');
  });
});
