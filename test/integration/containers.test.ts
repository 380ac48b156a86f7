import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acknowledge } from '../../server/sweep/acknowledge.ts';
import { planSteps, stepDone, stepsLeft } from '../../server/sweep/steps.ts';
import { ANNA } from '../support/acting.ts';
import { type ContainerWorld, createContainerWorld } from '../support/containers.ts';
import { LABELLED } from '../support/simulated-engine.ts';

let all: ContainerWorld;
beforeAll(async () => {
  all = await createContainerWorld();
  return () => all.close();
});
beforeEach(() => all.startAfresh());

const open = async () =>
  (await all.world.orphans()).filter((row) => row.resolved_at === null).map((row) => [row.workspace_id, row.why]);
const leftAlone = async () =>
  (await all.world.home.query<{ left_alone: unknown }>('select left_alone from sweeper.tenants')).rows[0]?.left_alone;
const removals = () => all.engine.calls.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

describe('a look', () => {
  it('lists containers of removed workspaces, by the whole id or its first twelve characters, stopped ones too', async () => {
    const { engine } = all;
    const [whole, short, stopped] = [
      await all.addRow('removed'),
      await all.addRow('removed'),
      await all.addRow('removed'),
    ];
    engine.run({ name: `ws-${whole}` });
    engine.run({ name: `ws-${short.slice(0, 12)}` });
    engine.run({ name: `ws-${stopped}`, state: 'exited' });
    await all.world.observe();
    const expected = [whole, short, stopped].map((id) => [id, 'removed']);
    expect((await open()).sort()).toEqual(expected.sort());
    expect(engine.calls.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('lists no live workspace, and nothing that is no workspace', async () => {
    const live = await all.addRow('online');
    const removed = await all.addRow('removed');
    const others = [
      ...[`ws-${live}`, `ws-${live.slice(0, 12)}`, 'my-ws-thing', 'ws-thing', 'ws-', 'postgres', `xws-${removed}`],
      ...[
        `ws-${removed}-extra`,
        `ws-${removed.toUpperCase()}`,
        `ws-${removed.slice(0, 11)}`,
        `ws-${removed.slice(0, 13)}`,
      ],
    ];
    for (const name of others) all.engine.run({ name });
    await all.world.sweep();
    expect(await open()).toEqual([]);
    expect(removals()).toEqual([]);
    expect(all.engine.containers.size).toBe(others.length);
  });

  it('has a container without a row in its inventory only where the label says that it is ours', async () => {
    all.engine.run({ name: 'ws-00000000-aaa', ...LABELLED });
    all.engine.run({ name: 'ws-00000000-bbb' });
    const live = await all.addRow('online');
    const neighbours = ['thing', 'cafe', '0000000000000', `${live}-db`, `${live}-feed`, `${live.slice(0, 12)}-db`];
    for (const name of neighbours) all.engine.run({ name: `ws-${name}`, ...LABELLED });
    await all.world.observe();
    expect(await open()).toEqual([['00000000-aaa', 'no_row']]);
  });

  it.each([
    ['removed', 'removed'],
    ['removed', 'online'],
  ])('leaves a name alone that fits two workspaces (%s and %s), and says so', async (one, other) => {
    const ids = ['0a0a0a0a-0a0a-4000-8000-000000000001', '0a0a0a0a-0a0a-4000-8000-000000000002'];
    await all.addRow(one, ids[0]);
    await all.addRow(other, ids[1]);
    const instanceId = all.engine.run({ name: 'ws-0a0a0a0a-0a0', ...LABELLED });
    await all.world.sweep();
    expect([await open(), removals()]).toEqual([[], []]);
    const reason = `its name fits the workspaces ${ids[0]} and ${ids[1]}, so nobody can say whose it is`;
    expect(await leftAlone()).toEqual([{ instanceId, name: 'ws-0a0a0a0a-0a0', reason }]);
    await all.deleteRow(ids[1] ?? '');
    await all.world.observe();
    expect([await open(), await leftAlone()]).toEqual([[[ids[0], 'removed']], []]);
  });

  it('says nothing of a name that fits live workspaces only', async () => {
    for (const end of ['1', '2']) await all.addRow('online', `0a0a0a0a-0a0a-4000-8000-00000000000${end}`);
    all.engine.run({ name: 'ws-0a0a0a0a-0a0' });
    await all.world.observe();
    expect(await leftAlone()).toEqual([]);
  });

  it('concludes nothing from an engine that does not answer, and names DOCKER_HOST', async () => {
    await all.leak();
    await all.world.observe();
    const before = await all.world.orphans();
    await all.engine.away();
    const swept = await all.world.sweep();
    await all.engine.back();
    expect(swept?.end).toMatchObject({ result: 'skipped', error: expect.stringContaining('DOCKER_HOST') });
    expect(await all.world.orphans()).toEqual(before);
    await expect(all.world.observe()).resolves.toBeUndefined();
  });

  it('takes a database that does not answer for no empty one', async () => {
    all.engine.run({ name: 'ws-00000000-aaa', ...LABELLED });
    await all.world.platformDatabase.query('alter table workspaces rename to elsewhere');
    const swept = await all.world.sweep({ settings: { unknownGraceMs: 0 } });
    await all.world.platformDatabase.query('alter table elsewhere rename to workspaces');
    expect(swept?.end.result).toBe('skipped');
    expect([await open(), removals()]).toEqual([[], []]);
  });

  it.each([
    ['those of removed workspaces', /json.*"ws-"\]\}/, 'no_row'],
    ['those without a row', /json.*molecule/, 'removed'],
  ] as const)(
    'goes on where only %s could not be listed: that is said, and of them nothing is concluded',
    async (_, fits, rest) => {
      const { id, container } = await all.leak();
      const unknown = all.engine.run({ name: 'ws-00000000-aaa', ...LABELLED });
      await all.world.observe();
      for (const gone of [container, unknown]) all.engine.removeContainer(gone);
      all.engine.fail(fits, { status: 500, message: 'no list today' });
      await all.world.observe();
      const left = [
        [id, 'removed'],
        ['00000000-aaa', 'no_row'],
      ].filter(([, why]) => why !== rest);
      expect(await open()).toEqual(left);
      const { rows } = await all.world.home.query('select observe_error, observe_fault from sweeper.tenants');
      expect(rows).toEqual([{ observe_error: expect.stringContaining('no list today'), observe_fault: 'engine' }]);
      await all.engine.back();
      await all.world.observe();
      expect(await open()).toEqual([]);
    },
  );

  it('takes what others have removed for resolved, and a workspace that lives again for restored', async () => {
    const [removed, restored, deleted] = [await all.leak(), await all.leak(), await all.leak()];
    await all.world.observe();
    all.engine.removeContainer(removed.container);
    await all.setStatus(restored.id, 'online');
    all.engine.removeContainer(deleted.container);
    await all.deleteRow(deleted.id);
    await all.world.observe();
    expect(await all.world.orphan(removed.id)).toMatchObject({ resolution: 'external' });
    expect(await all.world.orphan(restored.id)).toMatchObject({ resolution: 'restored' });
    expect(await all.world.orphan(deleted.id)).toMatchObject({ resolution: 'external' });
  });

  it('knows one whose row was seen removed as that, when the row is gone and the label is there', async () => {
    const { id, container } = await all.leak();
    await all.world.observe();
    await all.deleteRow(id);
    await all.world.observe();
    expect(await open()).toEqual([[id, 'row_gone']]);
    await all.world.sweep();
    expect(all.engine.containers.has(container)).toBe(false);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });

  it('works where ids are text', { timeout: 60_000 }, async () => {
    const text = await createContainerWorld({ idType: 'text' });
    await text.addRow('online', 'keeps-it-from-being-empty');
    await text.addRow('removed', 'abc-123');
    await text.addRow('removed', '00ff00ff00ff');
    const containers = ['ws-abc-123', 'ws-00ff00ff00ff'].map((name) => text.engine.run({ name }));
    await text.world.sweep();
    expect(containers.map((id) => text.engine.containers.has(id))).toEqual([false, false]);
    await text.close();
  });
});

describe('a Stop', () => {
  it('removes the container by force and by its id, then its volumes, and asks again before each', async () => {
    const id = await all.addRow('removed');
    const [configs, sessions] = [`ws-${id}-configs`, `ws-${id.slice(0, 12)}-claude-sessions`];
    const container = all.engine.run({ name: `ws-${id}`, volumes: [configs, 'cache', sessions, 'ws-thing-configs'] });
    await all.world.sweep();
    expect(removals()).toEqual([
      `/v1.44/containers/${container}?force=true`,
      `/v1.44/volumes/${configs}`,
      `/v1.44/volumes/${sessions}`,
    ]);
    const calls = all.engine.calls.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`);
    const [first, ...others] = removals().map((path) => calls.indexOf(`DELETE ${decodeURIComponent(path)}`));
    for (const [nth, at] of others.entries()) {
      const between = calls.slice([first, ...others][nth], at);
      expect(between.filter((call) => call.includes('"id"'))).toHaveLength(1);
    }
    expect([...all.engine.volumes.keys()]).toEqual(['cache', 'ws-thing-configs']);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });

  it('writes nothing to the platform, whose row stays as it is', async () => {
    const { id } = await all.leak();
    const before = await all.world.platformDatabase.query('select *, xmin::text from workspaces order by id');
    await all.world.sweep();
    const after = await all.world.platformDatabase.query('select *, xmin::text from workspaces order by id');
    expect(after.rows).toEqual(before.rows);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
    await all.world.sweep();
    expect(await all.world.orphans()).toHaveLength(1);
  });

  it('leaves a container alone that has come under the same name since the look', async () => {
    const { id, container } = await all.leak();
    let newer = '';
    all.engine.before(new RegExp(`"id":\\["${container}"`), async () => {
      all.engine.removeContainer(container);
      newer = all.engine.run({ name: `ws-${id}`, ...LABELLED });
    });
    await all.world.sweep();
    expect(all.engine.containers.has(newer)).toBe(true);
    expect(await all.world.orphanOf(id, container)).toMatchObject({ resolution: 'external' });
    await all.world.sweep();
    expect(all.engine.containers.has(newer)).toBe(false);
  });

  it('leaves one alone that was given another name since', async () => {
    const { id, container } = await all.leak();
    all.engine.before(new RegExp(`"id":\\["${container}"`), async () => all.engine.rename(container, 'kept'));
    await all.world.sweep();
    expect(all.engine.containers.has(container)).toBe(true);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'external' });
  });

  it('whose name fits two workspaces by now is not sent: shared, with the other one', async () => {
    const id = await all.addRow('removed', '0a0a0a0a-0a0a-4000-8000-000000000001');
    all.engine.run({ name: 'ws-0a0a0a0a-0a0' });
    await all.world.observe();
    const other = await all.addRow('removed', '0a0a0a0a-0a0a-4000-8000-000000000002');
    await all.world.sweep();
    expect(removals()).toEqual([]);
    expect(await all.world.orphan(id)).toMatchObject({
      ...{ resolved_at: null, last_outcome: 'shared' },
      last_message: `The container's name fits the workspace name of ${other} (${other}), too: not called.`,
    });
  });

  it('that is in progress already is tried again', async () => {
    const { id, container } = await all.leak();
    const message = `removal of container ${container} is already in progress`;
    all.engine.fail(/^DELETE/, { status: 409, message }, 1);
    await all.world.sweep();
    expect(await all.world.orphan(id)).toMatchObject({ last_class: 'in_progress', resolved_at: null, failures: 1 });
    await all.world.sweep({ trigger: 'manual' });
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });

  it('that finds no container any more is gone, and touches no volume', async () => {
    const { id, container, volume } = await all.leak();
    all.engine.before(new RegExp(`^GET .*/containers/${container}/json`), async () =>
      all.engine.removeContainer(container),
    );
    await all.world.sweep();
    expect(removals()).toEqual([]);
    expect(all.engine.volumes.has(volume)).toBe(true);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'already_gone' });
  });
});

describe('a plan', () => {
  const planned = async () =>
    (await all.world.home.query('select kind, done_at is not null as done from sweeper.steps order by place')).rows;

  it('of which nothing was begun is dropped: if others remove the container, its volumes are theirs', async () => {
    const { id, container, volume } = await all.leak();
    // Longer than the recheck before the Stop is good for.
    all.engine.before(/^GET .*volumes/, () => new Promise((resolve) => setTimeout(resolve, 2_100)));
    all.engine.before(new RegExp(`"id":\\["${container}"`), async () => undefined);
    all.engine.before(new RegExp(`"id":\\["${container}"`), () => all.setStatus(id, 'online'));
    await all.world.sweep();
    expect(await planned()).toEqual([]);
    expect([all.engine.containers.has(container), all.engine.volumes.has(volume)]).toEqual([true, true]);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'restored' });
  });

  it('that another replica has begun meanwhile is not taken from it', async () => {
    const { id, container } = await all.leak();
    await all.world.observe();
    const { id: orphanId } = await all.world.orphan(id);
    const [first, second] = [
      { kind: 'container', name: container, createdAt: null } as const,
      { kind: 'volume', name: 'v', createdAt: 'then' } as const,
    ];
    const home = all.world.homeDatabase;
    await planSteps(home, 'default', orphanId, [first, second]);
    await stepDone(home, orphanId, first);
    await planSteps(home, 'default', orphanId, []);
    expect(await stepsLeft(home, orphanId)).toEqual([second]);
  });
});

describe('a volume', () => {
  it('that is in use elsewhere keeps its orphan open until it could be removed', async () => {
    const { id, container, volume } = await all.leak();
    const user = all.engine.run({ name: 'backup', volumes: [volume] });
    await all.world.sweep();
    expect([all.engine.containers.has(container), all.engine.volumes.has(volume)]).toEqual([false, true]);
    const left = { resolved_at: null, why: 'removed', last_outcome: 'failed', last_class: 'rejected', failures: 1 };
    expect(await all.world.orphan(id)).toMatchObject(left);
    expect((await all.world.orphan(id)).last_message).toMatch(/volume ws-.*-configs is not: .*volume is in use/);
    await all.world.observe();
    expect(await all.world.orphan(id)).toMatchObject(left);
    all.engine.removeContainer(user);
    await all.world.sweep({ trigger: 'manual' });
    expect(all.engine.volumes.has(volume)).toBe(false);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
    expect(await all.world.orphans()).toHaveLength(1);
  });

  it('that was made anew under its name is another one, and stays', async () => {
    const { id, volume } = await all.leak();
    all.engine.before(new RegExp(`^GET .*/volumes/${volume}`), async () => undefined);
    all.engine.before(new RegExp(`^GET .*/volumes/${volume}`), async () => {
      all.engine.removeVolume(volume);
      all.engine.createVolume(volume);
    });
    await all.world.sweep();
    expect(all.engine.volumes.has(volume)).toBe(true);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });

  it('of a workspace that is restored after its container was removed stays, and that is shouted', async () => {
    const { id, container, volume } = await all.leak();
    all.engine.before(/^DELETE .*containers/, () => all.setStatus(id, 'online'));
    await all.world.sweep();
    expect([all.engine.containers.has(container), all.engine.volumes.has(volume)]).toEqual([false, true]);
    expect(await all.world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null });
    await all.world.sweep({ trigger: 'manual' });
    expect(all.engine.volumes.has(volume)).toBe(true);
    expect(await acknowledge(all.world.homeDatabase, 'default', ANNA, id)).toBe('acknowledged');
  });

  it('left over when its workspace is restored stays, and that is shouted', async () => {
    const { id, volume } = await all.leak();
    all.engine.fail(/^DELETE .*volumes/, { status: 500, message: 'disk' }, 1);
    await all.world.sweep();
    await all.setStatus(id, 'online');
    await all.world.observe();
    expect(await all.world.orphan(id)).toMatchObject({ last_outcome: 'stopped_live', resolved_at: null });
    await all.world.sweep({ trigger: 'manual' });
    expect(all.engine.volumes.has(volume)).toBe(true);
  });

  it('left over when the row of its workspace is gone is removed all the same', async () => {
    const { id, volume } = await all.leak();
    all.engine.fail(/^DELETE .*volumes/, { status: 500, message: 'disk' }, 1);
    await all.world.sweep();
    await all.deleteRow(id);
    await all.world.observe();
    expect(await open()).toEqual([[id, 'row_gone']]);
    await all.world.sweep({ trigger: 'manual' });
    expect(all.engine.volumes.has(volume)).toBe(false);
    expect(await all.world.orphan(id)).toMatchObject({ resolution: 'stopped' });
  });
});
