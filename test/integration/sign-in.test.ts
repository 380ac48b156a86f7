import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditAnswer } from '../../server/api/audit.ts';
import type { Status } from '../../server/api/status.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { CLIENT, type OpenIdProvider, passThrough, startOpenIdProvider } from '../support/openid-provider.ts';
import { createWorld, type World } from '../support/world.ts';

const PUBLIC_URL = 'http://127.0.0.1:8081';
const CALLBACK = `${PUBLIC_URL}/auth/callback`;

let world: World;
let provider: OpenIdProvider;
let api: Api;

const settings = () => ({
  ...{ PUBLIC_URL, OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
  ...{ ROLE_VIEWER: 'engineering', ROLE_OPERATOR: 'sre, platform', ROLE_ADMIN: 'sre-leads', SESSION_HOURS: '2' },
});

beforeAll(async () => {
  [world, provider] = await Promise.all([createWorld(), startOpenIdProvider(CALLBACK)]);
  api = await createApi(world, settings());
});
beforeEach(async () => {
  await emptyWorld(world);
  provider.groups('sre');
});
afterAll(() => Promise.all([api?.close(), world?.close(), provider?.close()]));

/** What a browser holds, cookie by cookie. */
type Jar = Record<string, string>;

interface Page {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  readonly cookies: readonly string[];
}

/** One request of a browser with these cookies, which it keeps and drops as it is told. */
async function visit(jar: Jar, request: InjectOptions): Promise<Page> {
  const response = await api.app.inject({ ...request, cookies: jar });
  for (const { name, value } of response.cookies) {
    if (value === '') delete jar[name];
    else jar[name] = value;
  }
  const set = response.headers['set-cookie'] ?? [];
  return {
    status: response.statusCode,
    location: response.headers.location?.toString() ?? null,
    text: response.body,
    cookies: [set].flat(),
  };
}

async function begin(jar: Jar, returnTo = '/'): Promise<string> {
  const page = await visit(jar, { url: '/auth/sign-in', query: { return: returnTo } });
  expect(page).toMatchObject({ status: 303, location: expect.stringContaining(provider.issuer) });
  return page.location ?? '';
}

const back = (url: URL) => `${url.pathname}${url.search}`;

async function signIn(name: string, returnTo = '/'): Promise<{ jar: Jar; page: Page; came: URL }> {
  const jar: Jar = {};
  const came = await passThrough(await begin(jar, returnTo), name, CALLBACK);
  const page = await visit(jar, { url: back(came) });
  return { jar, page, came };
}

const statusOf = async (jar: Jar) => {
  const response = await api.app.inject({ url: '/api/status', cookies: jar });
  const body: Status & { code?: string } = response.json();
  return { status: response.statusCode, body };
};

const audited = async () => {
  const { rows } = await world.home.query<{ action: string; actor: string | null; refused: string | null }>(
    'select action, actor, verified, refused from sweeper.audit order by at, id',
  );
  return rows;
};

describe('signing in with an OpenID provider', () => {
  it('leads there and back, to where one wanted to go, and lets in with the role of the groups', async () => {
    const { jar, page } = await signIn('anna', '/orphans?state=stuck');
    expect(page).toMatchObject({ status: 303, location: '/orphans?state=stuck' });
    expect(await statusOf(jar)).toMatchObject({
      status: 200,
      body: { you: { name: 'anna', role: 'operator', proof: 'oidc' } },
    });
    expect(await audited()).toEqual([{ action: 'sign_in', actor: 'anna', verified: true, refused: null }]);
  });

  it('asks for a code with PKCE, state and nonce, under our own address', async () => {
    const asked = new URL(await begin({})).searchParams;
    expect(Object.fromEntries(asked)).toEqual({
      response_type: 'code',
      client_id: CLIENT.id,
      redirect_uri: CALLBACK,
      scope: 'openid profile email',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(new URL(await begin({})).searchParams.get('state')).not.toBe(asked.get('state'));
  });

  it('keeps cookies from scripts and other sites, and ends them', async () => {
    const { page } = await signIn('anna');
    const [session = ''] = page.cookies.filter((line) => line.startsWith('orphan-sweeper='));
    expect(session).toMatch(/^orphan-sweeper=[\w-]{43}; Max-Age=7200; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('keeps no credential: what is in the database opens nothing', async () => {
    const { jar } = await signIn('anna');
    const { rows } = await world.home.query<{ hash: string }>('select hash from sweeper.sessions');
    expect(rows).toHaveLength(1);
    expect(await statusOf({ 'orphan-sweeper': rows[0]?.hash ?? '' })).toMatchObject({ status: 401 });
    expect(JSON.stringify(rows)).not.toContain(jar['orphan-sweeper']);
  });

  it.each([
    ['engineering', 'viewer'],
    ['platform', 'operator'],
    ['sre-leads', 'admin'],
  ])('of %s is a %s', async (group, role) => {
    provider.groups('others', group);
    const { jar } = await signIn('bodo');
    expect((await statusOf(jar)).body.you).toEqual({ name: 'bodo', role, proof: 'oidc' });
  });

  it('of no group that has a role opens nothing, says so, and is written down', async () => {
    provider.groups('sales', 'sre-leads-of-elsewhere');
    const { jar, page } = await signIn('carl');
    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('carl is signed in, but has no role') });
    expect(await statusOf(jar)).toMatchObject({ status: 401 });
    expect(await audited()).toEqual([{ action: 'sign_in', actor: 'carl', verified: true, refused: 'no_role' }]);
  });

  it.each(['https://elsewhere.example/', '//elsewhere.example/', '/\\elsewhere.example', 'javascript:alert(1)'])(
    'never leads to %s afterwards',
    async (returnTo) => {
      expect((await signIn('anna', returnTo)).page.location).toBe('/');
    },
  );
});

describe('a way back that is refused', () => {
  const refused = { status: 400, text: expect.stringContaining('<h1>Not signed in</h1>') };

  it('with a code that was used already, by the same browser and by another', async () => {
    const { jar, came } = await signIn('anna');
    const replayed = { ...jar };
    expect(await visit(replayed, { url: back(came) })).toMatchObject(refused);
    expect(await visit({}, { url: back(came) })).toMatchObject(refused);
  });

  it('with a code that was used already, though the browser kept what it had begun', async () => {
    const jar: Jar = {};
    const came = await passThrough(await begin(jar), 'anna', CALLBACK);
    const kept = { ...jar };
    expect(await visit(jar, { url: back(came) })).toMatchObject({ status: 303 });
    expect(await visit(kept, { url: back(came) })).toMatchObject({
      status: 400,
      text: expect.stringContaining('did not accept the code: invalid_grant'),
    });
    expect(Object.keys(kept)).toEqual([]);
  });

  it("with somebody else's code: a browser finishes only what it has begun", async () => {
    const others = await passThrough(await begin({}), 'mallory', CALLBACK);
    const jar: Jar = {};
    await begin(jar);
    expect(await visit(jar, { url: back(others) })).toMatchObject(refused);
    expect(await statusOf(jar)).toMatchObject({ status: 401 });
  });

  it('under another state than it began with, though the code is its own', async () => {
    const jar: Jar = {};
    const came = await passThrough(await begin(jar), 'anna', CALLBACK);
    came.searchParams.set('state', 'another');
    expect(await visit(jar, { url: back(came) })).toMatchObject(refused);
    expect(await statusOf(jar)).toMatchObject({ status: 401 });
  });

  it('under the name of another issuer', async () => {
    const jar: Jar = {};
    const came = await passThrough(await begin(jar), 'anna', CALLBACK);
    came.searchParams.set('iss', 'https://elsewhere.example');
    expect(await visit(jar, { url: back(came) })).toMatchObject(refused);
    expect(await statusOf(jar)).toMatchObject({ status: 401 });
  });

  it('with an error of the provider, which is named', async () => {
    const jar: Jar = {};
    const state = new URL(await begin(jar)).searchParams.get('state') ?? '';
    const url = `/auth/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}`;
    expect(await visit(jar, { url })).toMatchObject({ status: 400, text: expect.stringContaining('access_denied') });
  });

  it.each(['', 'x', Buffer.from('{}').toString('base64url'), Buffer.from('null').toString('base64url')])(
    'with the kept state %j',
    async (kept) => {
      expect(await visit({ 'orphan-sweeper-sign-in': kept }, { url: '/auth/callback?code=x' })).toMatchObject(refused);
    },
  );

  it('while the provider is away, which is said, and tried again', async () => {
    const away = await createApi(world, { ...settings(), OIDC_ISSUER: 'http://127.0.0.1:9' });
    const response = await away.app.inject({ url: '/auth/sign-in' });
    expect(response.statusCode).toBe(502);
    expect(response.body).toContain('The OpenID provider (OIDC_ISSUER) does not answer.');
    await away.close();
  });
});

describe('a session', () => {
  const age = (by: string) =>
    world.home.query(`update sweeper.sessions set expires_at = expires_at - interval '${by}'`);

  it('ends by itself, at the latest ten seconds after its time, on every replica', async () => {
    const { jar } = await signIn('anna');
    await age('3 hours');
    const other = await createApi(world, settings());
    const { statusCode, body } = await other.app.inject({ url: '/api/status', cookies: jar });
    expect([statusCode, JSON.parse(body)]).toMatchObject([401, { code: 'signed_out', signIn: '/auth/sign-in' }]);
    await other.close();
  });

  it('ends where one signs out: at once, and in the database', async () => {
    const { jar } = await signIn('anna');
    const kept = { ...jar };
    expect(await statusOf(jar)).toMatchObject({ status: 200 });
    const out = await visit(jar, { method: 'POST', url: '/auth/sign-out', headers: { origin: PUBLIC_URL } });
    expect([out.status, jar]).toEqual([204, {}]);
    expect(await statusOf(kept)).toMatchObject({ status: 401 });
    expect((await audited()).map(({ action, actor }) => [action, actor])).toEqual([
      ['sign_in', 'anna'],
      ['sign_out', 'anna'],
    ]);
    expect((await visit(kept, { method: 'POST', url: '/auth/sign-out' })).status, 'once more').toBe(204);
  });

  it('is not ended from another site', async () => {
    const { jar } = await signIn('anna');
    const from = { origin: 'https://elsewhere.example' };
    expect((await visit(jar, { method: 'POST', url: '/auth/sign-out', headers: from })).status).toBe(403);
    expect(await statusOf(jar)).toMatchObject({ status: 200 });
  });

  it('of another tenant is none of ours', async () => {
    const { jar } = await signIn('anna');
    await world.home.query(`update sweeper.sessions set tenant = 'another'`);
    expect(await statusOf(jar)).toMatchObject({ status: 401 });
  });

  it('of somebody who changes things gives the change its name, which no body can', async () => {
    const { jar } = await signIn('anna');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const pause = (payload: object) =>
      visit(jar, { method: 'PUT', url: '/api/pause', payload: { reason: 'a move', until, ...payload } });
    expect((await pause({ actor: 'Mallory' })).text).toContain('actor_not_yours');
    expect((await pause({})).status).toBe(200);
    expect(JSON.parse((await pause({ actor: 'anna' })).text)).toMatchObject({
      pause: { actor: 'anna', verified: true },
    });
    const { items }: AuditAnswer = JSON.parse((await visit(jar, { url: '/api/audit' })).text);
    expect(items.map(({ action, actor, verified, refused }) => [action, actor, verified, refused])).toEqual([
      ['pause', 'anna', true, null],
      ['pause', 'anna', true, null],
      ['pause', 'anna', true, 'actor_not_yours'],
      ['sign_in', 'anna', true, null],
    ]);
  });
});
