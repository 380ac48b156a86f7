import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type CallLog, createCallLog } from './calls.ts';
import { createFaults, type Fault, type Faults, spoil } from './faults.ts';
import { type Cloud, createCloud, type Launch } from './instances.ts';
import { countTraffic, type Traffic } from './traffic.ts';

export interface SimulatedControlPlaneOptions {
  /** A free one if absent. */
  readonly port?: number;
  /** Demanded of every call if set. */
  readonly sharedSecret?: string;
  readonly adminToken?: string;
  /** Instances that exist from the beginning. */
  readonly seed?: readonly Launch[];
}

/** `refuse`: nobody listens. `reset`: every connection is destroyed. `503`: it says so. */
export type Outage = 'refuse' | 'reset' | '503';

/**
 * A control plane that can be broken on purpose while it runs: a real HTTP server on loopback. What it did to its
 * instances, and every call it got, can be asked directly, past all faults.
 */
export interface SimulatedControlPlane
  extends Pick<Cloud, 'launch' | 'setState' | 'deleteDnsRecord'>,
    Omit<CallLog, 'begin'> {
  readonly url: string;
  instances(): ReturnType<Cloud['all']>;
  instance(instanceId: string): ReturnType<Cloud['find']>;
  fail(instanceId: string, fault: Fault): void;
  failAll(fault: Fault): void;
  /** Heals one instance, or without an id everything. */
  heal(instanceId?: string): void;
  /** An older control plane has no status route: 404, as for any path it does not know. */
  setStatusRoute(present: boolean): void;
  startOutage(outage: Outage): Promise<void>;
  endOutage(): Promise<void>;
  /** Runs when a Stop for this instance has arrived, before anything is done about it; null takes it away again. */
  onStop(instanceId: string, hook: (() => Promise<void>) | null): void;
  /** TCP connections accepted so far. */
  connections(): number;
  /** Bytes written to all connections so far. */
  bytesSent(): number;
  /** Ends at once, whatever hangs. Throws when a hook of `onStop` had thrown. */
  close(): Promise<void>;
}

/** All there is of one control plane, for the functions below. */
interface Plane {
  readonly cloud: Cloud;
  readonly log: CallLog;
  readonly faults: Faults;
  readonly hooks: Map<string, () => Promise<void>>;
  readonly credentials: { readonly header: string; readonly value: string }[];
  readonly closing: AbortController;
  readonly errors: unknown[];
  hasStatusRoute: boolean;
}

interface Route {
  readonly route: 'stop' | 'status' | 'launch' | 'unknown';
  readonly workspaceId: string | null;
  readonly instanceId: string | null;
}

export async function startControlPlane(options: SimulatedControlPlaneOptions = {}): Promise<SimulatedControlPlane> {
  const plane: Plane = {
    cloud: createCloud(),
    log: createCallLog(),
    faults: createFaults(),
    hooks: new Map(),
    credentials: demanded(options),
    closing: new AbortController(),
    errors: [],
    hasStatusRoute: true,
  };
  for (const launch of options.seed ?? []) plane.cloud.launch(launch);
  const server = createServer((request, response) => {
    receive(plane, request, response).catch((error) => {
      // A hook threw, or we are closing in the middle of a delay. Only the first is anybody's mistake.
      if (!plane.closing.signal.aborted) plane.errors.push(error);
      response.destroy();
    });
  });
  // Whoever calls ends what is idle. Were it us, a call could begin on a connection that we are just closing, and fail:
  // seldom, and always on a busy machine.
  server.keepAliveTimeout = 0;
  const traffic = countTraffic(server);
  await traffic.listen(options.port ?? 0);
  return control(plane, traffic, server.address());
}

function control(plane: Plane, traffic: Traffic, address: AddressInfo | string | null): SimulatedControlPlane {
  if (address === null || typeof address === 'string') throw new Error('the control plane does not listen on a port');
  const { cloud, log, faults, hooks } = plane;
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: log.calls,
    stopsInFlight: log.stopsInFlight,
    mostStopsAtOnce: log.mostStopsAtOnce,
    mostStopsAtOnceForOneInstance: log.mostStopsAtOnceForOneInstance,
    launch: cloud.launch,
    setState: cloud.setState,
    deleteDnsRecord: cloud.deleteDnsRecord,
    instances: cloud.all,
    instance: cloud.find,
    fail: faults.add,
    failAll: (fault) => faults.add(null, fault),
    heal: (instanceId) => (instanceId === undefined ? faults.healEverything() : faults.heal(instanceId)),
    setStatusRoute(present) {
      plane.hasStatusRoute = present;
    },
    async startOutage(outage) {
      if (outage === 'refuse') await traffic.stopListening();
      else faults.add(null, outage === 'reset' ? { kind: 'reset' } : { kind: 'status', status: 503 });
    },
    async endOutage() {
      faults.heal(null);
      await traffic.listen(address.port);
    },
    onStop: (instanceId, hook) => void (hook === null ? hooks.delete(instanceId) : hooks.set(instanceId, hook)),
    connections: traffic.connections,
    bytesSent: traffic.bytesSent,
    async close() {
      plane.closing.abort();
      await traffic.stopListening();
      if (plane.errors.length > 0) throw new AggregateError(plane.errors, 'a hook of the control plane threw');
    },
  };
}

/** One request, from the log to the answer. */
async function receive(plane: Plane, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = routeOf(request);
  const call = plane.log.begin({
    ...route,
    method: request.method ?? '',
    requestId: request.headers['x-request-id']?.toString() ?? null,
  });
  // It has ended before the caller can know: else a caller's next call could seem to overlap this one.
  response.on('prefinish', () => call.end(response.statusCode));
  response.on('close', () => call.end(null));
  if (route.route === 'stop' && route.instanceId !== null) await plane.hooks.get(route.instanceId)?.();

  const fault = plane.faults.take(route.instanceId, route.route);
  if (fault?.terminates === true && route.instanceId !== null) plane.cloud.terminate(route.instanceId);
  if (fault?.kind === 'delay') await wait(fault.ms, undefined, { signal: plane.closing.signal });
  else if (fault !== null && fault.kind !== 'still-running') return spoil(fault, response, plane.closing.signal);
  const { status, body } = replyTo(plane, route, request, fault?.kind === 'still-running');
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Strict, as the real one is: the route, then the credentials, then what is asked. */
function replyTo(plane: Plane, route: Route, request: IncomingMessage, pretend: boolean): Reply {
  if (route.route === 'unknown' || (route.route === 'status' && !plane.hasStatusRoute)) {
    return { status: 404, body: { error: 'no such route' } };
  }
  if (plane.credentials.some(({ header, value }) => request.headers[header] !== value)) {
    return { status: 401, body: { error: 'who are you?' } };
  }
  if (route.workspaceId === null) return { status: 400, body: { error: 'the workspace id is missing' } };
  if (route.route === 'launch') {
    const launched = plane.cloud.launch({ workspaceId: route.workspaceId });
    return { status: 201, body: { instance_id: launched.instanceId, state: launched.state } };
  }
  if (route.instanceId === null || route.instanceId === '') {
    return { status: 400, body: { error: 'instance_id is missing' } };
  }
  if (pretend) return { status: 202, body: { accepted: true } };
  return route.route === 'status' ? look(plane, route.instanceId) : terminate(plane, route.instanceId);
}

function look({ cloud }: Plane, instanceId: string): Reply {
  return { status: 200, body: { state: cloud.find(instanceId)?.state ?? 'not_found' } };
}

/** Goes by the instance id alone, whosever it is: a wrong Stop must do real harm here. */
function terminate({ cloud }: Plane, instanceId: string): Reply {
  const instance = cloud.terminate(instanceId);
  if (instance === null) return { status: 404, body: { error: 'no such instance' } };
  return { status: 200, body: { instance_id: instanceId, state: instance.state } };
}

/** Strict: any other path, method or spelling is unknown. */
function routeOf(request: IncomingMessage): Route {
  const unknown: Route = { route: 'unknown', workspaceId: null, instanceId: null };
  const match = /^\/cp\/workspaces\/(?<id>[^/?#]+)(?<status>\/status)?(?:\?(?<query>.*))?$/.exec(request.url ?? '');
  const workspaceId = decoded(match?.groups?.['id']);
  if (workspaceId === null) return unknown;
  const instanceId = new URLSearchParams(match?.groups?.['query'] ?? '').get('instance_id');
  const isStatus = match?.groups?.['status'] !== undefined;
  if (request.method === 'GET' && isStatus) return { route: 'status', workspaceId, instanceId };
  if (request.method === 'DELETE' && !isStatus) return { route: 'stop', workspaceId, instanceId };
  if (request.method === 'POST' && !isStatus) return { route: 'launch', workspaceId, instanceId: null };
  return unknown;
}

function decoded(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that is none: no workspace has such an id, so no route leads there.
    return null;
  }
}

function demanded({ sharedSecret, adminToken }: SimulatedControlPlaneOptions): Plane['credentials'] {
  const demands = [];
  if (sharedSecret !== undefined) demands.push({ header: 'authorization', value: `Bearer ${sharedSecret}` });
  if (adminToken !== undefined) demands.push({ header: 'x-molecule-admin-token', value: adminToken });
  return demands;
}
