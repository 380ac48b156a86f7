import { beforeAll, describe, expect, it } from 'vitest';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { type Api, createApi } from '../support/api.ts';
import { parseCsv } from '../support/csv.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
/** Failures of several kinds, and beside them orphans that have not failed, or not any more. */
beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  const fail = async (name: string, status: number, body?: string) => {
    const { instance_id: instanceId } = await world.leak(name);
    world.controlPlane.fail(instanceId ?? '', { kind: 'status', status, ...(body === undefined ? {} : { body }) });
  };
  await fail('forbidden-1', 403);
  await fail('forbidden-2', 403);
  await fail('rejected-by-id', 400, 'malformed id');
  await fail('rejected-by-zone', 400, 'unknown zone');
  await fail('rejected-otherwise', 422, 'malformed id');
  const shared = await world.leak('shared');
  const other = await world.platform.create('other');
  await world.platformDatabase.query('update workspaces set instance_id = $1 where id = $2', [
    shared.instance_id,
    other.id,
  ]);
  const restored = await world.leak('restored');
  world.controlPlane.onStop(restored.instance_id ?? '', () => CHANGES.restored(world, restored.id));
  const resolved = await world.leak('resolved-after-a-failure');
  world.controlPlane.fail(resolved.instance_id ?? '', { kind: 'status', status: 403 });
  await world.leak('cleared');
  await world.sweep({ trigger: 'manual' });
  await world.platformDatabase.query('update workspaces set instance_id = null where id = $1', [resolved.id]);
  await world.leak('waiting');
  // Their reason is cause enough, whatever became of an attempt before.
  const replaced = await Promise.all([world.leak('replaced'), world.leak('replaced-after-a-failure')]);
  world.controlPlane.fail(replaced[1].instance_id ?? '', { kind: 'status', status: 403 });
  await world.observe();
  await world.timePasses(3_600_000);
  await world.sweep({ trigger: 'manual', workspaceIds: [replaced[1].id] });
  for (const { id } of replaced) await world.platform.reprovision(id);
  // A failure that says nothing else, and one that a database of before has left without a pattern.
  await world.leak('bare-1');
  await world.leak('bare-2');
  await world.leak('bare-3');
  await world.leak('bare-4');
  await world.observe();
  await world.home.query(
    `update sweeper.orphans set last_outcome = 'interrupted' where workspace_name in ('bare-1', 'bare-3', 'bare-4')`,
  );
  await world.home.query(
    `update sweeper.orphans set last_outcome = 'interrupted', last_pattern = '' where workspace_name = 'bare-2'`,
  );
  return async () => {
    await api.close();
    await world.close();
  };
});

const causes = async () => (await api.call<Status>('/api/status')).body.causes ?? [];
const list = async (query: string) => (await api.call<OrphanListAnswer>(`/api/orphans?${query}`)).body;
const names = ({ items }: { readonly items: readonly Orphan[] }) => items.map((item) => item.workspaceName).sort();
const keyOf = async (outcome: string, httpStatus: number | null) =>
  (await causes()).find((cause) => cause.outcome === outcome && cause.httpStatus === httpStatus)?.key ?? '';

describe('a cause', () => {
  it('leads to exactly the orphans it counts, whatever it is: every number is the total of its list', async () => {
    const all = await causes();
    expect(all.map(({ count }) => count).sort()).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 3]);
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    expect(new Set(all.map((cause) => cause.class === null))).toEqual(new Set([true, false]));
    const found = await Promise.all(all.map(({ key }) => list(`cause=${key}`)));
    expect(found.map(({ total }) => total)).toEqual(all.map(({ count }) => count));
    expect(found.map(({ items }) => items.length)).toEqual(all.map(({ count }) => count));
    expect(found.flatMap(names).sort()).toEqual([
      'bare-1',
      'bare-2',
      'bare-3',
      'bare-4',
      'forbidden-1',
      'forbidden-2',
      'rejected-by-id',
      'rejected-by-zone',
      'rejected-otherwise',
      'replaced',
      'replaced-after-a-failure',
      'restored',
      'shared',
    ]);
  });

  it('is the reason itself where that is enough, and then says nothing of an attempt before', async () => {
    const byReason = (await causes()).filter(({ why }) => why !== null);
    expect(byReason).toEqual([
      {
        key: expect.any(String),
        why: 'replaced',
        class: null,
        outcome: null,
        pattern: null,
        httpStatus: null,
        count: 2,
        stuck: 2,
        since: null,
      },
    ]);
    expect((await list('class=forbidden&why=replaced')).items.map(({ lastOutcome }) => lastOutcome)).toEqual([
      'failed',
    ]);
  });

  it('that needs a person stands before the larger ones, and says of how many', async () => {
    const all = await causes();
    const stuck = all.map((cause) => cause.stuck);
    expect(stuck.filter((count) => count > 0)).toHaveLength(7);
    expect(stuck.indexOf(0)).toBe(7);
    expect(all[7]?.count, 'the largest of all').toBe(3);
    const stuckListed = await Promise.all(all.map(({ key }) => list(`cause=${key}&state=stuck`)));
    expect(stuckListed.map(({ total }) => total)).toEqual(stuck);
  });

  it('has the same key in every answer', async () => {
    expect(await keyOf('failed', 403)).toBe(await keyOf('failed', 403));
  });

  it('goes together with the other filters, with every sort, and with pages', async () => {
    const key = await keyOf('failed', 403);
    expect(names(await list(`cause=${key}&class=forbidden&q=forbidden-1`))).toEqual(['forbidden-1']);
    expect(names(await list(`cause=${key}&class=rejected`))).toEqual([]);
    for (const sort of ['urgent', 'oldest', 'newest', 'attempts', 'name']) {
      const first = await list(`cause=${key}&sort=${sort}&limit=1`);
      const second = await list(`cause=${key}&sort=${sort}&limit=1&cursor=${first.nextCursor}`);
      expect([...names(first), ...names(second)].sort(), sort).toEqual(['forbidden-1', 'forbidden-2']);
      expect(second.nextCursor, sort).toBeNull();
    }
  });

  it('is of open orphans only', async () => {
    const key = await keyOf('failed', 403);
    expect(await list(`cause=${key}&state=resolved`)).toMatchObject({ items: [], total: 0 });
    expect(names(await list('class=forbidden&state=resolved'))).toEqual(['resolved-after-a-failure']);
  });

  it('that nobody knows, or any more, has no orphans', async () => {
    expect(await list('cause=0123456789ab')).toMatchObject({ items: [], total: 0, nextCursor: null });
  });

  it.each(['', 'nope', '0123456789abc', '0123456789AB', "0123456789a'"])('is no text like "%s"', async (cause) => {
    const answer = await api.call(`/api/orphans?cause=${encodeURIComponent(cause)}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.detail).toContain('query.cause: ');
  });

  it('can be taken away as a file', async () => {
    const key = await keyOf('failed', 403);
    const file = await api.call<{ items: Orphan[]; count: number }>(`/api/orphans.json?cause=${key}`);
    expect(names(file.body)).toEqual(['forbidden-1', 'forbidden-2']);
    const [, ...rows] = parseCsv((await api.call<unknown>(`/api/orphans.csv?cause=${key}`)).text);
    expect(rows.slice(0, -1).map((row) => row[2])).toEqual(expect.arrayContaining(['forbidden-1', 'forbidden-2']));
    expect(rows).toHaveLength(3);
  });
});
