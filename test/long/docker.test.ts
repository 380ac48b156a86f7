import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dockerPlatformOfFile, MANAGED, short } from '../support/docker-platform.ts';
import { until } from '../support/until.ts';

/** The program against a real Docker Engine: what it removes, and what it never touches. */

const platform = dockerPlatformOfFile();

/** Two workspaces whose ids begin with the same twelve characters. */
function twins(): readonly [string, string] {
  const first = randomUUID();
  return [first, `${short(first)}${randomUUID().slice(12)}`];
}

describe('a workspace that was removed', () => {
  it('loses its container and its two volumes at the first sweep, by either form of its id, running or not', async () => {
    const { world, engine, workspace, contain, leak, start, names } = platform();
    const live = await workspace('online');
    const kept = await contain(live, { otherVolumes: ['shared'] });
    const liveShort = await workspace('online');
    await contain(liveShort, { as: short(liveShort) });
    // Of a workspace that lives and has no container just now.
    const idle = `ws-${await workspace('online')}-configs`;
    const others = ['shared', 'ws-notes', `ws-${live}-backup`, idle];
    await leak({ otherVolumes: others });
    await leak({ start: false });
    const [one, other] = [await workspace('removed'), await workspace('removed')];
    await contain(one, { as: short(one) });
    await contain(other, { as: short(other), volumesAs: other });
    const ended = await leak({ labels: {} });
    await engine.stop(ended.id);

    const docker = await start();

    const liveOnes = [live, short(liveShort)];
    expect(await names()).toEqual({
      containers: liveOnes.map((id) => `ws-${id}`).sort(),
      volumes: [...liveOnes.flatMap((id) => [`ws-${id}-configs`, `ws-${id}-claude-sessions`]), ...others].sort(),
    });
    expect(await engine.inspect(kept.id)).toMatchObject({ state: 'running' });
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(Array(5).fill('stopped'));
    expect(await docker.open()).toEqual([]);
    const [sweep] = await world.sweeps();
    expect(sweep).toMatchObject({ trigger: 'boot', counts: { stopped: 5 }, open: 0 });
    expect((await docker.status()).backend).toMatchObject({ kind: 'docker', leftAlone: [] });
  });

  it('is an orphan by the id of its container, and of its row, while it is only reported', async () => {
    const { world, workspace, contain, start, names } = platform();
    const id = await workspace('removed');
    const { id: instanceId } = await contain(id, { as: short(id) });
    const before = await names();
    const docker = await start({ SWEEP_DRY_RUN: 'true' });
    expect(await docker.open()).toMatchObject([{ workspaceId: id, instanceId, why: 'removed' }]);
    expect(await world.attempts()).toMatchObject([{ outcome: 'would_stop', instance_id: instanceId }]);
    expect(await names()).toEqual(before);
  });

  it('stays away although its container has the restart policy always, also when the Engine starts again', async () => {
    const { engine, leak, start, names } = platform();
    const { id } = await leak({ restart: 'always' });
    expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    await start();
    expect(await names()).toEqual({ containers: [], volumes: [] });
    await engine.restart();
    expect(await names()).toEqual({ containers: [], volumes: [] });
  });

  it('loses its container in whatever state that is: paused, or failing again and again', async () => {
    const { engine, workspace, start, names } = platform();
    const [paused, failing] = [await workspace('removed'), await workspace('removed')];
    await engine.pause(await engine.run({ name: `ws-${paused}` }));
    await engine.run({ name: `ws-${failing}`, restart: 'always', command: ['/bin/busybox', 'false'] });
    await start();
    expect((await names()).containers).toEqual([]);
  });

  it('loses all its containers, by whichever form of its id', async () => {
    const { world, workspace, contain, start, names } = platform();
    const id = await workspace('removed');
    const ids = [(await contain(id)).id, (await contain(id, { as: short(id) })).id];
    const docker = await start();
    expect(await names()).toEqual({ containers: [], volumes: [] });
    expect((await world.attempts()).map((attempt) => attempt.instance_id).sort()).toEqual(ids.sort());
    expect(await docker.open()).toEqual([]);
  });

  it('that is held keeps its container and its volumes, until it is held no more', async () => {
    const { world, engine, leak, start, names } = platform();
    const { id, workspaceId } = await leak();
    const docker = await start({ SWEEP_GRACE_SECONDS: '60' });
    const hold = (method: string, body: object) =>
      docker.program.call(`/api/orphans/${workspaceId}/hold`, {
        method,
        headers: { 'content-type': 'application/json', 'x-actor': 'Tess' },
        body: JSON.stringify(body),
      });
    const until = new Date(Date.now() + 86_400_000).toISOString();
    expect(await hold('PUT', { reason: 'its data are being copied', until })).toMatchObject({ status: 200 });
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    expect((await names()).volumes).toHaveLength(2);
    expect(await hold('DELETE', {})).toMatchObject({ status: 200 });
    await docker.sweep();
    expect(await names()).toEqual({ containers: [], volumes: [] });
  });

  it('is looked for again some minutes later, and its container is said to be gone', async () => {
    const { world, leak, start } = platform();
    const { workspaceId } = await leak();
    const docker = await start({ SECOND_LOOK_SECONDS: '60' });
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await world.orphan(workspaceId)).toMatchObject({ resolution: 'stopped', second_look: 'confirmed' });
  });

  it('is written nowhere in its database', async () => {
    const { world, workspace, contain, start, names } = platform();
    const id = await workspace('removed');
    await world.platformDatabase.query(`update ${world.tableName} set instance_id = 'i-of-another-life'`);
    await contain(id);
    const before = await world.platform.rows();
    await start();
    expect((await names()).containers).toEqual([]);
    expect(await world.platform.rows()).toEqual(before);
  });
});

describe('a neighbour', () => {
  it('that is not called as the platform calls its containers is neither touched nor listed', async () => {
    const { world, engine, workspace, start, names } = platform();
    const id = await workspace('removed');
    const names12 = [id.slice(0, 11), id.slice(0, 13), id.slice(0, 8)].map((part) => `ws-${part}`);
    const others = ['postgres', 'my-ws-thing', 'ws-thing', `my-ws-${id}`, `ws-${id.toUpperCase()}`, `WS-${id}`];
    const suffixed = [`ws-${id}-extra`, `ws-${id}-feed`, `ws-${id}_1`, `ws-${short(id)}.old`];
    for (const [i, name] of [...others, ...suffixed, ...names12].entries()) {
      // Some of them use what looks like the platform's volumes.
      await engine.run({ name, volumes: [{ name: `of-${i}`, target: '/of' }] });
    }
    await engine.createVolume(`ws-${id}-configs`);
    const before = await names();
    const docker = await start();
    await docker.sweep();
    expect(await docker.open()).toEqual([]);
    expect(await world.orphans()).toEqual([]);
    expect(await names()).toEqual(before);
  });

  it('with the label, but not with a name of the platform, is no container without a row either', async () => {
    const { world, engine, workspace, contain, start, names } = platform();
    const live = await workspace('online');
    await contain(live);
    const others = ['postgres', 'my-ws-thing', 'ws-thing', 'ws-cafe', `ws-${live}-extra`, `ws-${live}-db`];
    for (const name of others) await engine.run({ name, labels: MANAGED });
    const before = await names();
    const docker = await start({ DOCKER_SWEEP_UNKNOWN: 'true', DOCKER_UNKNOWN_GRACE_SECONDS: '60' });
    const listed = await docker.open();
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await names()).toEqual(before);
    expect(listed).toEqual([]);
  });
});

describe('twelve characters that fit two workspaces', () => {
  it.each([
    ['one of them removed', 'online'],
    ['both of them removed', 'removed'],
  ] as const)('are left alone, and it is said: %s', async (_, second) => {
    const { world, engine, workspace, contain, start } = platform();
    const [one, other] = twins();
    await workspace('removed', one);
    await workspace(second, other);
    const { id } = await contain(one, { as: short(one) });
    const docker = await start();
    await docker.sweep();
    expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    expect(await engine.volumes()).toHaveLength(2);
    expect(await docker.open()).toEqual([]);
    expect(await world.orphans()).toEqual([]);
    const { leftAlone } = (await docker.status()).backend;
    expect(leftAlone).toEqual([{ instanceId: id, name: `ws-${short(one)}`, reason: expect.any(String) }]);
    expect(leftAlone[0]?.reason).toContain(one);
    expect(leftAlone[0]?.reason).toContain(other);
  });

  it('do not keep the container that bears the whole id', async () => {
    const { engine, workspace, contain, start } = platform();
    const [one, other] = twins();
    await workspace('removed', one);
    await workspace('online', other);
    const [gone, live] = [await contain(one), await contain(other)];
    const docker = await start();
    expect(await engine.inspect(gone.id)).toBeNull();
    expect(await engine.inspect(live.id)).toMatchObject({ state: 'running' });
    expect((await docker.status()).backend.leftAlone).toEqual([]);
  });

  it('are shared, and not stopped, where the second workspace came after the orphan was known', async () => {
    const { world, engine, workspace, contain, start } = platform();
    const [one, other] = twins();
    await workspace('removed', one);
    const { id } = await contain(one, { as: short(one) });
    const docker = await start({ SWEEP_GRACE_SECONDS: '60' });
    expect(await docker.open()).toMatchObject([{ workspaceId: one, instanceId: id }]);
    await workspace('online', other);
    await world.timePasses(61_000);
    await docker.sweep();
    expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['shared']);
    expect(await docker.open()).toMatchObject([{ workspaceId: one, instanceId: id, state: 'stuck' }]);
  });
});

describe('a volume that another container uses', () => {
  it('keeps the orphan open with what the Engine says, and goes when nobody uses it any more', async () => {
    const { world, engine, leak, start, names } = platform();
    const { id, configs, sessions, workspaceId } = await leak();
    const backup = await engine.run({ name: 'backup', volumes: [{ name: configs, target: '/from' }] });
    const docker = await start();
    expect(await names()).toMatchObject({ containers: ['backup'], volumes: expect.arrayContaining([configs]) });
    expect(await docker.open()).toMatchObject([
      { workspaceId, instanceId: id, lastOutcome: 'failed', lastError: { class: 'rejected', httpStatus: 409 } },
    ]);
    const [failed] = await world.attempts();
    expect(failed?.message).toContain(`remove ${configs}: volume is in use - [${backup}]`);

    await docker.sweep();
    expect((await names()).volumes).toContain(configs);
    await engine.remove(backup);
    await docker.sweep();
    expect(await names()).toEqual({ containers: [], volumes: [] });
    expect(await docker.open()).toEqual([]);
    expect(await world.orphan(workspaceId)).toMatchObject({ resolution: 'stopped', last_outcome: 'stopped' });
    expect((await world.attempts()).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'stopped']);
    expect(await engine.volumes()).not.toContainEqual(expect.objectContaining({ name: sessions }));
  });
});

describe('a platform that comes and goes', () => {
  it('is swept by the loop, too: what is removed later goes without anybody asking', async () => {
    const { engine, workspace, setStatus, contain, start } = platform();
    const id = await workspace('online');
    const { id: instanceId } = await contain(id);
    await start({ SWEEP_INTERVAL_SECONDS: '1' });
    expect(await engine.inspect(instanceId)).toMatchObject({ state: 'running' });
    await setStatus(id, 'removed');
    const gone = async () => (await engine.volumes()).length === 0;
    await until(gone, { what: 'the workspace to be swept', timeoutMs: 30_000 });
    expect(await engine.inspect(instanceId)).toBeNull();
  });
});
