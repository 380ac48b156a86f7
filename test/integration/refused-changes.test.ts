import type { InjectOptions } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { hold } from '../../server/sweep/hold.ts';
import { pause } from '../../server/sweep/pause.ts';
import { ANNA, audited, everything, latchBrake, minutesFromNow, stoppedLive } from '../support/acting.ts';
import { type Api, createApi } from '../support/api.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
let workspaceId: string;
let sweepId: string;

beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  workspaceId = await stoppedLive(world);
  const queued = await api.sweeper.schedule.enqueue(
    { workspaceIds: ['x'], expected: null, dryRun: true, drain: false },
    ANNA,
  );
  sweepId = 'sweepId' in queued ? queued.sweepId : '';
  await hold(world.homeDatabase, 'default', ANNA, workspaceId, minutesFromNow(60));
  await pause(world.homeDatabase, 'default', ANNA, minutesFromNow(60));
  await latchBrake(world);
  return async () => {
    await api.close();
    await world.close();
  };
});

interface Route {
  readonly action: string;
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly url: () => string;
  readonly target: () => string | null;
  /** Nothing is wrong with it, but for the brake. */
  readonly body: () => Record<string, unknown>;
  readonly needsActor: boolean;
}

const until = () => minutesFromNow(60).toISOString();
const ofWorkspace = (path: string) => ({
  url: () => `/api/orphans/${workspaceId}/${path}`,
  target: () => workspaceId,
  needsActor: true,
});
const ofAll = (url: string) => ({ url: () => url, target: () => null, needsActor: true });

const ROUTES: readonly Route[] = [
  { action: 'hold', method: 'PUT', ...ofWorkspace('hold'), body: () => ({ reason: 'r', until: until() }) },
  { action: 'end_hold', method: 'DELETE', ...ofWorkspace('hold'), body: () => ({}) },
  { action: 'acknowledge', method: 'POST', ...ofWorkspace('acknowledge'), body: () => ({ reason: 'r' }) },
  { action: 'pause', method: 'PUT', ...ofAll('/api/pause'), body: () => ({ reason: 'r', until: until() }) },
  { action: 'resume', method: 'DELETE', ...ofAll('/api/pause'), body: () => ({}) },
  {
    action: 'release_brake',
    method: 'POST',
    ...ofAll('/api/brake/release'),
    body: () => ({ reason: 'r', orphans: 1 }),
  },
  { action: 'sweep', method: 'POST', ...ofAll('/api/sweeps'), needsActor: false, body: () => ({}) },
  { action: 'dry_run', method: 'POST', ...ofAll('/api/sweeps'), needsActor: false, body: () => ({ dryRun: true }) },
  { action: 'drain', method: 'POST', ...ofAll('/api/sweeps'), body: () => ({ drain: true }) },
  {
    action: 'test_notifications',
    method: 'POST',
    ...ofAll('/api/notifications/test'),
    needsActor: false,
    body: () => ({}),
  },
  {
    action: 'cancel',
    method: 'DELETE',
    url: () => `/api/sweeps/${sweepId}`,
    target: () => sweepId,
    needsActor: false,
    body: () => ({}),
  },
];

interface Fault {
  readonly what: string;
  readonly code: string;
  /** What is sent instead; the body as it is sent. */
  readonly headers?: Record<string, string>;
  readonly url?: (url: string) => string;
  readonly payload?: (body: Record<string, unknown>) => string;
  /** Who and why could be read of it. */
  readonly readable: boolean;
  readonly onlyWhere?: (route: Route) => boolean;
}

const sent = (change: Record<string, unknown>) => (body: Record<string, unknown>) =>
  JSON.stringify({ ...body, actor: 'Eve', ...change });

const FAULTS: readonly Fault[] = [
  { what: 'a reason that is a number', code: 'invalid_request', payload: sent({ reason: 7 }), readable: true },
  { what: 'a blank reason', code: 'invalid_request', payload: sent({ reason: '  ' }), readable: true },
  { what: 'a reason of two lines', code: 'invalid_request', payload: sent({ reason: 'a\nb' }), readable: true },
  {
    what: 'a reason that is too long',
    code: 'invalid_request',
    payload: sent({ reason: 'x'.repeat(501) }),
    readable: true,
  },
  { what: 'an unknown field', code: 'invalid_request', payload: sent({ force: true }), readable: true },
  { what: 'an unknown parameter', code: 'invalid_request', url: (url) => `${url}?force=true`, readable: true },
  { what: 'a list', code: 'invalid_request', payload: () => '[]', readable: false },
  { what: 'half of a JSON', code: 'invalid_request', payload: () => '{"actor":"Eve"', readable: false },
  {
    what: 'an actor of two lines',
    code: 'invalid_request',
    payload: (body) => JSON.stringify({ ...body, actor: 'E\nve' }),
    readable: false,
  },
  {
    what: 'nobody who does it',
    code: 'actor_required',
    payload: (body) => JSON.stringify(body),
    readable: false,
    onlyWhere: ({ needsActor }) => needsActor,
  },
  { what: 'a foreign Origin', code: 'foreign_origin', headers: { origin: 'http://evil.example' }, readable: false },
  { what: 'a foreign site', code: 'foreign_origin', headers: { 'sec-fetch-site': 'cross-site' }, readable: false },
  { what: 'a form', code: 'unsupported_media_type', headers: { 'content-type': 'text/plain' }, readable: false },
  { what: 'an unknown Host', code: 'unknown_host', headers: { host: 'evil.example' }, readable: false },
  {
    what: 'more than 64 kB',
    code: 'body_too_large',
    payload: sent({ reason: 'x'.repeat(64 * 1024) }),
    readable: false,
  },
];

const CASES = ROUTES.flatMap((route) =>
  FAULTS.filter((fault) => fault.onlyWhere?.(route) ?? true).map((fault) => ({
    name: `${route.action} with ${fault.what}`,
    route,
    fault,
  })),
);

const ask = (route: Route, fault: Partial<Fault>, remoteAddress: string) => {
  const { payload = sent({}), url = (same: string) => same, headers = {} } = fault;
  const request: InjectOptions = {
    method: route.method,
    url: url(route.url()),
    headers: { 'content-type': 'application/json', ...headers },
    payload: payload(route.body()),
    remoteAddress,
  };
  return api.call(request);
};

it('every route that changes something is asked in every wrong way', () => {
  expect(CASES).toHaveLength(11 * 14 + 7);
  const methods = new Set(ROUTES.map(({ method, url }) => `${method} ${url()}`));
  expect(methods.size).toBe(9);
});

describe('a change that is refused is written down with its code, and changes nothing', () => {
  it.each(CASES)('$name', async ({ route, fault }) => {
    const address = `198.51.100.${CASES.findIndex((one) => one.route === route && one.fault === fault) + 1}`;
    const [before, written] = [await everything(world), await audited(world)];
    const answer = await ask(route, fault, address);
    expect(answer.body.code).toBe(fault.code);
    expect(await everything(world)).toEqual(before);
    const { action: asked } = route;
    // Of what cannot be read nobody knows that it was to be more than a sweep.
    const known = fault.readable || fault.code === 'actor_required' || fault.what === 'an actor of two lines';
    const action = ['dry_run', 'drain'].includes(asked) && !known ? 'sweep' : asked;
    expect((await audited(world)).slice(written.length)).toEqual([
      {
        actor: fault.readable ? 'Eve' : null,
        verified: false,
        address,
        action,
        target: route.target(),
        reason: fault.readable || known ? readableReason(route, fault) : null,
        refused: fault.code,
        request_id: answer.header('x-request-id'),
      },
    ]);
  });
});

/** What was given as the reason, if it is one. */
function readableReason(route: Route, fault: Fault): unknown {
  if (fault.what.includes('reason')) return null;
  return route.body()['reason'] ?? null;
}

describe('a refusal by what there is, not by how it was asked', () => {
  const elsewhere = (route: Partial<Route> & { readonly action: string }): Route => {
    const found = ROUTES.find(({ action }) => action === route.action);
    if (found === undefined) throw new Error(`no route ${route.action}`);
    return { ...found, ...route };
  };

  it.each([
    ['a hold of what was never seen', { action: 'hold', url: () => '/api/orphans/nobody/hold' }, 'not_found', 'nobody'],
    ['an end of such a hold', { action: 'end_hold', url: () => '/api/orphans/nobody/hold' }, 'not_found', 'nobody'],
    [
      'an acknowledgement of what was never seen',
      { action: 'acknowledge', url: () => '/api/orphans/nobody/acknowledge' },
      'not_found',
      'nobody',
    ],
    ['a sweep under the brake', { action: 'sweep' }, 'brake_latched', null],
    ['a drain under the brake', { action: 'drain' }, 'brake_latched', null],
    [
      'a cancel of a sweep that there is not',
      { action: 'cancel', url: () => '/api/sweeps/00000000-0000-4000-8000-000000000000' },
      'not_found',
      '00000000-0000-4000-8000-000000000000',
    ],
    [
      'a hold until yesterday',
      { action: 'hold', body: () => ({ reason: 'r', until: '2020-01-01T00:00Z' }) },
      'invalid_request',
      'w',
    ],
    [
      'a pause for 31 days',
      { action: 'pause', body: () => ({ reason: 'r', until: minutesFromNow(31 * 1440) }) },
      'invalid_request',
      null,
    ],
    [
      'a pause without an offset',
      { action: 'pause', body: () => ({ reason: 'r', until: '2099-01-01T00:00' }) },
      'invalid_request',
      null,
    ],
    [
      'a pause until a day that is none',
      { action: 'pause', body: () => ({ reason: 'r', until: '2027-02-30T00:00Z' }) },
      'invalid_request',
      null,
    ],
    [
      'a pause until a year that no calendar has',
      { action: 'pause', body: () => ({ reason: 'r', until: '0000-01-01T00:00Z' }) },
      'invalid_request',
      null,
    ],
    [
      'a release with a wrong number',
      { action: 'release_brake', body: () => ({ reason: 'r', orphans: 0 }) },
      'brake_moved',
      null,
    ],
  ] as const)('%s', async (_what, change, code, target) => {
    const [before, written] = [await everything(world), await audited(world)];
    const route = elsewhere(change);
    const answer = await ask(route, {}, '203.0.113.1');
    expect(answer.body.code).toBe(code);
    expect(await everything(world)).toEqual(before);
    expect((await audited(world)).slice(written.length)).toEqual([
      {
        actor: 'Eve',
        verified: false,
        address: '203.0.113.1',
        action: change.action,
        target: target === 'w' ? workspaceId : target,
        reason: route.body()['reason'] ?? null,
        refused: code,
        request_id: answer.header('x-request-id'),
      },
    ]);
  });
});

describe('refusals', () => {
  it('are answered, but not written down without end: 60 a minute from one address', async () => {
    const [pausing] = ROUTES.filter(({ action }) => action === 'pause');
    if (pausing === undefined) throw new Error('no route');
    const before = (await audited(world)).length;
    for (let n = 0; n < 65; n++) expect((await ask(pausing, { payload: () => '{}' }, '203.0.113.9')).status).toBe(400);
    expect((await audited(world)).length - before).toBe(60);
    await ask(pausing, { payload: () => '{}' }, '203.0.113.10');
    expect((await audited(world)).length - before).toBe(61);
  });

  it('of reading are not written down, nor of what leads nowhere', async () => {
    const before = await audited(world);
    await api.call('/api/orphans?limit=0');
    await api.call({ method: 'POST', url: '/api/pause', payload: {} });
    expect(await audited(world)).toEqual(before);
  });

  it('are answered as ever while they cannot be written down', async () => {
    await world.home.query('alter table sweeper.audit rename to audit_elsewhere');
    const [pausing] = ROUTES.filter(({ action }) => action === 'pause');
    if (pausing === undefined) throw new Error('no route');
    const answer = await ask(pausing, { payload: () => '{}' }, '203.0.113.11');
    await world.home.query('alter table sweeper.audit_elsewhere rename to audit');
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});
