import { beforeAll, describe, expect, it } from 'vitest';
import type { Attempt } from '../../server/api/attempts.ts';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { type Api, createApi } from '../support/api.ts';
import { createWorld, type World } from '../support/world.ts';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let world: World;
let api: Api;
/** One orphan of each kind, named after it. */
let kinds: Record<
  'cleared' | 'resolved' | 'retrying' | 'shared' | 'replaced' | 'held' | 'waiting' | 'sweeping',
  WorkspaceRow
>;

beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  const cleared = await world.leak('cleared');
  await world.sweep();
  const resolved = await world.leak('resolved');
  await world.observe();
  await world.platformDatabase.query('update workspaces set instance_id = null where id = $1', [resolved.id]);
  await world.observe();
  const retrying = await world.leak('retrying');
  world.controlPlane.fail(retrying.instance_id ?? '', { kind: 'status', status: 403, body: 'not yours' });
  const shared = await world.leak('shared');
  const other = await world.platform.create('other');
  await world.platformDatabase.query('update workspaces set instance_id = $1 where id = $2', [
    shared.instance_id,
    other.id,
  ]);
  await world.sweep({ trigger: 'manual' });
  const replaced = await world.leak('replaced');
  await world.observe();
  await world.platform.reprovision(replaced.id);
  const held = await world.leak('held');
  const waiting = await world.leak('waiting');
  const sweeping = await world.leak('sweeping');
  await world.observe();
  await world.home.query(
    `update sweeper.orphans set held_at = now(), held_by = 'Anna', hold_reason = 'under forensics',
       hold_until = now() + interval '1 day' where workspace_id = $1`,
    [held.id],
  );
  kinds = { cleared, resolved, retrying, shared, replaced, held, waiting, sweeping };
  return async () => {
    await api.close();
    await world.close();
  };
});

const list = async (query = '') => (await api.call<OrphanListAnswer>(`/api/orphans${query}`)).body;
const names = (answer: { readonly items: readonly Orphan[] }) => answer.items.map((item) => item.workspaceName).sort();
const one = async (row: WorkspaceRow) => (await api.call<{ items: Orphan[] }>(`/api/orphans/${row.id}`)).body.items[0];

/** Runs `check` while the Stop of one orphan is under way. */
async function whileSweeping<T>(row: WorkspaceRow, check: () => Promise<T>): Promise<T | undefined> {
  let answer: T | undefined;
  world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 500, times: 1 });
  world.controlPlane.onStop(row.instance_id ?? '', async () => {
    answer = await check();
  });
  await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });
  world.controlPlane.onStop(row.instance_id ?? '', null);
  return answer;
}

describe('an orphan', () => {
  it('has exactly these fields, and says what failed', async () => {
    expect(await one(kinds.retrying)).toEqual({
      workspaceId: kinds.retrying.id,
      workspaceName: 'retrying',
      instanceId: kinds.retrying.instance_id,
      state: 'retrying',
      why: 'removed',
      orphanedAt: TIME,
      firstSeenAt: TIME,
      attempts: 1,
      lastAttemptAt: TIME,
      lastOutcome: 'failed',
      lastError: { class: 'forbidden', message: expect.stringContaining('not yours'), httpStatus: 403 },
      nextAttemptAt: TIME,
      hold: null,
      secondLook: null,
      resolvedAt: null,
      resolution: null,
      explanation: 'The control plane forbids stopping this instance (403); it is tried again, less and less often.',
    });
  });

  it('that was not tried yet claims nothing about attempts', async () => {
    expect(await one(kinds.waiting)).toMatchObject({
      state: 'waiting',
      attempts: 0,
      lastAttemptAt: null,
      lastOutcome: null,
      lastError: null,
      nextAttemptAt: TIME,
      resolvedAt: null,
    });
  });

  it('that is held says by whom, why and until when', async () => {
    expect(await one(kinds.held)).toMatchObject({
      state: 'held',
      hold: { actor: 'Anna', reason: 'under forensics', since: TIME, until: TIME },
      explanation: expect.stringContaining('Held by Anna (under forensics)'),
    });
  });

  it('that is gone is never due again', async () => {
    expect(await one(kinds.cleared)).toMatchObject({
      state: 'cleared',
      resolution: 'stopped',
      resolvedAt: TIME,
      nextAttemptAt: null,
    });
    expect(await one(kinds.resolved)).toMatchObject({ state: 'resolved', resolution: 'external', nextAttemptAt: null });
  });

  it('that a live workspace shares, or that was replaced, needs a person', async () => {
    expect(await one(kinds.shared)).toMatchObject({
      state: 'stuck',
      lastOutcome: 'shared',
      lastError: { class: null, httpStatus: null, message: expect.stringContaining('other') },
    });
    // No sweep ever takes it: a time would be a promise.
    expect(await one(kinds.replaced)).toMatchObject({
      state: 'stuck',
      why: 'replaced',
      lastOutcome: null,
      nextAttemptAt: null,
    });
  });

  it('has no relative time in its explanation', async () => {
    for (const item of [...(await list('?limit=200')).items, await one(kinds.cleared), await one(kinds.resolved)]) {
      expect(item?.explanation).toMatch(/\.$/);
      expect(item?.explanation).not.toMatch(/\bago\b|\bin \d+ (s|min|h)\b|second|minute|hour/);
    }
  });
});

describe('the list', () => {
  it('shows all that are open and nothing that is done, unless a state is asked for', async () => {
    const open = ['held', 'replaced', 'retrying', 'shared', 'sweeping', 'waiting'];
    expect(names(await list())).toEqual(open);
    expect((await list()).total).toBe(open.length);
    expect(Object.keys(await list())).toEqual(['items', 'nextCursor', 'total', 'observedAt', 'stale']);
  });

  it('shows each state on its own, and the status counts the same', async () => {
    const seen = await whileSweeping(kinds.sweeping, async () => {
      const states = ['waiting', 'sweeping', 'retrying', 'stuck', 'held', 'cleared', 'resolved'];
      const found = await Promise.all(states.map(async (state) => [state, names(await list(`?state=${state}`))]));
      const { counts } = (await api.call<Status>('/api/status')).body;
      return { found: Object.fromEntries(found), counts };
    });
    expect(seen).toEqual({
      found: {
        waiting: ['waiting'],
        sweeping: ['sweeping'],
        retrying: ['retrying'],
        stuck: ['replaced', 'shared'],
        held: ['held'],
        cleared: ['cleared'],
        resolved: ['resolved'],
      },
      counts: { open: 6, waiting: 1, sweeping: 1, retrying: 1, stuck: 2, held: 1 },
    });
  });

  it('filters by class, by why and by tenant, alone and together', async () => {
    expect(names(await list('?class=forbidden'))).toEqual(['retrying']);
    expect(names(await list('?class=timeout'))).toEqual([]);
    expect(names(await list('?why=replaced'))).toEqual(['replaced']);
    expect(names(await list('?why=removed&state=held'))).toEqual(['held']);
    expect(names(await list('?class=forbidden&state=held'))).toEqual([]);
    expect((await list('?tenant=default')).total).toBe(6);
  });

  it('finds by a part of a name or an id, in any case', async () => {
    expect(names(await list('?q=WAIT'))).toEqual(['waiting']);
    expect(names(await list(`?q=${kinds.held.id.slice(4, 20)}`))).toEqual(['held']);
    expect(names(await list(`?q=${kinds.held.instance_id?.slice(3)}`))).toEqual(['held']);
    expect(names(await list('?q=cleared'))).toEqual([]);
    expect(names(await list('?q=cleared&state=cleared'))).toEqual(['cleared']);
  });

  it('puts those that need a person first and those that are held last', async () => {
    const { items } = await list('?sort=urgent');
    const rank = (state: string) => (state === 'stuck' ? 0 : state === 'held' ? 2 : 1);
    const ranks = items.map((item) => rank(item.state));
    expect(ranks).toEqual([0, 0, 1, 1, 1, 2]);
    expect(await list()).toMatchObject({ items: items.map(({ workspaceName }) => ({ workspaceName })) });
  });
});

describe('a search text with special characters finds exactly what it says', () => {
  const odd = ['100% sure', 'a_b', 'a\\b', "o'brien", 'say "hi"', 'ünï', 'x;drop table', '$1', '😀 party'];
  beforeAll(async () => {
    for (const name of odd) await world.leak(name);
    await world.observe();
  });
  it.each([
    ['%', ['100% sure']],
    ['%%', []],
    ['_', ['a_b']],
    ['\\', ['a\\b']],
    ['\\_', []],
    ["'", ["o'brien"]],
    ['"', ['say "hi"']],
    ['ünï', ['ünï']],
    [';drop', ['x;drop table']],
    ['$1', ['$1']],
    ['😀', ['😀 party']],
    ['{"a":1}', []],
  ])('%s', async (q, found) => {
    expect(names(await list(`?q=${encodeURIComponent(q)}`))).toEqual(found);
  });
});

describe('one workspace', () => {
  it('shows all its orphans, the open one first, and its attempts, newest first', async () => {
    const row = await world.leak('twice');
    await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });
    world.controlPlane.launch({ workspaceId: row.id, instanceId: 'i-second' });
    await world.platformDatabase.query(`update workspaces set instance_id = 'i-second' where id = $1`, [row.id]);
    world.controlPlane.fail('i-second', { kind: 'status', status: 409 });
    await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });
    await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });

    const { body } = await api.call<{ items: Orphan[] }>(`/api/orphans/${row.id}`);
    expect(body.items.map((item) => [item.instanceId, item.state])).toEqual([
      ['i-second', 'retrying'],
      [row.instance_id, 'cleared'],
    ]);
    const url = `/api/orphans/${row.id}/attempts`;
    const all = (await api.call<{ items: Attempt[]; nextCursor: string | null }>(url)).body;
    expect(all.items.map((item) => [item.instanceId, item.outcome])).toEqual([
      ['i-second', 'failed'],
      ['i-second', 'failed'],
      [row.instance_id, 'stopped'],
    ]);
    expect(all.nextCursor).toBeNull();
    const first = (await api.call<typeof all>(`${url}?limit=2`)).body;
    const second = (await api.call<typeof all>(`${url}?limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...second.items]).toEqual(all.items);
  });

  it('says of each attempt who or what made its sweep run, and why', async () => {
    const row = await world.leak('asked-for');
    world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 409 });
    await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });
    await world.home.query(
      `update sweeper.sweeps set requested_by = 'Anna', reason = 'its owner asks' where scope = array[$1]`,
      [row.id],
    );
    await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });
    const { items } = (await api.call<{ items: Attempt[] }>(`/api/orphans/${row.id}/attempts`)).body;
    expect(items.map(({ trigger, requestedBy, reason }) => [trigger, requestedBy, reason])).toEqual([
      ['manual', 'Tess', null],
      ['manual', 'Anna', 'its owner asks'],
    ]);
  });

  it('that was never tried has no attempts, which is no error', async () => {
    const answer = await api.call<unknown>(`/api/orphans/${kinds.waiting.id}/attempts`);
    expect(answer).toMatchObject({ status: 200, body: { items: [], nextCursor: null } });
  });

  it.each(['', '/attempts'])('that was never seen is a 404%s', async (tail) => {
    const answer = await api.call(`/api/orphans/nobody${tail}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(answer.body.detail).toContain('"nobody"');
  });

  it('that is live and was never an orphan is a 404 too', async () => {
    const row = await world.platform.create('alive');
    expect((await api.call(`/api/orphans/${row.id}`)).status).toBe(404);
  });
});

describe('a platform whose ids are text', () => {
  it('is read by its odd ids, too', async () => {
    const text = await createWorld({ idType: 'text' });
    const other = await createApi(text);
    const id = "a/b c%25?#ü'";
    await text.platformDatabase.query(
      `insert into workspaces (id, name, status, instance_id) values ($1, 'odd', 'removed', 'i/1 ?')`,
      [id],
    );
    await text.observe();
    const url = `/api/orphans/${encodeURIComponent(id)}`;
    const answer = await other.call<{ items: Orphan[] }>(url);
    expect(answer.body.items).toMatchObject([{ workspaceId: id, instanceId: 'i/1 ?' }]);
    expect((await other.call<unknown>(`${url}/attempts`)).status).toBe(200);
    await other.close();
    await text.close();
  });
});
