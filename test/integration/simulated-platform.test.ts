import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedControlPlane, startControlPlane } from '../../server/demo/control-plane.ts';
import { createPlatform, type SimulatedPlatform } from '../../server/demo/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let plane: SimulatedControlPlane;
let platform: SimulatedPlatform;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const credentials = { sharedSecret: 's', adminToken: 'a' };

beforeEach(async () => {
  plane = await startControlPlane(credentials);
  platform = createPlatform({ pool: database.pool, controlPlaneUrl: plane.url, credentials });
  await platform.install();
});
afterEach(async () => {
  await plane.close();
  await database.query('drop table public.workspaces');
});

const stateOf = (instanceId: string | null) => plane.instance(instanceId ?? '')?.state;

describe('the simulated platform', () => {
  it('creates workspaces that are online and have a running instance', async () => {
    const row = await platform.create('dev-7');
    expect(row).toMatchObject({ name: 'dev-7', status: 'online', instance_id: expect.stringMatching(/^i-/) });
    expect(plane.instances()).toMatchObject([{ instanceId: row.instance_id, workspaceId: row.id, state: 'running' }]);
    expect((await platform.create()).name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(await platform.rows()).toHaveLength(2);
  });

  it('removes a workspace, its instance, and the id: when all goes well nothing leaks', async () => {
    const { id, instance_id } = await platform.create();
    expect(await platform.remove(id)).toEqual({ status: 200 });
    expect(await platform.rows()).toMatchObject([{ id, status: 'removed', instance_id: null }]);
    expect(stateOf(instance_id)).toBe('terminated');
  });

  it.each(['refuse', 'reset', '503'] as const)(
    'leaks when the control plane is out (%s) during a removal, and never tries again',
    async (outage) => {
      const { id, instance_id } = await platform.create();
      await plane.startOutage(outage);
      expect(await platform.remove(id)).toEqual({ status: 500 });
      await plane.endOutage();
      expect(await platform.remove(id)).toEqual({ status: 410 });
      expect(await platform.rows()).toMatchObject([{ id, status: 'removed', instance_id }]);
      expect(stateOf(instance_id)).toBe('running');
    },
  );

  it('leaks when its credentials are refused', async () => {
    const stranger = createPlatform({ pool: database.pool, controlPlaneUrl: plane.url });
    const { id, instance_id } = await platform.create();
    expect(await stranger.remove(id)).toEqual({ status: 500 });
    expect(stateOf(instance_id)).toBe('running');
  });

  it('writes the row before it calls: in between the row is removed and the instance runs', async () => {
    const { id, instance_id } = await platform.create();
    let between: unknown;
    const seen = async () => {
      between = { row: (await platform.rows())[0]?.status, instance: stateOf(instance_id) };
    };
    await platform.remove(id, seen);
    expect(between).toEqual({ row: 'removed', instance: 'running' });
  });

  it('restores, re-provisions and destroys: what can happen to a row that leaked', async () => {
    const { id, instance_id } = await platform.create();
    plane.failAll({ kind: 'status', status: 500, on: 'stop' });
    await platform.remove(id);
    expect(await platform.restore(id)).toMatchObject({ id, status: 'online', instance_id });
    await platform.remove(id);
    const again = await platform.reprovision(id);
    expect(again).toMatchObject({ id, status: 'online' });
    expect(again.instance_id).not.toBe(instance_id);
    expect([stateOf(instance_id), stateOf(again.instance_id)]).toEqual(['running', 'running']);
    await platform.destroy(id);
    expect(await platform.rows()).toEqual([]);
    expect(await platform.remove(id)).toEqual({ status: 404 });
  });
});

describe('the table of the simulated platform', () => {
  it.each([
    ['enum', 'uuid'],
    ['enum', 'text'],
    ['text', 'uuid'],
    ['text', 'text'],
  ] as const)(
    'may have a status of type %s and an id of type %s, in a schema of its own',
    async (statusType, idType) => {
      const table = `tenant_${statusType}.${idType} "rows"`;
      const options = { pool: database.pool, controlPlaneUrl: plane.url, credentials, table, statusType, idType };
      const other = createPlatform(options);
      await other.install({ indexes: true });
      const { rows } = await database.query<{ column_name: string; udt_name: string }>(
        `select column_name, udt_name from information_schema.columns where table_schema = $1 and table_name = $2`,
        [`tenant_${statusType}`, `${idType} "rows"`],
      );
      const types = Object.fromEntries(rows.map(({ column_name, udt_name }) => [column_name, udt_name]));
      expect(types).toMatchObject({ id: idType, status: statusType === 'enum' ? 'workspace_status' : 'text' });
      const indexes = await database.query('select from pg_indexes where tablename = $1', [`${idType} "rows"`]);
      expect(indexes.rowCount).toBe(statusType === 'enum' ? 3 : 6);
      const { id } = await other.create();
      await plane.startOutage('503');
      expect(await other.remove(id)).toEqual({ status: 500 });
      expect(await other.rows()).toMatchObject([{ id, status: 'removed', instance_id: expect.any(String) }]);
    },
  );
});
