import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditAnswer, AuditEntry } from '../../server/api/audit.ts';
import type { HistoryAnswer } from '../../server/api/history.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world);
  return () => api.close();
});

describe('GET /api/audit', () => {
  it('goes through all pages, newest first, losing and doubling none though many came in the same moment', async () => {
    await world.home.query(`
      insert into sweeper.audit (tenant, actor, action, target, at)
      select 'default', 'Anna', 'hold', n::text, now() - make_interval(secs => n / 50) from generate_series(1, 130) as n`);
    await world.home.query(`insert into sweeper.audit (tenant, actor, action) values ('another', 'Eve', 'pause')`);
    const seen: AuditEntry[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: { body: AuditAnswer } = await api.call<AuditAnswer>(
        `/api/audit?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...body.items);
      expect(seen.length, 'a walk that never ends').toBeLessThanOrEqual(130);
      cursor = body.nextCursor;
    }
    expect(new Set(seen.map(({ target }) => target)).size).toBe(130);
    expect(seen.map(({ at }) => at)).toEqual([...seen.map(({ at }) => at)].sort().reverse());
    expect((await api.call<AuditAnswer>('/api/audit')).body.items).toHaveLength(50);
  });

  it('is of one workspace or one sweep where that is asked for, page by page', async () => {
    await world.home.query(`
      insert into sweeper.audit (tenant, actor, action, target, at)
      select tenant, 'Anna', 'hold', target, now() - make_interval(secs => n)
      from generate_series(1, 5) as n, (values ('w'), ('W'), (null)) as t (target), (values ('default'), ('another')) as o (tenant)`);
    const first = (await api.call<AuditAnswer>('/api/audit?target=w&limit=3')).body;
    const second = (await api.call<AuditAnswer>(`/api/audit?target=w&limit=3&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...second.items].map(({ target }) => target)).toEqual(['w', 'w', 'w', 'w', 'w']);
    expect(second.nextCursor).toBeNull();
    expect((await api.call<AuditAnswer>('/api/audit?target=nobody')).body.items).toEqual([]);
  });

  it('says what its workspaces are called now, and what became of its sweeps', async () => {
    const [first, second] = await world.leakMany(2);
    world.controlPlane.fail(second?.instance_id ?? '', { kind: 'status', status: 403 });
    await world.sweep();
    const { rows } = await world.home.query<{ id: string }>(`select id from sweeper.sweeps where result = 'partial'`);
    await world.home.query(
      `insert into sweeper.audit (tenant, action, target, at)
       select 'default', act, target, now() - make_interval(secs => n)
       from (values (1, 'sweep', $1), (2, 'hold', $2), (3, 'hold', 'never-seen'), (4, 'cancel', $3), (5, 'pause', null))
         as t (n, act, target)`,
      [rows[0]?.id, first?.id, '00000000-0000-4000-8000-000000000000'],
    );
    const { items } = (await api.call<AuditAnswer>('/api/audit')).body;
    expect(items.map(({ action, workspaceName, sweep: of }) => [action, workspaceName, of?.result])).toEqual([
      ['sweep', null, 'partial'],
      ['hold', first?.name, undefined],
      ['hold', null, undefined],
      ['cancel', null, undefined],
      ['pause', null, undefined],
    ]);
    expect(items[0]?.sweep?.counts).toMatchObject({ stopped: 1, failed: 1, deferred: 0 });
  });

  it('has no names of another tenant', async () => {
    const { id } = await world.leak('theirs');
    await world.sweep();
    await world.home.query(`
      insert into sweeper.tenants (tenant) values ('another') on conflict do nothing;
      update sweeper.orphans set tenant = 'another'; update sweeper.sweeps set tenant = 'another'`);
    await world.home.query(
      `
      insert into sweeper.audit (tenant, action, target)
      select 'default', 'hold', $1 union all
      select 'default', 'sweep', id::text from sweeper.sweeps`,
      [id],
    );
    const { items } = (await api.call<AuditAnswer>('/api/audit')).body;
    expect(items.map(({ workspaceName, sweep }) => [workspaceName, sweep])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it.each([
    ['?limit=0', 'invalid_request'],
    ['?action=hold', 'invalid_request'],
    ['?target=', 'invalid_request'],
    ['?target=%00', 'invalid_request'],
    ['?cursor=nonsense', 'invalid_cursor'],
  ])('refuses %s', async (query, code) => {
    expect(await api.call(`/api/audit${query}`)).toMatchObject({ status: 400, body: { code } });
  });
});

describe('GET /api/history', () => {
  const history = async (query = '') => (await api.call<HistoryAnswer>(`/api/history${query}`)).body;
  const sample = (ago: string, open: number, stuck: number) =>
    world.home.query(
      `insert into sweeper.samples (tenant, at, open, stuck)
       select 'default', to_timestamp(floor(extract(epoch from now()) / 1800) * 1800) - $1::interval, $2, $3`,
      [ago, open, stuck],
    );

  it('has the highest numbers of each bucket, and a gap where there is a gap', async () => {
    await sample('1 h', 5, 1);
    await sample('59 min', 3, 2);
    await sample('2 h', 7, 0);
    await sample('25 h', 9, 9);
    const { samples, from, to, bucketSeconds, window } = await history();
    expect(samples.map(({ open, stuck }) => [open, stuck])).toEqual([
      [7, 0],
      [5, 2],
    ]);
    expect([window, bucketSeconds]).toEqual(['24h', 300]);
    expect(Date.parse(to) - Date.parse(from)).toBe(24 * 3_600_000);
    expect(Date.parse(to) - Date.now()).toBeGreaterThan(-60_000);
    const days = await history('?window=7d');
    expect(days).toMatchObject({ window: '7d', bucketSeconds: 1800 });
    expect(days.samples.map(({ open }) => open)).toEqual([9, 7, 5]);
    expect(Date.parse(days.to) - Date.parse(days.from)).toBe(7 * 24 * 3_600_000);
    for (const { at } of days.samples) expect(Date.parse(at) % 1_800_000).toBe(0);
  });

  it('counts attempts by how they ended', async () => {
    const leaked = await world.leakMany(4);
    world.controlPlane.fail(leaked[0]?.instance_id ?? '', { kind: 'status', status: 403 });
    await world.sweep();
    await world.timePasses(2 * 3_600_000);
    await world.sweep({ trigger: 'manual' });
    const { attempts } = await history('?window=24h');
    expect(attempts.map(({ counts }) => counts)).toEqual([{ stopped: 3, failed: 1 }, { failed: 1 }]);
  });

  it('is the same answer while nothing is new', async () => {
    await sample('1 h', 5, 1);
    const first = await api.call<HistoryAnswer>('/api/history');
    const again = await api.call<HistoryAnswer>('/api/history');
    if (first.body.to === again.body.to) expect(again.header('etag')).toBe(first.header('etag'));
  });

  it.each(['?window=1h', '?window=', '?days=7'])('refuses %s', async (query) => {
    expect(await api.call(`/api/history${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});
