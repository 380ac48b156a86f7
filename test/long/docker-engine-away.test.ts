import { describe, expect, it } from 'vitest';
import { dockerPlatformOfFile } from '../support/docker-platform.ts';
import { createEngineProxy } from '../support/engine-proxy.ts';
import { until } from '../support/until.ts';

/** A Docker Engine that is away, comes back, or hangs. */

const platform = dockerPlatformOfFile();

describe('a Docker Engine that is away', () => {
  it('at the start is named with its setting, nothing is concluded, and the first sweep after it came works', async () => {
    const { world, engine, leak, start, names } = platform();
    const { workspaceId } = await leak();
    await engine.down();
    const docker = await start().finally(() => engine.up());
    expect(await world.sweeps()).toMatchObject([{ trigger: 'boot', result: 'skipped', counts: {} }]);
    const { platform: asked, lastObserve } = await docker.status();
    expect([asked.error, lastObserve.error].join('\n')).toContain('DOCKER_HOST');
    expect([asked.error, lastObserve.error].join('\n')).toContain(engine.host);
    expect(await world.orphans()).toEqual([]);

    expect(await docker.sweep()).toMatchObject({ counts: { stopped: 1 } });
    expect(await names()).toEqual({ containers: [], volumes: [] });
    expect(await world.orphan(workspaceId)).toMatchObject({ resolution: 'stopped' });
    expect((await docker.status()).platform).toMatchObject({ state: 'answering', error: null });
  });

  it('resolves no orphan that is known: they are open before, meanwhile and afterwards', async () => {
    const { engine, leak, start, world } = platform();
    const { id } = await leak();
    const docker = await start({ SWEEP_GRACE_SECONDS: '60' });
    await engine.down();
    expect(await docker.sweep().finally(() => engine.up())).toMatchObject({ result: 'skipped' });
    expect(await world.orphans()).toMatchObject([{ instance_id: id, resolved_at: null, attempts: 0 }]);
    expect(await docker.open()).toMatchObject([{ instanceId: id }]);
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await engine.inspect(id)).toBeNull();
  });

  it('and takes calls without an answer holds up one look, and no longer than a list may take', async () => {
    const { engine, leak, start, names } = platform();
    const docker = await start();
    await leak();
    engine.freeze();
    const begunMs = performance.now();
    const skipped = await docker.sweep().finally(() => engine.thaw());
    expect(skipped).toMatchObject({ result: 'skipped' });
    expect(performance.now() - begunMs).toBeLessThan(45_000);
    await docker.sweep();
    expect(await names()).toEqual({ containers: [], volumes: [] });
  });
});

describe('a Docker Engine that is restarted in mid-sweep', () => {
  it('costs some attempts, and no workspace: all that was removed goes, and what lives stays', async () => {
    const { world, engine, workspace, contain, leak, start, names } = platform();
    const live = await workspace('online');
    await contain(live);
    for (let count = 0; count < 4; count += 1) await leak();
    const proxy = await createEngineProxy(engine.socket);
    proxy.atNext(/^DELETE \/(v[\d.]+\/)?containers\//, async () => {
      await engine.restart();
      return 'cut';
    });
    const docker = await start({ DOCKER_HOST: proxy.host });
    const all = async () => {
      await docker.sweep();
      return (await world.orphans()).every((orphan) => orphan.resolved_at !== null);
    };
    await until(all, { what: 'all that was removed to go', timeoutMs: 120_000 });
    expect(await names()).toEqual({
      containers: [`ws-${live}`],
      volumes: [`ws-${live}-claude-sessions`, `ws-${live}-configs`],
    });
    expect(await world.orphans()).toHaveLength(4);
    const failed = (await world.attempts()).filter(({ outcome }) => outcome === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const attempt of failed) expect(attempt.class).toMatch(/^(unreachable|platform|in_progress|transient)$/);
  });
});
