import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../../server/api/attempts.ts';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import { ORPHAN_SORTS } from '../../server/sweep/outcome.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { parseCsv } from '../support/csv.ts';
import { type Download, download } from '../support/download.ts';
import { portOf } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { withoutTable } from '../support/without-table.ts';
import { createWorld, type World } from '../support/world.ts';

const COUNT = 2_500;
/** Of the walk: 500 rows each. */
const PAGES = 5;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;
/** All of it is far more than the sockets of both sides hold. */
const WIDE = 20_000;

const ORPHAN_HEAD =
  'state,workspaceId,workspaceName,instanceId,why,orphanedAt,firstSeenAt,attempts,lastAttemptAt,lastOutcome,' +
  'lastErrorClass,lastErrorHttpStatus,lastErrorMessage,nextAttemptAt,heldBy,holdReason,heldSince,heldUntil,' +
  'secondLook,secondLookDueAt,resolvedAt,resolution,explanation';
const ATTEMPT_HEAD =
  'startedAt,finishedAt,outcome,errorClass,errorHttpStatus,errorMessage,workspaceId,workspaceName,instanceId,id,' +
  'sweepId,requestId,trigger,requestedBy,reason';

interface OrphanFile {
  readonly observedAt: string | null;
  readonly stale: boolean;
  readonly items: readonly Orphan[];
  readonly count: number;
  readonly complete: boolean;
}

let world: World;
let api: Api;
/** Beside it, for questions that are not counted. */
let other: Api;
let port: number;
/** As the server has them. */
let sockets: Set<Socket>;

async function serve(of: Api): Promise<number> {
  await of.app.listen({ host: '127.0.0.1', port: 0 });
  return portOf(of.app.server.address());
}

beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world, { ENVIRONMENT_NAME: 'Produktion Süd' });
  other = await createApi(world);
  sockets = new Set();
  api.app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  port = await serve(api);
  return async () => {
    await Promise.all([api.close(), other.close()]);
    await world.close();
  };
});

/** No look is needed for so long: names that only our own database has stay as they are. */
const needNoLook = () => world.home.query(`update sweeper.tenants set observed_at = now() + interval '1 h'`);

const csv = async (query = '') => {
  const { text } = await api.call<unknown>(`/api/orphans.csv${query}`);
  const [head, ...rows] = parseCsv(text);
  return { head, rows: rows.slice(0, -1), last: rows.at(-1) ?? [], text };
};
const json = async (query = '') => (await api.call<OrphanFile>(`/api/orphans.json${query}`)).body;

/** What somebody finds who walks the pages of the list. */
async function walked(query: string): Promise<Orphan[]> {
  const items: Orphan[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body }: { readonly body: OrphanListAnswer } = await api.call<OrphanListAnswer>(
      `/api/orphans?limit=200&${query}${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  return items;
}

/** Longer than all pages take: whatever goes on by itself goes on meanwhile. Asked of another server. */
async function timeForMore(): Promise<void> {
  for (let n = 0; n < PAGES; n += 1) await other.call<unknown>('/api/orphans?limit=200&sort=attempts');
}

/** How often the home database has been asked, when that has come to rest. */
async function questionsAtRest(): Promise<number> {
  let asked = api.homeQuestions();
  return until(
    async () => {
      const before = asked;
      await timeForMore();
      asked = api.homeQuestions();
      return asked === before ? asked : 0;
    },
    { what: 'no more pages being read', timeoutMs: 60_000 },
  );
}

describe('2,500 orphans as a file', () => {
  beforeAll(async () => {
    await world.leakMany(COUNT);
    await world.observe();
    await world.home.query(`
      update sweeper.orphans set attempts = abs(hashtext(instance_id)) % 4,
        last_class = case when abs(hashtext(instance_id)) % 3 = 0 then 'timeout'::sweeper.failure_class end,
        stuck_at = case when abs(hashtext(instance_id)) % 5 = 0 then now() - interval '1 h' end,
        held_at = now(), held_by = 'Anna', hold_reason = 'looks, "odd"',
        hold_until = case when abs(hashtext(instance_id)) % 7 = 0 then now() + interval '1 h' end`);
  });

  it.each(ORPHAN_SORTS)('sorted by %s have each row of the list, in its order, as CSV and as JSON', async (sort) => {
    const list = await walked(`sort=${sort}`);
    expect(list).toHaveLength(COUNT);
    const file = await json(`?sort=${sort}`);
    expect(file).toEqual({
      observedAt: expect.stringMatching(TIME),
      stale: false,
      items: list,
      count: COUNT,
      complete: true,
    });
    expect(Object.keys(file)).toEqual(['observedAt', 'stale', 'items', 'count', 'complete']);
    const { head, rows, last } = await csv(`?sort=${sort}`);
    expect(head?.join(',')).toBe(ORPHAN_HEAD);
    expect(rows.map((row) => row[3])).toEqual(list.map((orphan) => orphan.instanceId));
    expect(last[0]).toMatch(new RegExp(`^# complete: ${COUNT} rows as of ${TIME.source}$`));
    expect(last.slice(1).join('')).toBe('');
    expect(new Set([head, ...rows, last].map((row) => row?.length))).toEqual(new Set([ORPHAN_HEAD.split(',').length]));
  });

  it.each([
    'state=held',
    'state=stuck&sort=name',
    'class=timeout&why=removed',
    'q=-17',
    'state=cleared',
    'tenant=default',
  ])('with %s are those of the list with it', async (query) => {
    const ids = (await walked(query)).map((orphan) => orphan.instanceId);
    expect((await json(`?${query}`)).items.map((orphan) => orphan.instanceId)).toEqual(ids);
    const { rows, last } = await csv(`?${query}`);
    expect(rows.map((row) => row[3])).toEqual(ids);
    expect(last[0]).toContain(`# complete: ${ids.length} rows as of `);
  });

  it('say in each cell what the list says of the orphan', async () => {
    const [held] = await walked('state=held&class=timeout');
    const { head = [], rows } = await csv('?state=held&class=timeout');
    expect(Object.fromEntries(head.map((name, i) => [name, rows[0]?.[i]]))).toEqual({
      ...Object.fromEntries(head.map((name) => [name, ''])),
      state: 'held',
      workspaceId: held?.workspaceId,
      workspaceName: held?.workspaceName,
      instanceId: held?.instanceId,
      why: 'removed',
      orphanedAt: held?.orphanedAt,
      firstSeenAt: held?.firstSeenAt,
      attempts: String(held?.attempts),
      nextAttemptAt: held?.nextAttemptAt,
      heldBy: 'Anna',
      holdReason: 'looks, "odd"',
      heldSince: held?.hold?.since,
      heldUntil: held?.hold?.until,
      explanation: held?.explanation,
    });
  });

  const FORM = {
    csv: [
      /^text\/csv; charset=utf-8/,
      /^attachment; filename="orphans-Produktion-S-d-\d{4}-\d\d-\d\dT\d{6}Z\.csv"; filename\*=UTF-8''orphans-Produktion-S%C3%BCd-\d{4}-\d\d-\d\dT\d{6}Z\.csv$/,
    ],
    json: [
      /^application\/json/,
      /^attachment; filename="orphans-Produktion-S-d-\d{4}-\d\d-\d\dT\d{6}Z\.json"; filename\*=UTF-8''.*\.json$/,
    ],
  } as const;
  const expectForm = (headers: IncomingHttpHeaders, [type, name]: readonly [RegExp, RegExp]) => {
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(headers['content-type']).toMatch(type);
    expect(headers['content-disposition']).toMatch(name);
    expect(headers['x-observed-at']).toMatch(TIME);
    expect(headers).not.toHaveProperty('etag');
  };

  it.each(['csv', 'json'] as const)('are a download that nobody keeps: %s', async (extension) => {
    const got = await download(port, `/api/orphans.${extension}?state=held`);
    expect(got.response.statusCode).toBe(200);
    expectForm(got.response.headers, FORM[extension]);
    expect(await got.rest()).toContain('complete');
    const again = await api.call<unknown>({ url: `/api/orphans.${extension}`, headers: { 'if-none-match': '*' } });
    expect(again.status).toBe(200);
  });

  it.each(['csv', 'json'] as const)('are not walked for somebody who asks for the head only: %s', async (extension) => {
    await needNoLook();
    const before = api.homeQuestions();
    const got = await download(port, `/api/orphans.${extension}`, 'HEAD');
    expect(got.response.statusCode).toBe(200);
    expectForm(got.response.headers, FORM[extension]);
    expect(await got.rest()).toBe('');
    // How old it is, and the first page.
    expect((await questionsAtRest()) - before).toBe(2);
  });
});

describe('while a file of 2,500 orphans is taken', () => {
  beforeAll(async () => {
    await needNoLook();
    await world.home.query(`
      update sweeper.orphans set workspace_name = 'n' || repeat('x', ${WIDE}) where resolved_at is null`);
  });
  beforeEach(needNoLook);
  /** Not taken yet but for the beginning, and not to be read on by itself. */
  async function begin(path = '/api/orphans.csv?sort=oldest'): Promise<{ got: Download; asked: number }> {
    const before = api.homeQuestions();
    const got = await download(port, path);
    return { got, asked: (await questionsAtRest()) - before };
  }

  it.each(['csv', 'json'])('no more is read than is taken, however long that lasts: %s', async (extension) => {
    const { got, asked } = await begin(`/api/orphans.${extension}?sort=oldest`);
    // Its age, and the pages that the sockets hold, that which waits to be written, and that behind it.
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThan(1 + PAGES);
    const held = [...sockets].map((socket) => socket.writableLength).reduce((sum, bytes) => sum + bytes, 0);
    expect(held).toBeLessThanOrEqual((COUNT / PAGES) * (WIDE + 2_000));
    expect(await got.rest()).toContain(extension === 'csv' ? `\r\n# complete: ${COUNT} rows` : `"complete":true}`);
  });

  it('nobody who stays is lost or doubled by others who come and go', async () => {
    const list = await walked('sort=oldest');
    const { got } = await begin();
    const leaving = [list[10], list[COUNT - 10], list[COUNT - 400]].map((orphan) => orphan?.instanceId);
    await world.home.query(
      `update sweeper.orphans set resolved_at = now(), resolution = 'external' where instance_id = any($1)`,
      [leaving],
    );
    await world.home.query(
      `update sweeper.orphans set stuck_at = now() - interval '1 h', attempts = attempts + 1 where instance_id = any($1)`,
      [[list[20], list[COUNT - 20]].map((orphan) => orphan?.instanceId)],
    );
    for (const at of ['2020-01-01', '2099-01-01']) {
      await world.home.query(
        `insert into sweeper.orphans (tenant, workspace_id, instance_id, why, orphaned_at, first_seen_at, next_attempt_at)
         values ('default', gen_random_uuid()::text, 'i-came-' || $1, 'removed', $1::timestamptz, now(), now())`,
        [at],
      );
    }
    const ids = parseCsv(await got.rest())
      .slice(1, -1)
      .map((row) => row[3]);
    const stayed = list.map((orphan) => orphan.instanceId).filter((id) => !leaving.includes(id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => stayed.includes(id ?? ''))).toEqual(stayed);
    // Behind what was read already, and before it.
    expect(ids).toContain('i-came-2099-01-01');
    expect(ids).not.toContain('i-came-2020-01-01');
    await world.home.query(`delete from sweeper.orphans where instance_id like 'i-came-%'`);
    await world.home.query(
      `update sweeper.orphans set resolved_at = null, resolution = null where instance_id = any($1)`,
      [leaving],
    );
  });

  it('a client that goes away ends the walk', async () => {
    const { got } = await begin();
    got.leave();
    await until(() => sockets.size === 0, { what: 'the server hanging up' });
    const before = api.homeQuestions();
    expect(await questionsAtRest()).toBe(before);
  });

  it.each(['csv', 'json'])(
    'a database that fails breaks the connection, so that nobody takes half for whole: %s',
    async (extension) => {
      const { got } = await begin(`/api/orphans.${extension}?sort=oldest`);
      let text = '';
      await withoutTable(world.home, 'sweeper.orphans', async () => {
        const taking = (async () => {
          for await (const chunk of got.response) text += chunk;
        })();
        await expect(taking).rejects.toThrow('aborted');
      });
      expect(text.length).toBeGreaterThan(WIDE);
      expect(text).not.toContain('complete');
      expect(await json('?state=held')).toMatchObject({ complete: true });
    },
  );

  it('who takes nothing for a minute is hung up on', async () => {
    const { got } = await begin();
    const [socket, ...others] = sockets;
    expect(others).toEqual([]);
    expect(socket?.timeout).toBe(60_000);
    socket?.emit('timeout');
    await expect(got.rest()).rejects.toThrow('aborted');
    await until(() => sockets.size === 0, { what: 'the server hanging up' });
  });

  it('the server can close: who takes nothing does not keep it', async () => {
    const closing = await createApi(world);
    const got = await download(await serve(closing), '/api/orphans.csv');
    await got.some();
    await closing.close();
    await expect(got.rest()).rejects.toThrow('aborted');
  });
});

describe('a file', () => {
  const ODD = {
    formulas: ['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', '\n=1', '\uff1d1', "=cmd|'/C calc'!A0"],
    others: [
      'a=1',
      'a,b',
      'say "hi"',
      '"',
      'two\nlines',
      'two\r\nlines',
      ' =1',
      "'=1",
      'ünï 🦊 文字',
      '\u202edesrever',
      '',
      '#',
    ],
  };
  beforeAll(async () => {
    await emptyWorld(world);
    await api.sweeper.open();
    for (const name of [...ODD.formulas, ...ODD.others]) await world.leak(name);
    await world.observe();
  });

  it('holds no formula, and everything else as it is: quotes, lines, any script', async () => {
    const { rows, last } = await csv('?sort=oldest');
    expect(rows.map((row) => row[2])).toEqual([...ODD.formulas.map((name) => `'${name}`), ...ODD.others]);
    expect(last[0]).toContain(`# complete: ${rows.length} rows`);
    // Nothing that a person typed is in the first cell, so that nothing can pass for the last line.
    expect(rows.map((row) => row[0])).toEqual(rows.map(() => 'waiting'));
  });

  it('that is JSON holds all of it as it is', async () => {
    const { items } = await json('?sort=oldest');
    expect(items.map((orphan) => orphan.workspaceName)).toEqual([...ODD.formulas, ...ODD.others]);
  });

  it('ends in a line that needs no parser, and each line as RFC 4180 wants it', async () => {
    const { text } = await csv('?q=ünï');
    expect(text).toMatch(
      new RegExp(`^${ORPHAN_HEAD}\r\nwaiting,[^\n]*\r\n# complete: 1 rows as of ${TIME.source},+\r\n$`),
    );
  });

  it('of nothing says that nothing is all there is', async () => {
    const { text } = await csv('?q=nobody');
    expect(text).toMatch(new RegExp(`^${ORPHAN_HEAD}\r\n# complete: 0 rows as of ${TIME.source},+\r\n$`));
    expect(await json('?q=nobody')).toMatchObject({ items: [], count: 0, complete: true });
  });

  it.each([
    ['/api/orphans.csv?cursor=x', '"cursor"'],
    ['/api/orphans.csv?limit=5', '"limit"'],
    ['/api/orphans.json?limit=5', '"limit"'],
    ['/api/orphans.csv?state=lost', 'query.state'],
    ['/api/orphans.json?sort=random', 'query.sort'],
    ['/api/orphans.json?q=%00', 'query.q'],
    ['/api/orphans.csv?tenant=other', 'query.tenant'],
    ['/api/sweeps/x/attempts.csv', 'path.id'],
    ['/api/sweeps/00000000-0000-4000-8000-000000000000/attempts.csv?limit=5', '"limit"'],
    ['/api/sweeps/00000000-0000-4000-8000-000000000000/attempts.csv?outcome=lost', 'query.outcome'],
  ])('%s is refused, and is no download', async (url, named) => {
    const answer = await api.call(url);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.detail).toContain(named);
    expect(answer.header('content-disposition')).toBeUndefined();
    expect(answer.header('cache-control')).toBe('no-store');
  });

  it.each(['/api/orphans.csv', '/api/orphans.json'])('%s is refused while the home database fails', async (url) => {
    const answer = await withoutTable(world.home, 'sweeper.orphans', () => api.call(url));
    expect(answer).toMatchObject({ status: 503, body: { code: 'home_database_unavailable' } });
    expect(answer.header('content-disposition')).toBeUndefined();
  });

  it('says when the platform could not be looked at, and when it never was', async () => {
    await withoutTable(world.platformDatabase, 'public.workspaces', async () => {
      await world.timePasses(60_000);
      expect((await csv()).last[0]).toMatch(
        new RegExp(`^# complete: 21 rows as of ${TIME.source} \\(stale: the platform could not be looked at\\)$`),
      );
      expect(await json()).toMatchObject({ stale: true, count: 21, complete: true });
      await world.home.query('update sweeper.tenants set observed_at = null');
      expect((await csv()).last[0]).toBe('# complete: 21 rows (the platform was never looked at)');
      expect(await json()).toMatchObject({ observedAt: null, stale: true });
    });
  });
});

describe('the attempts of a sweep as a file', () => {
  const file = async (sweepId: string) => (await api.call<unknown>(`/api/sweeps/${sweepId}/attempts.csv`)).text;
  beforeAll(async () => {
    await emptyWorld(world);
    await api.sweeper.open();
  });

  it('are all there are, newest first, over several pages', async () => {
    const rows = await world.leakMany(620);
    await world.platformDatabase.query(`update workspaces set name = '=1+1' where id = $1`, [rows[7]?.id]);
    world.controlPlane.fail(rows[7]?.instance_id ?? '', { kind: 'status', status: 403, body: 'not, "yours"' });
    const swept = await world.sweep({ settings: { limit: 1_000, concurrency: 50, deadlineMs: 300_000 } });
    const sweepId = swept?.sweepId ?? '';
    const list: Attempt[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const url: string = `/api/sweeps/${sweepId}/attempts?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { body }: { readonly body: { items: Attempt[]; nextCursor: string | null } } = await api.call<{
        items: Attempt[];
        nextCursor: string | null;
      }>(url);
      list.push(...body.items);
      cursor = body.nextCursor;
    }
    expect(list).toHaveLength(620);
    const [head = [], ...lines] = parseCsv(await file(sweepId));
    const last = lines.pop() ?? [];
    expect(head.join(',')).toBe(ATTEMPT_HEAD);
    expect(lines.map((line) => line[9])).toEqual(list.map((attempt) => attempt.id));
    expect(last[0]).toMatch(new RegExp(`^# complete: 620 rows as of ${TIME.source}$`));
    expect(last).toHaveLength(head.length);
    const failed = list.find((attempt) => attempt.outcome === 'failed');
    expect(lines.find((line) => line[2] === 'failed')).toEqual([
      failed?.startedAt,
      failed?.finishedAt,
      'failed',
      'forbidden',
      '403',
      failed?.error?.message,
      rows[7]?.id,
      "'=1+1",
      rows[7]?.instance_id,
      failed?.id,
      sweepId,
      failed?.requestId,
      'boot',
      '',
      '',
    ]);
    const { response } = await download(port, `/api/sweeps/${sweepId.toUpperCase()}/attempts.csv`, 'HEAD');
    expect(response.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': expect.stringMatching(/^text\/csv/),
    });
    expect(response.headers['content-disposition']).toContain(
      `"attempts-of-sweep-${sweepId.slice(0, 8)}-Produktion-S-d-`,
    );
  });

  it('that ended in one way are those alone, and the name of the file says so', async () => {
    const [failing] = await world.leakMany(3);
    world.controlPlane.fail(failing?.instance_id ?? '', { kind: 'status', status: 403 });
    const sweepId = (await world.sweep({ trigger: 'manual' }))?.sweepId ?? '';
    const url = `/api/sweeps/${sweepId}/attempts.csv?outcome=failed`;
    const answer = await api.call<unknown>(url);
    const [, ...lines] = parseCsv(answer.text);
    const { body } = await api.call<{ items: Attempt[] }>(`/api/sweeps/${sweepId}/attempts?outcome=failed`);
    expect(lines.slice(0, -1).map((line) => [line[2], line[9]])).toEqual(body.items.map(({ id }) => ['failed', id]));
    expect(body.items.map(({ instanceId }) => instanceId)).toContain(failing?.instance_id);
    expect(lines.at(-1)?.[0]).toMatch(new RegExp(`^# complete: ${body.items.length} rows as of `));
    expect(answer.header('content-disposition')).toContain(`"failed-attempts-of-sweep-${sweepId.slice(0, 8)}-`);
  });

  it('say so while the sweep has not ended', async () => {
    const row = await world.leak('slow');
    let meanwhile = '';
    world.controlPlane.onStop(row.instance_id ?? '', async () => {
      meanwhile = await file((await world.sweeps()).at(-1)?.id ?? '');
    });
    await world.sweep({ trigger: 'manual', workspaceIds: [row.id] });
    world.controlPlane.onStop(row.instance_id ?? '', null);
    expect(parseCsv(meanwhile).at(-1)?.[0]).toMatch(
      new RegExp(`^# complete: 1 rows as of ${TIME.source} \\(the sweep has not ended\\)$`),
    );
  });

  it('of a sweep that tried nothing are none, and of one that never was a 404', async () => {
    const swept = await world.sweep({ trigger: 'manual', workspaceIds: [] });
    expect(await file(swept?.sweepId ?? '')).toMatch(new RegExp(`^${ATTEMPT_HEAD}\r\n# complete: 0 rows as of `));
    const answer = await api.call('/api/sweeps/00000000-0000-4000-8000-000000000000/attempts.csv');
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(answer.header('content-disposition')).toBeUndefined();
  });
});
