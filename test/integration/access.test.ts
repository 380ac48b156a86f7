import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createToken } from '../../server/access/tokens.ts';
import type { Role } from '../../server/sweep/outcome.ts';
import { type Api, createApi, emptyWorld, type OpenApi } from '../support/api.ts';
import { CLIENT, type OpenIdProvider, passThrough, startOpenIdProvider } from '../support/openid-provider.ts';
import { sendRaw } from '../support/raw-request.ts';
import { createWorld, type World } from '../support/world.ts';

const PROXY = '10.1.2.3';
const PUBLIC_URL = 'https://sweeper.example';
const BEHIND_PROXY = {
  ...{ HOST: '0.0.0.0', PUBLIC_URL, TRUSTED_PROXY: '10.1.0.0/16, 127.0.0.1' },
  ...{ TRUSTED_USER_HEADER: 'X-Forwarded-User', TRUSTED_GROUPS_HEADER: 'X-Forwarded-Groups' },
};

let world: World;
let provider: OpenIdProvider;
let proxied: Api;
let withOidc: Api;

beforeAll(async () => {
  [world, provider] = await Promise.all([createWorld(), startOpenIdProvider(`${PUBLIC_URL}/auth/callback`)]);
  proxied = await createApi(world, BEHIND_PROXY);
  withOidc = await createApi(world, {
    ...{ PUBLIC_URL, OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
    ROLE_ADMIN: 'admin',
  });
});
beforeEach(async () => {
  await emptyWorld(world);
});
afterAll(() => Promise.all([proxied?.close(), withOidc?.close(), world?.close(), provider?.close()]));

type Headers = Readonly<Record<string, string>>;

/** What the proxy says of somebody with this role. */
const as = (role: Role, name = 'anna'): Headers => ({ 'x-forwarded-user': name, 'x-forwarded-groups': `all, ${role}` });
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

/** Another one for each test: so many changes and refusals of one address are too many. */
let clients = 0;
let client = '';
beforeEach(() => {
  clients += 1;
  client = `203.0.${Math.floor(clients / 250)}.${clients % 250}`;
});

const behind = (request: InjectOptions, headers: Headers = {}): Promise<Answer> =>
  answerOf(proxied, {
    remoteAddress: PROXY,
    ...request,
    headers: { host: 'sweeper.example', 'x-forwarded-for': client, ...headers },
  });

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly header: (name: string) => unknown;
}

async function answerOf({ app }: Api, request: InjectOptions): Promise<Answer> {
  const response = await app.inject(request);
  const { statusCode: status, headers } = response;
  return { status, body: response.body === '' ? {} : response.json(), header: (name) => headers[name] };
}

async function tokenFor(role: Role, name: string): Promise<string> {
  const act = { actor: 'Tess', verified: true, address: null, requestId: null, reason: null };
  const created = await createToken(world.homeDatabase, 'default', { name, role, days: 30 }, act);
  if (created.kind !== 'created') throw new Error('the name was taken');
  return created.token;
}

const until = new Date(Date.now() + 3_600_000).toISOString();
const ID = '6e0f2a44-3f35-4c0c-9a6b-0a4f3f1e7a10';

/** Every call that changes something: who may make it at the least, and a request that would. */
const CHANGES: readonly { readonly call: string; readonly role: Role; readonly payload: object }[] = [
  { call: 'POST /api/sweeps', role: 'operator', payload: { workspaceIds: [] } },
  { call: `DELETE /api/sweeps/${ID}`, role: 'operator', payload: {} },
  { call: `PUT /api/orphans/${ID}/hold`, role: 'operator', payload: { reason: 'a test', until } },
  { call: `DELETE /api/orphans/${ID}/hold`, role: 'operator', payload: {} },
  { call: `POST /api/orphans/${ID}/acknowledge`, role: 'operator', payload: { reason: 'a test' } },
  { call: 'PUT /api/pause', role: 'operator', payload: { reason: 'a test', until } },
  { call: 'DELETE /api/pause', role: 'operator', payload: {} },
  { call: 'POST /api/notifications/test', role: 'operator', payload: {} },
  { call: 'POST /api/brake/release', role: 'admin', payload: { reason: 'a test', orphans: 0 } },
  { call: 'POST /api/tokens', role: 'admin', payload: { name: 'ci', role: 'viewer', days: 1 } },
  { call: `DELETE /api/tokens/${ID}`, role: 'admin', payload: {} },
];

const METHODS = ['POST', 'PUT', 'DELETE'] as const;

function requestOf({ call, payload }: (typeof CHANGES)[number]): InjectOptions & { url: string } {
  const [verb, url = ''] = call.split(' ');
  const method = METHODS.find((one) => one === verb);
  if (method === undefined) throw new Error(`${call} changes nothing`);
  return { method, url, payload };
}

/** What was done: everything that a change of these could have written. */
async function written(): Promise<unknown> {
  const [sweeps, tenants, tokens, orphans] = await Promise.all([
    world.home.query('select count(*)::int as n from sweeper.sweeps'),
    world.home.query('select pause_until, brake_released_at from sweeper.tenants'),
    world.home.query('select count(*)::int as n from sweeper.api_tokens'),
    world.home.query('select count(*)::int as n from sweeper.orphans where hold_until is not null'),
  ]);
  return [sweeps.rows, tenants.rows, tokens.rows, orphans.rows];
}

const refusals = async (): Promise<readonly (string | null)[]> => {
  const sql = 'select refused from sweeper.audit where refused is not null order by at';
  const { rows } = await world.home.query<{ refused: string | null }>(sql);
  return rows.map(({ refused }) => refused);
};

/** Somebody who must not, and how they are told. */
const STRANGERS: readonly {
  readonly who: string;
  readonly code: string;
  readonly status: number;
  readonly ask: (request: InjectOptions) => Promise<Answer>;
}[] = [
  { who: 'nobody', status: 401, code: 'signed_out', ask: (request) => behind(request) },
  {
    who: 'a name without a group that has a role',
    status: 403,
    code: 'no_role',
    ask: (request) => behind(request, { 'x-forwarded-user': 'carl', 'x-forwarded-groups': 'sales' }),
  },
  {
    who: 'a forged header',
    status: 403,
    code: 'forged_header',
    ask: (request) => behind({ ...request, remoteAddress: client }, as('admin')),
  },
  {
    who: 'a forged header beside the token of an admin',
    status: 403,
    code: 'forged_header',
    ask: async (request) =>
      behind({ ...request, remoteAddress: client }, { ...as('admin'), ...bearer(await tokenFor('admin', 'a')) }),
  },
  {
    who: 'an expired token',
    status: 401,
    code: 'signed_out',
    ask: async (request) => {
      const token = await tokenFor('admin', 'expired');
      await world.home.query(`update sweeper.api_tokens set expires_at = now() where name = 'expired'`);
      return behind(request, bearer(token));
    },
  },
  {
    who: 'a revoked token, though a proxy names an admin',
    status: 401,
    code: 'signed_out',
    ask: async (request) => {
      const token = await tokenFor('admin', 'revoked');
      await world.home.query(`update sweeper.api_tokens set revoked_at = now() where name = 'revoked'`);
      return behind(request, { ...as('admin'), ...bearer(token) });
    },
  },
  {
    who: 'an admin on a page of another site',
    status: 403,
    code: 'foreign_origin',
    ask: (request) => behind(request, { ...as('admin'), origin: 'https://elsewhere.example' }),
  },
  {
    who: 'an admin whose browser says that another site asks',
    status: 403,
    code: 'foreign_origin',
    ask: (request) => behind(request, { ...as('admin'), 'sec-fetch-site': 'cross-site' }),
  },
  {
    who: 'a code that came back under another issuer',
    status: 401,
    code: 'signed_out',
    ask: (request) => askWithSession(request, (came) => came.searchParams.set('iss', 'https://elsewhere.example')),
  },
  {
    who: 'a code that was used before',
    status: 401,
    code: 'signed_out',
    ask: (request) => askWithSession(request, (came, use) => use(came)),
  },
  {
    who: 'an expired session',
    status: 401,
    code: 'signed_out',
    ask: (request) =>
      askWithSession(
        request,
        () => undefined,
        async () => {
          await world.home.query('update sweeper.sessions set expires_at = now()');
        },
      ),
  },
];

/** Signs an admin in, with something done to the way back, and asks with whatever the browser holds then. */
async function askWithSession(
  request: InjectOptions,
  spoil: (came: URL, use: (came: URL) => Promise<unknown>) => unknown,
  afterwards: () => Promise<void> = async () => undefined,
): Promise<Answer> {
  provider.groups('admin');
  const host = { host: 'sweeper.example' };
  const begun = await withOidc.app.inject({ url: '/auth/sign-in', headers: host });
  const kept = Object.fromEntries(begun.cookies.map(({ name, value }) => [name, value]));
  const came = await passThrough(begun.headers.location?.toString() ?? '', 'anna', `${PUBLIC_URL}/auth/callback`);
  const comeBack = (url: URL) =>
    withOidc.app.inject({ url: `${url.pathname}${url.search}`, cookies: kept, headers: host });
  await spoil(came, comeBack);
  const back = await comeBack(came);
  const jar = Object.fromEntries(back.cookies.filter(({ value }) => value !== '').map((one) => [one.name, one.value]));
  await afterwards();
  return answerOf(withOidc, { ...request, headers: host, cookies: jar });
}

describe('a call that changes something', () => {
  it('is one of these', async () => {
    const { body } = await proxied.app
      .inject({ url: '/api/openapi.json', remoteAddress: PROXY, headers: { host: 'sweeper.example', ...as('viewer') } })
      .then((response) => ({ body: response.json<OpenApi>() }));
    const documented = Object.entries(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, ID)}`),
    );
    expect(documented.sort()).toEqual(CHANGES.map(({ call }) => call).sort());
    expect(documented).toHaveLength(11);
  });

  describe.each(CHANGES)('$call', (change) => {
    it.each(STRANGERS)('is refused to $who ($code), changes nothing, and is written down', async (stranger) => {
      const before = await written();
      const answer = await stranger.ask(requestOf(change));
      expect(answer).toMatchObject({ status: stranger.status, body: { code: stranger.code } });
      const tokensApart = (of: unknown) => JSON.stringify(of).replace(/\[\{"n":\d\}\]/g, '');
      expect(tokensApart(await written())).toBe(tokensApart(before));
      expect(await refusals()).toEqual([stranger.code]);
    });

    const roles: readonly Role[] = ['viewer', 'operator', 'admin'];
    const below = roles.slice(0, roles.indexOf(change.role));

    it.each(below)('is refused to a %s, by the proxy and by a token, and says which role it takes', async (role) => {
      const before = await written();
      const byHeader = await behind(requestOf(change), as(role));
      expect(byHeader).toMatchObject({
        status: 403,
        body: {
          code: 'role_required',
          detail: expect.stringContaining(`needs the role ${change.role}; anna may act as ${role}`),
        },
      });
      expect(await written()).toEqual(before);
      const byToken = await behind(requestOf(change), bearer(await tokenFor(role, 'script')));
      expect(byToken).toMatchObject({ status: 403, body: { code: 'role_required' } });
      expect(await refusals()).toEqual(['role_required', 'role_required']);
    });

    it.each(roles.slice(roles.indexOf(change.role)))('reaches what it asks for when a %s asks', async (role) => {
      for (const headers of [as(role), bearer(await tokenFor(role, 'script')), { ...as(role), origin: PUBLIC_URL }]) {
        await world.home.query(`update sweeper.api_tokens set name = name || id where name = 'ci'`);
        const { status, body } = await behind(requestOf(change), headers);
        expect([200, 201, 202, 404, 409], JSON.stringify(body)).toContain(status);
      }
    });
  });
});

describe('looking', () => {
  it('is told which header did not come, where that is why there is no role', async () => {
    const carl = { 'x-forwarded-user': 'carl' };
    const status = { url: '/api/status' };
    expect((await behind(status, carl)).body['detail']).toBe(
      'carl is signed in, but has no role here: their groups did not come (x-forwarded-groups, TRUSTED_GROUPS_HEADER), ' +
        'and the name itself is not in ROLE_VIEWER, ROLE_OPERATOR or ROLE_ADMIN.',
    );
    expect((await behind(status, { ...carl, 'x-forwarded-groups': '' })).body['detail']).toContain(
      'none of their groups',
    );
  });

  const LOOKS = [
    '/api/status',
    '/api/orphans',
    '/api/sweeps',
    '/api/audit',
    '/api/config',
    '/api/history',
    '/api/orphans.csv',
  ];

  it.each([...LOOKS, '/api/openapi.json'])('at %s takes a role, any of them', async (url) => {
    expect(await behind({ url })).toMatchObject({ status: 401, body: { code: 'signed_out', signIn: null } });
    const response = await proxied.app.inject({
      url,
      remoteAddress: PROXY,
      headers: { host: 'sweeper.example', ...as('viewer') },
    });
    expect(response.statusCode).toBe(200);
  });

  it('at the API tokens takes an admin', async () => {
    expect(await behind({ url: '/api/tokens' }, as('operator'))).toMatchObject({ body: { code: 'role_required' } });
    expect(await behind({ url: '/api/tokens' }, as('admin'))).toMatchObject({ status: 200, body: { items: [] } });
  });

  it.each(['/healthz', '/readyz', '/metrics'])('at %s takes nobody, under any name', async (url) => {
    for (const host of ['sweeper.example', '10.4.5.6:8080']) {
      expect((await proxied.app.inject({ url, headers: { host } })).statusCode).toBe(200);
    }
  });

  it('is not kept by caches for others', async () => {
    const { header } = await behind({ url: '/api/status' }, as('viewer'));
    expect(header('cache-control')).toBe('private, no-cache');
  });

  it('knows whom the proxy names, and where they come from', async () => {
    const headers = { ...as('operator', 'bodo@example.com'), 'x-forwarded-for': '203.0.113.9' };
    expect((await behind({ url: '/api/status' }, headers)).body).toMatchObject({
      you: { name: 'bodo@example.com', role: 'operator', proof: 'header' },
    });
    await behind({ method: 'DELETE', url: '/api/pause', payload: { actor: 'Mallory' } }, headers);
    const { rows } = await world.home.query('select actor, verified, address, refused from sweeper.audit');
    expect(rows).toEqual([
      { actor: 'bodo@example.com', verified: true, address: '203.0.113.9', refused: 'actor_not_yours' },
    ]);
  });

  it("under a name that came twice is refused: one of them is the caller's", async () => {
    const { port } = new URL(await proxied.app.listen({ port: 0, host: '127.0.0.1' }));
    for (const name of ['x-forwarded-user', 'x-forwarded-groups']) {
      const headers = { host: 'sweeper.example', connection: 'close', ...as('viewer') };
      const lines = [...Object.entries(headers), [name, 'admin']].map(([key, value]) => `${key}: ${value}`);
      const bytes = Buffer.from(`${['GET /api/status HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`);
      const text = await sendRaw(Number(port), bytes, 60_000);
      expect(text).toContain('403 Forbidden');
      expect(text).toContain(`${name} came more than once`);
    }
  });
});

describe('API tokens', () => {
  const give = (payload: object, headers = as('admin')) =>
    behind({ method: 'POST', url: '/api/tokens', payload }, headers);

  it('are shown once, kept as a hash, and let a script in under their name', async () => {
    const given = await give({ name: 'nightly', role: 'operator', days: 30 });
    const { id, token } = given.body;
    expect(given).toMatchObject({ status: 201, body: { token: expect.stringMatching(/^sweeper_[\w-]{43}$/) } });
    expect(given.header('cache-control')).toBe('no-store');
    const { body } = await behind({ url: '/api/status' }, bearer(String(token)));
    expect(body['you']).toEqual({ name: 'nightly', role: 'operator', proof: 'token' });
    const { rows } = await world.home.query('select * from sweeper.api_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
    const list = await behind({ url: '/api/tokens' }, as('admin'));
    expect(list.body['items']).toEqual([
      {
        ...{ id, name: 'nightly', role: 'operator', createdBy: 'anna', expired: false },
        ...{ createdAt: expect.any(String), expiresAt: expect.any(String), lastUsedAt: expect.any(String) },
      },
    ]);
  });

  it('are unique by name until they are revoked, which works at once', async () => {
    const { id, token } = (await give({ name: 'ci', role: 'viewer', days: 1 })).body;
    const headers = bearer(String(token));
    expect((await behind({ url: '/api/status' }, headers)).status).toBe(200);
    expect(await give({ name: 'ci', role: 'admin', days: 1 })).toMatchObject({
      status: 409,
      body: { code: 'name_taken' },
    });
    const revoked = await behind({ method: 'DELETE', url: `/api/tokens/${id}` }, as('admin'));
    expect(revoked).toMatchObject({ status: 200, body: { items: [] } });
    expect(await behind({ url: '/api/status' }, headers)).toMatchObject({ status: 401, body: { code: 'signed_out' } });
    expect((await give({ name: 'ci', role: 'viewer', days: 1 })).status).toBe(201);
    const again = await behind({ method: 'DELETE', url: `/api/tokens/${id}` }, as('admin'));
    expect(again).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each([
    { name: '', role: 'viewer', days: 1 },
    { name: 'x', role: 'root', days: 1 },
    { name: 'x', role: 'viewer', days: 0 },
    { name: 'x', role: 'viewer', days: 367 },
    { name: 'x', role: 'viewer' },
    { name: 'x', role: 'viewer', days: '1' },
  ])('are not given out for %j', async (payload) => {
    expect(await give(payload)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('of another program are none of ours: whom the proxy names is let in', async () => {
    const headers = { ...as('viewer'), ...bearer('eyJhbGciOiJSUzI1NiJ9.e30.x') };
    expect((await behind({ url: '/api/status' }, headers)).status).toBe(200);
  });

  it('name whoever changes things where nobody has to sign in, and must be right there, too', async () => {
    const open = await createApi(world);
    const token = await tokenFor('operator', 'nightly');
    const ask = (headers: Headers) => answerOf(open, { url: '/api/status', headers });
    expect((await ask({})).body).toMatchObject({ you: { name: null, role: 'admin', proof: 'open' } });
    expect((await ask(bearer(token))).body).toMatchObject({ you: { name: 'nightly', role: 'operator' } });
    expect(await ask(bearer(`${token}x`))).toMatchObject({ status: 401 });
    await open.close();
  });
});
