import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, createApi } from '../support/api.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  await world.leakMany(3);
  await world.observe();
  return async () => {
    await api.close();
    await world.close();
  };
});

/** Refused, with words that tell what was wrong; and it was as if nothing had been asked. */
async function expectRefused(
  request: { payload?: string; headers?: Record<string, string>; query?: string },
  refusal: { status?: number; code?: string; detail?: RegExp | string },
): Promise<void> {
  const { payload, headers = { 'content-type': 'application/json' }, query = '' } = request;
  const answer = await api.call({
    method: 'POST',
    url: `/api/sweeps${query}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  const { status = 400, code = 'invalid_request', detail = /./ } = refusal;
  expect(answer).toMatchObject({ status, body: { code } });
  if (typeof detail === 'string') expect(answer.body.detail).toContain(detail);
  else expect(answer.body.detail).toMatch(detail);
  expect(answer.header('location')).toBeUndefined();
  expect(await world.sweeps()).toEqual([]);
  expect(await world.attempts()).toEqual([]);
  expect(world.controlPlane.calls.filter((call) => call.route === 'stop')).toEqual([]);
}

describe('a body that is not what a sweep takes stops nothing', () => {
  it.each([
    ['{"dryRun":0}', 'body.dryRun: must be boolean, got 0'],
    ['{"dryRun":null}', 'body.dryRun: must be boolean, got null'],
    ['{"dryRun":"true"}', 'body.dryRun: must be boolean, got "true"'],
    ['{"dryRun":[]}', 'body.dryRun: must be boolean'],
    ['{"dryrun":true}', 'body: unknown field "dryrun"'],
    ['{"dry_run":true}', 'body: unknown field "dry_run"'],
    ['{"drain":true,"dryRun":true}', /drain/],
    ['{"workspaceIds":"a"}', 'body.workspaceIds: must be array, got "a"'],
    ['{"workspaceIds":null}', 'body.workspaceIds: must be array, got null'],
    ['{"workspaceIds":{"0":"a","length":1}}', 'body.workspaceIds: must be array'],
    ['{"workspaceIds":[1]}', 'body.workspaceIds.0: must be string, got 1'],
    ['{"workspaceIds":["a",null]}', 'body.workspaceIds.1: must be string, got null'],
    ['{"workspaceIds":[["a"]]}', 'body.workspaceIds.0: must be string'],
    ['{"workspaceIds":[""]}', 'body.workspaceIds.0'],
    ['{"workspaceIds":["a\\u0000b"]}', 'body.workspaceIds.0'],
    ['{"expected":"3"}', 'body.expected: must be integer, got "3"'],
    ['{"expected":1.5}', 'body.expected: must be integer, got 1.5'],
    ['{"expected":-1}', 'body.expected: must be >= 0, got -1'],
    ['{"expected":1e300}', 'body.expected'],
    ['{"expected":null}', 'body.expected: must be integer, got null'],
    ['{"reason":""}', 'body.reason'],
    ['{"reason":7}', 'body.reason: must be string, got 7'],
    ['{"reason":"a\\u0000b"}', 'body.reason'],
    ['{"actor":7}', 'body.actor: must be string, got 7'],
    ['{"a":1,"dryRun":0}', /body: unknown field "a".*body\.dryRun: must be boolean, got 0/],
    ['{"__proto__":{"dryRun":true}}', /./],
    ['{"constructor":{"prototype":{"dryRun":true}}}', /./],
    ['{"toString":1}', 'body: unknown field "toString"'],
    ['[]', 'body: must be object, got []'],
    ['[{"dryRun":true}]', 'body: must be object'],
    ['null', 'body: must be object, got null'],
    ['"x"', 'body: must be object, got "x"'],
    ['0', 'body: must be object, got 0'],
    ['true', 'body: must be object, got true'],
    ['{"dryRun":true', /JSON/],
    ['{dryRun:true}', /JSON/],
    ['{"dryRun":true}}', /JSON/],
    ['{"workspaceIds":[NaN]}', /JSON/],
    [' ', /JSON/],
    ['\ufeff{"dryRun":true', /JSON/],
  ])('%s', async (payload, detail) => {
    await expectRefused({ payload }, { detail });
  });

  it('1001 workspaces: 1000 are the most', async () => {
    const payload = JSON.stringify({ workspaceIds: Array.from({ length: 1001 }, (_, n) => `w${n}`) });
    await expectRefused({ payload }, { detail: /body\.workspaceIds: must not have more than 1000 items/ });
  });

  it('a reason, an actor or a workspace id that is too long', async () => {
    await expectRefused({ payload: JSON.stringify({ reason: 'x'.repeat(501) }) }, { detail: /body\.reason.*500/ });
    await expectRefused({ payload: JSON.stringify({ actor: 'x'.repeat(81) }) }, { detail: /body\.actor.*80/ });
    await expectRefused({ payload: JSON.stringify({ workspaceIds: ['x'.repeat(201)] }) }, { detail: /200/ });
  });

  it('one that is nested more deeply than it could be written down again', async () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const detail = `body.reason: must be string, got ${'['.repeat(80)}…`;
    await expectRefused({ payload: `{"reason":${deep}}` }, { detail });
    await expectRefused({ payload: deep }, { detail: `body: must be object, got ${'['.repeat(80)}…` });
    const objects = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    await expectRefused({ payload: `{"reason":${objects}}` }, { detail: 'got {"a":{"a":' });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    'nonsense',
    '',
  ])('one that says it is %j, or does not say what it is', async (contentType) => {
    const headers: Record<string, string> = contentType === '' ? {} : { 'content-type': contentType };
    await expectRefused({ payload: '{"dryRun":true}', headers }, { status: 415, code: 'unsupported_media_type' });
  });

  it('one of more than 64 kB', async () => {
    const payload = JSON.stringify({ reason: 'x'.repeat(64 * 1024) });
    await expectRefused({ payload }, { status: 413, code: 'body_too_large', detail: /64 kB/ });
  });

  it.each(['?dryRun=true', '?x', '?__proto__=1'])('a query of any kind: %s', async (query) => {
    await expectRefused({ query, headers: {} }, { detail: /query: unknown field/ });
  });
});

describe('a query that is not what a list takes is refused, not ignored', () => {
  it.each([
    ['/api/orphans?limit=0', 'query.limit: must be >= 1, got 0'],
    ['/api/orphans?limit=201', 'query.limit: must be <= 200, got 201'],
    ['/api/orphans?limit=-1', 'query.limit: must be >= 1, got -1'],
    ['/api/orphans?limit=1.5', 'query.limit: must be integer, got "1.5"'],
    ['/api/orphans?limit=1e2', 'query.limit: must be integer, got "1e2"'],
    ['/api/orphans?limit=010', 'query.limit: must be integer, got "010"'],
    ['/api/orphans?limit=%205', 'query.limit: must be integer, got " 5"'],
    ['/api/orphans?limit=', 'query.limit: must be integer, got ""'],
    ['/api/orphans?limit=99999999999999999999', 'query.limit: must be integer'],
    ['/api/orphans?limit=5&limit=6', 'query.limit: must be integer, got ["5","6"]'],
    [
      '/api/orphans?state=lost',
      'query.state: must be one of waiting, sweeping, retrying, stuck, held, cleared, resolved',
    ],
    ['/api/orphans?state=', 'query.state: must be one of'],
    ['/api/orphans?state=stuck&state=held', 'query.state: must be one of'],
    ['/api/orphans?class=nope', 'query.class: must be one of'],
    ['/api/orphans?why=nope', 'query.why: must be one of'],
    ['/api/orphans?sort=size', 'query.sort: must be one of urgent, oldest, newest, attempts, name, got "size"'],
    [`/api/orphans?q=${'x'.repeat(201)}`, 'query.q'],
    ['/api/orphans?q=a%00b', 'query.q'],
    ['/api/orphans?tenant=other', 'query.tenant: this process serves default, not "other"'],
    ['/api/orphans?tenant=', 'query.tenant'],
    ['/api/orphans?offset=5', 'query: unknown field "offset"'],
    ['/api/orphans?State=stuck', 'query: unknown field "State"'],
    ['/api/orphans?__proto__=1', 'query: unknown field "__proto__"'],
    ['/api/orphans?cursor=', 'query.cursor'],
    [`/api/orphans?cursor=${'x'.repeat(2001)}`, 'query.cursor'],
    ['/api/orphans/x?limit=5', 'query: unknown field "limit"'],
    ['/api/orphans/x/attempts?sort=oldest', 'query: unknown field "sort"'],
    ['/api/orphans/x%00y', 'path.workspaceId'],
    ['/api/orphans/x%00y/attempts', 'path.workspaceId'],
    [`/api/orphans/${'x'.repeat(201)}`, 'path.workspaceId'],
    ['/api/sweeps?quiet=no', 'query.quiet: must be boolean, got "no"'],
    ['/api/sweeps?quiet=0', 'query.quiet: must be boolean, got "0"'],
    ['/api/sweeps?trigger=cron', 'query.trigger: must be one of boot, interval, manual, got "cron"'],
    ['/api/sweeps?result=done', 'query.result: must be one of'],
    ['/api/sweeps?state=done', 'query: unknown field "state"'],
    ['/api/sweeps/not-an-id', 'path.id'],
    ['/api/sweeps/00000000-0000-4000-8000-000000000000?x=1', 'query: unknown field "x"'],
    ['/api/sweeps/00000000-0000-4000-8000-000000000000/attempts?limit=0', 'query.limit'],
    [
      '/api/sweeps/00000000-0000-4000-8000-000000000000/attempts?outcome=lost',
      'query.outcome: must be one of stopped,',
    ],
    ['/api/sweeps/not-an-id/attempts', 'path.id'],
    ['/api/status?x=1', 'query: unknown field "x"'],
    ['/api/config?x=1', 'query: unknown field "x"'],
    ['/api/openapi.json?x=1', 'query: unknown field "x"'],
  ])('%s', async (url, detail) => {
    const answer = await api.call(url);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.detail).toContain(detail);
  });

  it('of which so much is unknown that not all of it is told', async () => {
    const many = Array.from({ length: 20 }, (_, n) => `f${n}=1`).join('&');
    const answer = await api.call(`/api/status?a~b=1&${many}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.detail).toMatch(/^query: unknown fields, "a~b", "f0", "f1".* among them\.$/);
  });

  it('takes the edges of what is allowed', async () => {
    for (const query of ['limit=1', 'limit=200', `q=${'x'.repeat(200)}`, 'q=', 'tenant=default', 'sort=urgent']) {
      expect((await api.call(`/api/orphans?${query}`)).status).toBe(200);
    }
  });
});
