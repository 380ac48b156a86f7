import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Backend, StopRequest } from '../../server/backends/backend.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { type SimulatedControlPlane, startControlPlane } from '../../server/demo/control-plane.ts';
import { until } from '../support/until.ts';

let plane: SimulatedControlPlane;
let backend: Backend<StopRequest>;

beforeEach(async () => {
  plane = await startControlPlane({ sharedSecret: 's3cret', adminToken: 'adm1n' });
  plane.launch({ workspaceId: 'ws 1', instanceId: 'i/1' });
  backend = createControlPlane({ url: plane.url, sharedSecret: 's3cret', adminToken: 'adm1n', version: '1' });
});
afterEach(() => plane.close());

const stop = (instanceId = 'i/1', signal = AbortSignal.timeout(30_000)) =>
  backend.stop({ workspaceId: 'ws 1', instanceId }, { requestId: `attempt of ${instanceId}`, signal });

it('a Stop terminates the instance, twice if need be, and is known there by its request id', async () => {
  expect(await stop()).toEqual({ kind: 'accepted', httpStatus: 200 });
  expect(plane.instance('i/1')?.state).toBe('terminated');
  expect(await stop()).toEqual({ kind: 'accepted', httpStatus: 200 });
  const call = { workspaceId: 'ws 1', instanceId: 'i/1', requestId: 'attempt of i/1', status: 200 };
  expect(plane.calls).toMatchObject([call, call]);
});

it('an instance that the control plane has never heard of is gone', async () => {
  expect(await stop('i-unknown')).toMatchObject({ kind: 'gone', httpStatus: 404 });
  expect(plane.calls.map(({ route }) => route)).toEqual(['stop', 'status']);
});

it('a 404 without a status route proves nothing', async () => {
  plane.setStatusRoute(false);
  expect(await stop('i-unknown')).toMatchObject({ kind: 'failed', class: 'rejected', httpStatus: 404 });
});

it('a 404 for an instance that runs proves nothing', async () => {
  plane.fail('i/1', { kind: 'status', status: 404 });
  expect(await stop()).toMatchObject({ kind: 'failed', class: 'rejected', httpStatus: 404 });
  plane.setState('i/1', 'stopped');
  expect(await stop()).toMatchObject({ kind: 'failed', class: 'rejected', httpStatus: 404 });
  plane.setState('i/1', 'terminated');
  expect(await stop()).toMatchObject({ kind: 'gone', httpStatus: 404 });
});

it('a wrong credential is unauthorized, and nothing is stopped', async () => {
  backend = createControlPlane({ url: plane.url, sharedSecret: 's3cret', adminToken: 'wrong', version: '1' });
  expect(await stop()).toMatchObject({ kind: 'failed', class: 'unauthorized', httpStatus: 401 });
  expect(plane.instance('i/1')?.state).toBe('running');
});

it('each kind of outage is its own failure, and once it is over the Stop works', async () => {
  for (const [outage, failure] of [
    ['refuse', 'unreachable'],
    ['reset', 'unreachable'],
    ['503', 'transient'],
  ] as const) {
    await plane.startOutage(outage);
    expect(await stop()).toMatchObject({ kind: 'failed', class: failure });
    expect(plane.instance('i/1')?.state).toBe('running');
    await plane.endOutage();
  }
  expect(await stop()).toMatchObject({ kind: 'accepted' });
});

it('a Stop that took effect although its answer was lost can be repeated', async () => {
  plane.fail('i/1', { kind: 'half', times: 1, terminates: true });
  expect(await stop()).toMatchObject({ kind: 'failed', class: 'unreachable' });
  expect(await stop()).toMatchObject({ kind: 'accepted' });
});

it('a Stop that is given up leaves nothing in flight', async () => {
  plane.fail('i/1', { kind: 'hang', times: 1 });
  expect(await stop('i/1', AbortSignal.timeout(100))).toMatchObject({ kind: 'failed', class: 'timeout' });
  await until(() => plane.stopsInFlight() === 0, { what: 'the control plane to see that the caller has left' });
  expect(await stop()).toMatchObject({ kind: 'accepted' });
  expect(plane.mostStopsAtOnce()).toBe(1);
});
