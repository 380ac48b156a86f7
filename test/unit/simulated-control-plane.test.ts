import { afterEach, describe, expect, it } from 'vitest';
import {
  type SimulatedControlPlane,
  type SimulatedControlPlaneOptions,
  startControlPlane,
} from '../../server/demo/control-plane.ts';
import type { Fault } from '../../server/demo/faults.ts';
import { until } from '../support/until.ts';

let plane: SimulatedControlPlane | undefined;

afterEach(async () => {
  await plane?.close();
  plane = undefined;
});

async function start(options: SimulatedControlPlaneOptions = {}): Promise<SimulatedControlPlane> {
  plane = await startControlPlane({ seed: [{ workspaceId: 'w', instanceId: 'i' }], ...options });
  return plane;
}

interface CallOptions {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly method?: string;
}

const call = (path: string, options: CallOptions = {}) =>
  fetch((plane?.url ?? '') + path, {
    method: 'DELETE',
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
    ...options,
  });
const stop = (instanceId = 'i', options: CallOptions = {}) =>
  call(`/cp/workspaces/w?instance_id=${encodeURIComponent(instanceId)}`, options);
const status = (instanceId = 'i', options: CallOptions = {}) =>
  call(`/cp/workspaces/w/status?instance_id=${encodeURIComponent(instanceId)}`, { method: 'GET', ...options });
const stateOf = async (instanceId = 'i') => (await status(instanceId)).json();

describe('the simulated control plane in good health', () => {
  it('terminates an instance and deletes its DNS record', async () => {
    const { instance } = await start();
    expect(instance('i')).toMatchObject({
      state: 'running',
      dnsRecord: { name: 'w.workspaces.example', deleted: false },
    });
    expect(await stateOf()).toEqual({ state: 'running' });
    expect((await stop()).status).toBe(200);
    expect(instance('i')).toMatchObject({ state: 'terminated', dnsRecord: { deleted: true } });
    expect(await stateOf()).toEqual({ state: 'terminated' });
  });

  it('finds no fault in stopping twice, or in a DNS record that is deleted already', async () => {
    const { launch, deleteDnsRecord, instances } = await start();
    await stop();
    expect((await stop()).status).toBe(200);
    launch({ workspaceId: 'w2', instanceId: 'i2' });
    deleteDnsRecord('i2');
    expect((await stop('i2')).status).toBe(200);
    expect(instances().map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  });

  it('has never heard of other instances', async () => {
    await start();
    expect((await stop('i-other')).status).toBe(404);
    expect(await stateOf('i-other')).toEqual({ state: 'not_found' });
  });

  it('launches instances with ids of its own', async () => {
    const { instances } = await start({ seed: [] });
    const response = await call('/cp/workspaces/a%2Fb', { method: 'POST' });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ instance_id: expect.stringMatching(/^i-[0-9a-f]{17}$/), state: 'running' });
    expect(instances()).toMatchObject([{ workspaceId: 'a/b', state: 'running' }]);
  });

  it.each([
    ['DELETE', '/cp/workspaces/w', 400],
    ['DELETE', '/cp/workspaces/w?instance_id=', 400],
    ['GET', '/cp/workspaces/w/status', 400],
    ['DELETE', '/cp/workspaces/w/status?instance_id=i', 404],
    ['DELETE', '/cp/workspaces/w/?instance_id=i', 404],
    ['DELETE', '/cp/workspaces/?instance_id=i', 404],
    ['DELETE', '/cp/workspaces/%zz?instance_id=i', 404],
    ['DELETE', '/api/cp/workspaces/w?instance_id=i', 404],
    ['GET', '/cp/workspaces/w?instance_id=i', 404],
    ['PUT', '/cp/workspaces/w?instance_id=i', 404],
  ])('is strict: %s %s is answered %i and nothing happens', async (method, path, expected) => {
    const { instance } = await start();
    expect((await call(path, { method })).status).toBe(expected);
    expect(instance('i')?.state).toBe('running');
  });

  it('demands both credentials of every call, when it has them', async () => {
    const { instance } = await start({ sharedSecret: 's', adminToken: 'a' });
    const secret = { authorization: 'Bearer s' };
    for (const headers of [
      {},
      secret,
      { 'x-molecule-admin-token': 'a' },
      { ...secret, 'x-molecule-admin-token': 'b' },
    ]) {
      expect((await stop('i', { headers })).status).toBe(401);
      expect((await status('i', { headers })).status).toBe(401);
    }
    expect(instance('i')?.state).toBe('running');
    expect((await stop('i', { headers: { ...secret, 'x-molecule-admin-token': 'a' } })).status).toBe(200);
  });

  it('may have no status route', async () => {
    const { setStatusRoute } = await start();
    setStatusRoute(false);
    expect((await status()).status).toBe(404);
    setStatusRoute(true);
    expect((await status()).status).toBe(200);
  });
});

describe('what it remembers', () => {
  it('every call: what, for whom, by which request, when, and what was answered', async () => {
    const { calls, fail } = await start();
    fail('i', { kind: 'hang', times: 1 });
    await expect(stop('i', { headers: { 'x-request-id': 'r1' }, signal: AbortSignal.timeout(100) })).rejects.toThrow();
    await until(() => calls[0]?.endedAt, { what: 'the first call to have ended' });
    await stop('i', { headers: { 'x-request-id': 'r2' } });
    await status();
    const common = { workspaceId: 'w', instanceId: 'i', startedAt: expect.any(Number), endedAt: expect.any(Number) };
    expect(calls).toEqual([
      { ...common, method: 'DELETE', route: 'stop', requestId: 'r1', status: null },
      { ...common, method: 'DELETE', route: 'stop', requestId: 'r2', status: 200 },
      { ...common, method: 'GET', route: 'status', requestId: null, status: 200 },
    ]);
    for (const { startedAt, endedAt } of calls) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
  });

  it('how many Stops were in flight at once, for one instance and in all', async () => {
    const { launch, onStop, ...evidence } = await start();
    launch({ workspaceId: 'w', instanceId: 'i2' });
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    onStop('i', () => held);
    onStop('i2', () => held);
    const stops = [stop('i'), stop('i2'), stop('i')];
    await until(() => evidence.stopsInFlight() === 3, { what: 'all three to arrive' });
    letGo();
    await Promise.all(stops);
    onStop('i', null);
    for (let count = 0; count < 20; count += 1) await (await stop('i')).arrayBuffer();
    expect(evidence.stopsInFlight()).toBe(0);
    expect(evidence.mostStopsAtOnce()).toBe(3);
    expect(evidence.mostStopsAtOnceForOneInstance()).toBe(2);
  });

  it('that one Stop after another is never two at once', async () => {
    const { mostStopsAtOnceForOneInstance, connections } = await start();
    for (let count = 0; count < 50; count += 1) await (await stop()).arrayBuffer();
    expect(mostStopsAtOnceForOneInstance()).toBe(1);
    // A client may open the next connection before it knows that the last one is free again.
    expect(connections()).toBeLessThan(10);
  });
});

describe('what can be forced', () => {
  it('something happens between the arrival of a Stop and what is done about it', async () => {
    const { onStop, instance } = await start();
    const seen: unknown[] = [];
    onStop('i', async () => void seen.push(instance('i')?.state, await stateOf()));
    await stop();
    expect(seen).toEqual(['running', { state: 'running' }]);
    expect(instance('i')?.state).toBe('terminated');
    onStop('i', null);
    await stop();
    expect(seen).toHaveLength(2);
  });

  it('a hook that throws is reported by close, not lost', async () => {
    const broken = await startControlPlane({ seed: [{ workspaceId: 'w', instanceId: 'i' }] });
    broken.onStop('i', () => Promise.reject(new Error('a mistake in the test')));
    await expect(fetch(`${broken.url}/cp/workspaces/w?instance_id=i`, { method: 'DELETE' })).rejects.toThrow();
    await expect(broken.close()).rejects.toThrow('a hook of the control plane threw');
  });
});

describe('its faults', () => {
  it('a status, with body, type and headers', async () => {
    const { fail, instance } = await start();
    fail('i', {
      kind: 'status',
      status: 429,
      body: 'slow',
      contentType: 'text/plain',
      headers: { 'retry-after': '7' },
    });
    const response = await stop();
    expect([response.status, response.headers.get('content-type'), response.headers.get('retry-after')]).toEqual([
      429,
      'text/plain',
      '7',
    ]);
    expect(await response.text()).toBe('slow');
    expect(instance('i')?.state).toBe('running');
  });

  it('so many times, one after the other, then health', async () => {
    const { fail } = await start();
    fail('i', { kind: 'status', status: 500, times: 2 });
    fail('i', { kind: 'status', status: 409, times: 1 });
    const seen = [];
    for (let count = 0; count < 4; count += 1) seen.push((await stop()).status);
    expect(seen).toEqual([500, 500, 409, 200]);
  });

  it('only for one instance, only for Stops, until healed', async () => {
    const { fail, launch, heal } = await start();
    launch({ workspaceId: 'w', instanceId: 'i2' });
    fail('i', { kind: 'status', status: 500 });
    expect([(await stop()).status, (await status()).status, (await stop('i2')).status]).toEqual([500, 200, 200]);
    heal('i');
    expect((await stop()).status).toBe(200);
  });

  it('for the status route alone, or for everything', async () => {
    const { fail, failAll, heal } = await start();
    fail('i', { kind: 'status', status: 500, on: 'status' });
    expect([(await stop()).status, (await status()).status]).toEqual([200, 500]);
    heal();
    failAll({ kind: 'status', status: 502 });
    expect([(await stop()).status, (await status()).status, (await call('/', { method: 'GET' })).status]).toEqual([
      502, 502, 502,
    ]);
    heal();
    expect((await stop()).status).toBe(200);
  });

  it('an answer that is lost although the instance was terminated', async () => {
    const { fail, instance } = await start();
    fail('i', { kind: 'reset', times: 1, terminates: true });
    await expect(stop()).rejects.toThrow();
    expect(instance('i')?.state).toBe('terminated');
    expect((await stop()).status).toBe(200);
  });

  it('a delay, after which it still does what it was told, whether or not anybody waits', async () => {
    const { fail, instance } = await start();
    fail('i', { kind: 'delay', ms: 300 });
    await expect(stop('i', { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    expect(instance('i')?.state).toBe('running');
    await until(() => instance('i')?.state === 'terminated', { what: 'the late termination' });
  });

  it('a 202 for an instance that goes on running', async () => {
    const { fail, instance } = await start();
    fail('i', { kind: 'still-running' });
    expect((await stop()).status).toBe(202);
    expect(instance('i')?.state).toBe('running');
    expect(await stateOf()).toEqual({ state: 'running' });
  });

  it('a page, and a redirect', async () => {
    const { fail } = await start();
    fail('i', { kind: 'html', times: 1 });
    const page = await stop();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    fail('i', { kind: 'redirect', location: 'http://elsewhere.example/' });
    const redirect = await stop();
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'http://elsewhere.example/']);
  });

  it.each<[Fault['kind'], Fault]>([
    ['reset', { kind: 'reset' }],
    ['half', { kind: 'half' }],
  ])('%s: the answer breaks off', async (_kind, fault) => {
    const { fail, instance } = await start();
    fail('i', fault);
    await expect(stop().then((response) => response.text())).rejects.toThrow(/fetch failed|terminated/);
    expect(instance('i')?.state).toBe('running');
  });

  it.each<[Fault['kind'], Fault]>([
    ['hang', { kind: 'hang' }],
    ['stall', { kind: 'stall' }],
    ['dribble', { kind: 'dribble', everyMs: 5 }],
    ['endless', { kind: 'endless' }],
  ])('%s: the answer does not end, and closing does not wait for it', async (_kind, fault) => {
    const { fail, close, calls } = await start();
    fail('i', fault);
    const abandoned = stop('i', { signal: AbortSignal.timeout(200) }).then((response) => response.text());
    await expect(abandoned).rejects.toThrow(/aborted/);
    const open = stop().then((response) => response.text());
    const broken = expect(open).rejects.toThrow();
    await until(() => calls.length === 2, { what: 'the second Stop to arrive' });
    await close();
    await broken;
    expect(calls.map(({ status: answered }) => answered)).toEqual([null, null]);
    plane = undefined;
  });

  it('an outage: nobody listens, every connection is reset, or it says 503; and then it is over', async () => {
    const { startOutage, endOutage, url, instance } = await start();
    for (const outage of ['refuse', 'reset', '503'] as const) {
      await startOutage(outage);
      const seen = await stop().then(
        (response) => response.status,
        (error: Error) => error.cause,
      );
      if (outage === '503') expect(seen).toBe(503);
      else expect(seen).toMatchObject({ code: outage === 'refuse' ? 'ECONNREFUSED' : 'ECONNRESET' });
      expect(instance('i')?.state).toBe('running');
      await endOutage();
      expect((await status()).status).toBe(200);
    }
    expect(plane?.url).toBe(url);
    await startOutage('refuse');
  });
});
