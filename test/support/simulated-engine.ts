import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The part of the Docker Engine's API that is spoken to, over a Unix socket, in its own words: for what a real Engine
 * cannot be brought to do when a test wants it. `long/docker` asks the real one the same.
 */
export interface SimulatedEngine {
  /** As DOCKER_HOST has it. */
  readonly host: string;
  readonly calls: readonly EngineCall[];
  readonly containers: ReadonlyMap<string, SimulatedContainer>;
  /** By name: when each was made. */
  readonly volumes: ReadonlyMap<string, string>;
  run(container: NewContainer): string;
  createVolume(name: string): void;
  removeVolume(name: string): void;
  removeContainer(id: string): void;
  rename(id: string, name: string): void;
  /** Every call that fits is answered in this way instead, so often. */
  fail(fits: RegExp, answer: Failure, times?: number): void;
  /** Lets something happen before the call that fits is answered, the first time. */
  before(fits: RegExp, happen: () => Promise<void>): void;
  /** Told of each container and volume that a call has removed, at that moment. */
  onRemoval(tell: (kind: 'container' | 'volume', name: string) => void): void;
  /** Told of the ids of each list that is asked for by them. */
  onList(tell: (ids: readonly string[]) => void): void;
  /** What was to happen before a call does not. */
  nothingHappens(): void;
  nothingFails(): void;
  /** No container, no volume, no call, and nothing that is to happen. */
  forget(): void;
  /** Nobody listens, until it is back. */
  away(): Promise<void>;
  back(): Promise<void>;
  close(): Promise<void>;
}

export interface EngineCall {
  readonly method: string;
  /** With its version and its query. */
  readonly path: string;
}

export type Failure =
  | { readonly status: number; readonly message: string }
  | { readonly status: number; readonly page: string }
  | 'reset'
  | 'hang';

export interface NewContainer {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly state?: string;
}

export interface SimulatedContainer extends Required<NewContainer> {
  readonly id: string;
  readonly createdAt: number;
}

const MANAGED = { 'molecule.platform.managed': 'true' };
export const LABELLED = { labels: MANAGED };

export async function startSimulatedEngine(): Promise<SimulatedEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const socket = join(folder, 'docker.sock');
  const containers = new Map<string, SimulatedContainer>();
  const volumes = new Map<string, string>();
  const calls: EngineCall[] = [];
  const failures: { readonly fits: RegExp; readonly answer: Failure; times: number }[] = [];
  const happenings: { readonly fits: RegExp; readonly happen: () => Promise<void> }[] = [];
  let made = 0;
  let asked = (_ids: readonly string[]): void => undefined;
  let removed = (_kind: 'container' | 'volume', _name: string): void => undefined;
  let server = await listen();

  async function listen(): Promise<http.Server> {
    const created = http.createServer((request, response) => void answer(request, response));
    created.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => created.listen(socket, resolve));
    return created;
  }

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    calls.push({ method, path: url });
    const line = `${method} ${decodeURIComponent(url)}`;
    const at = happenings.findIndex(({ fits }) => fits.test(line));
    const [happening] = at < 0 ? [] : happenings.splice(at, 1);
    await happening?.happen();
    const failure = failures.find(({ fits, times }) => times > 0 && fits.test(line));
    if (failure !== undefined) {
      failure.times -= 1;
      return failed(failure.answer, request, response);
    }
    const { status, body } = reply(method, url);
    response.writeHead(status, { 'api-version': '1.44', 'content-type': 'application/json' });
    response.end(body === null ? '' : JSON.stringify(body));
  }

  function reply(method: string, url: string): { readonly status: number; readonly body: unknown } {
    const { pathname, searchParams } = new URL(url, 'http://docker');
    const path = pathname.replace(/^\/v[\d.]+/, '');
    if (path === '/_ping') return { status: 200, body: 'OK' };
    if (path === '/containers/json') return { status: 200, body: listed(filtersIn(searchParams)) };
    const container = /^\/containers\/([^/]+)(\/json)?$/.exec(path)?.[1];
    if (container !== undefined) return ofContainer(method, container);
    const volume = /^\/volumes\/([^/]+)$/.exec(path)?.[1];
    if (volume !== undefined) return ofVolume(method, decodeURIComponent(volume));
    return { status: 404, body: { message: 'page not found' } };
  }

  /** A name's filter matches anywhere in it, as Docker's does. */
  function listed(filters: Readonly<Record<string, readonly string[]>>): unknown[] {
    const { name, label, id } = filters;
    if (id !== undefined) asked(id);
    return [...containers.values()]
      .filter((one) => name === undefined || name.some((part) => `/${one.name}`.includes(part)))
      .filter((one) => id === undefined || id.some((begin) => one.id.startsWith(begin)))
      .filter(
        ({ labels }) =>
          label === undefined || label.every((text) => text.split('=')[1] === labels[text.split('=')[0] ?? '']),
      )
      .map((one) => ({
        Id: one.id,
        Names: [`/${one.name}`],
        Labels: one.labels,
        Created: one.createdAt,
        State: one.state,
      }));
  }

  function ofContainer(method: string, id: string): { readonly status: number; readonly body: unknown } {
    const one = containers.get(id);
    if (one === undefined) return { status: 404, body: { message: `No such container: ${id}` } };
    if (method === 'DELETE') {
      containers.delete(id);
      removed('container', id);
      return { status: 204, body: null };
    }
    const mounts = one.volumes.map((name) => ({ Type: 'volume', Name: name }));
    return { status: 200, body: { Id: id, Name: `/${one.name}`, State: { Status: one.state }, Mounts: mounts } };
  }

  function ofVolume(method: string, name: string): { readonly status: number; readonly body: unknown } {
    const createdAt = volumes.get(name);
    if (createdAt === undefined) return { status: 404, body: { message: `get ${name}: no such volume` } };
    if (method === 'GET') return { status: 200, body: { Name: name, CreatedAt: createdAt } };
    const user = [...containers.values()].find((one) => one.volumes.includes(name));
    if (user !== undefined) {
      return { status: 409, body: { message: `remove ${name}: volume is in use - [${user.id}]` } };
    }
    volumes.delete(name);
    removed('volume', name);
    return { status: 204, body: null };
  }

  const createVolume = (name: string): void => {
    made += 1;
    volumes.set(name, new Date(1_700_000_000_000 + made * 1000).toISOString());
  };

  return {
    host: `unix://${socket}`,
    calls,
    containers,
    volumes,
    run({ name, labels = {}, volumes: mounted = [], state = 'running' }) {
      made += 1;
      const id = createHash('sha256').update(`${name} ${made}`).digest('hex');
      for (const volume of mounted) if (!volumes.has(volume)) createVolume(volume);
      containers.set(id, { id, name, labels, volumes: mounted, state, createdAt: 1_700_000_000 + made });
      return id;
    },
    createVolume,
    removeVolume: (name) => void volumes.delete(name),
    removeContainer: (id) => void containers.delete(id),
    rename(id, name) {
      const one = containers.get(id);
      if (one !== undefined) containers.set(id, { ...one, name });
    },
    fail: (fits, failing, times = Number.POSITIVE_INFINITY) => void failures.push({ fits, answer: failing, times }),
    before: (fits, happen) => void happenings.push({ fits, happen }),
    onList(tell) {
      asked = tell;
    },
    onRemoval(tell) {
      removed = tell;
    },
    nothingHappens() {
      happenings.length = 0;
    },
    nothingFails() {
      failures.length = 0;
    },
    forget() {
      for (const all of [containers, volumes]) all.clear();
      for (const all of [calls, failures, happenings]) all.length = 0;
    },
    async away() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
    async back() {
      failures.length = 0;
      if (!server.listening) server = await listen();
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true });
    },
  };
}

function failed(failure: Failure, request: http.IncomingMessage, response: http.ServerResponse): void {
  if (failure === 'hang') return;
  if (failure === 'reset') {
    request.socket.destroy();
    return;
  }
  const [type, text] =
    'page' in failure
      ? ['text/html', failure.page]
      : ['application/json', JSON.stringify({ message: failure.message })];
  response.writeHead(failure.status, { 'content-type': type });
  response.end(text);
}

function filtersIn(searchParams: URLSearchParams): Readonly<Record<string, readonly string[]>> {
  const filters: Record<string, string[]> = {};
  const given: unknown = JSON.parse(searchParams.get('filters') ?? '{}');
  if (typeof given !== 'object' || given === null) return filters;
  for (const [name, values] of Object.entries(given)) {
    if (Array.isArray(values)) filters[name] = values.map(String);
  }
  return filters;
}
